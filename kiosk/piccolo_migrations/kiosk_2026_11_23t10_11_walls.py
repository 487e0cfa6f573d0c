"""The walls and indexes of the kiosk's own tables; raw SQL, because Piccolo knows no partial indexes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T10:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "walls and indexes of the kiosk"

STATEMENTS = (
    # A seat is under one lease at a time.
    'CREATE UNIQUE INDEX "wall_known_lease" ON "known_lease" ("seat") WHERE "state" = \'held\'',
    'CREATE INDEX "log_of_appointment" ON "log_entry" ("appointment") WHERE "appointment" IS NOT NULL',
    'CREATE INDEX "print_waiting" ON "print_job" ("asked_at") WHERE "state" IN (\'queued\', \'printing\', \'stuck\')',
    'CREATE UNIQUE INDEX "wall_day_sheet" ON "day_sheet_file" ("day", "consultant")',
    'INSERT INTO "kiosk_state" ("id") VALUES (1)',
)


async def forwards() -> MigrationManager:
    """Build them, and the one row that says how this kiosk stands."""
    manager = MigrationManager(migration_id=ID, app_name="kiosk", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(build)
    return manager
