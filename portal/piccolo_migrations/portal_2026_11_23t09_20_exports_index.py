"""Who exported the register is asked on its page; of years of audit the index holds those entries alone."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T09:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of exports of the register"

INDEX = 'CREATE INDEX "audit_of_exports" ON "audit_entry" ("at") WHERE "action" = \'register_exported\''


async def forwards() -> MigrationManager:
    """Build the index."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl(INDEX)

    async def tear_down() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl('DROP INDEX "audit_of_exports"')

    manager.add_raw(build)
    manager.add_raw_backwards(tear_down)
    return manager
