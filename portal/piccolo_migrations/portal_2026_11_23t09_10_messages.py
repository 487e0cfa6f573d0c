"""Indexes of the outbox: what must not wait behind thousands of reminders, and the ledger of a day."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T09:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "urgent messages, ledger"

INDEXES = (
    'CREATE INDEX "outbox_urgent" ON "outbox_message" ("due_at") WHERE "state" IN (\'queued\', \'sending\') '
    "AND \"kind\" NOT IN ('reminder', 'survey_reminder')",
    'CREATE INDEX "outbox_by_time" ON "outbox_message" ("created_at")',
)


async def forwards() -> MigrationManager:
    """Build the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in INDEXES:
            await engine.run_ddl(statement)

    async def tear_down() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in reversed(INDEXES):
            await engine.run_ddl(f'DROP INDEX "{statement.split(chr(34))[1]}"')

    manager.add_raw(build)
    manager.add_raw_backwards(tear_down)
    return manager
