"""The wall that tells the same look once; raw SQL, because Piccolo knows no partial indexes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T13:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the same look is told once"


async def forwards() -> MigrationManager:
    """Build it."""
    manager = MigrationManager(migration_id=ID, app_name="kiosk", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl('CREATE UNIQUE INDEX "wall_look" ON "look" ("once") WHERE "once" IS NOT NULL')

    manager.add_raw(build)
    return manager
