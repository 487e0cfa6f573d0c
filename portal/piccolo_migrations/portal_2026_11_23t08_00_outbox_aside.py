"""A mail need not be about a cita any more. SQLite cannot loosen a column, so the outbox is made anew in three steps,
the same on both engines: set aside here, made in the next migration, filled in the one after.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "set the outbox aside"

INDEXES = (
    'CREATE INDEX "outbox_pending" ON "outbox_message" ("due_at") WHERE "state" IN (\'queued\', \'sending\')',
    'CREATE INDEX "outbox_failed" ON "outbox_message" ("created_at") WHERE "state" = \'failed\'',
    'CREATE INDEX "outbox_by_appointment" ON "outbox_message" ("appointment")',
)


async def forwards() -> MigrationManager:
    """Free the names of its indexes, then give the table another one."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def free_names() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in INDEXES:
            name = statement.split('"')[1]
            await engine.run_ddl(f'DROP INDEX "{name}"')

    manager.add_raw(free_names)
    manager.rename_table(
        old_class_name="OutboxMessage",
        old_tablename="outbox_message",
        new_class_name="FormerOutboxMessage",
        new_tablename="former_outbox_message",
        schema=None,
    )
    return manager
