"""The index that the agenda asks: of years of citas, those of a sede that are not over yet."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T08:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of the agenda"


async def forwards() -> MigrationManager:
    """Build it."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl(
            'CREATE INDEX "appointment_not_over" ON "appointment" ("center", "starts_at") '
            "WHERE \"state\" IN ('reserved', 'in_attention')"
        )

    async def tear_down() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl('DROP INDEX "appointment_not_over"')

    manager.add_raw(build)
    manager.add_raw_backwards(tear_down)
    return manager
