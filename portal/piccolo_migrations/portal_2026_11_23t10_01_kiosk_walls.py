"""The walls and indexes of kiosks. Raw SQL, because Piccolo knows no partial indexes; portable to both engines."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T10:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "walls and indexes of kiosks"

WALLS = (
    # A seat is lent to one kiosk at a time.
    'CREATE UNIQUE INDEX "wall_lease_of_seat" ON "lease" ("seat") WHERE "state" = \'granted\'',
    # A kiosk's log has each number once.
    'CREATE UNIQUE INDEX "wall_kiosk_entry" ON "kiosk_entry" ("kiosk", "number")',
    'CREATE UNIQUE INDEX "wall_kiosk_token" ON "kiosk" ("token_hash") WHERE "token_hash" <> \'\'',
    'CREATE UNIQUE INDEX "wall_lease_policy" ON "lease_policy" ("center", "service")',
)

INDEXES = (
    'CREATE INDEX "lease_of_kiosk" ON "lease" ("kiosk", "state")',
    'CREATE INDEX "kiosk_of_center" ON "kiosk" ("center")',
    'CREATE INDEX "entry_to_settle" ON "kiosk_entry" ("received_at") '
    'WHERE "outcome" <> \'applied\' AND "settled_at" IS NULL',
    'CREATE INDEX "news_without_version" ON "cita_news" ("center") WHERE "version" IS NULL',
    'CREATE INDEX "news_by_version" ON "cita_news" ("center", "version")',
    'CREATE INDEX "appointment_displaced" ON "appointment" ("starts_at") WHERE "displaced" OR "duplicate"',
)


async def forwards() -> MigrationManager:
    """Build the walls, then the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in (*WALLS, *INDEXES):
            await engine.run_ddl(statement)

    manager.add_raw(build)
    return manager
