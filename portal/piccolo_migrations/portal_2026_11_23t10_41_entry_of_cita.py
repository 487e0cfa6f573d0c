"""Which kiosk made a cita: asked for each cita of a later day that changed. Raw SQL, because the index is partial."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T10:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of entries by cita"


async def forwards() -> MigrationManager:
    """Build it."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl(
            'CREATE INDEX "entry_of_cita" ON "kiosk_entry" ("appointment") WHERE "appointment" IS NOT NULL'
        )

    manager.add_raw(build)
    return manager
