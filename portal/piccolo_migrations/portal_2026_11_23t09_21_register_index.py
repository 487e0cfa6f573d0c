"""The register's indexes: what its filter asks is in them, so a year is counted without a look at the citas."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T09:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the register"

# Each stands in for one of the same name that ended with the start.
WIDER = {
    "appointment_by_center": '"center", "starts_at", "state", "consultant", "service"',
    "appointment_by_time": '"starts_at", "state", "consultant", "service"',
}
FORMER = {"appointment_by_center": '"center", "starts_at"', "appointment_by_time": '"starts_at"'}


async def forwards() -> MigrationManager:
    """Build them in place of the narrower ones."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def replace(indexes: dict[str, str]) -> None:
        engine = engine_finder()
        assert engine is not None
        for name, columns in indexes.items():
            await engine.run_ddl(f'DROP INDEX "{name}"')
            await engine.run_ddl(f'CREATE INDEX "{name}" ON "appointment" ({columns})')

    async def build() -> None:
        await replace(WIDER)

    async def tear_down() -> None:
        await replace(FORMER)

    manager.add_raw(build)
    manager.add_raw_backwards(tear_down)
    return manager
