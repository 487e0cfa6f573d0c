"""The walls: what the database itself refuses, whatever a later programmer does; and the indexes that questions need.

Raw SQL, because Piccolo knows no partial indexes and no constraints of several columns on SQLite. Portable to both engines.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T07:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "walls and indexes of booking"

WALLS = (
    # One seat per consultor, start and number.
    'CREATE UNIQUE INDEX "wall_seat_once" ON "seat" ("consultant", "starts_at", "number")',
    # A hold's token names one seat; a seat's cita sits on no other seat.
    'CREATE UNIQUE INDEX "wall_hold_once" ON "seat" ("hold_token") WHERE "hold_token" IS NOT NULL',
    'CREATE UNIQUE INDEX "wall_seat_of_appointment" ON "seat" ("appointment") WHERE "appointment" IS NOT NULL',
    # One cita per seat, except those given back and those displaced (kiosk rule 6).
    'CREATE UNIQUE INDEX "wall_appointment_per_seat" ON "appointment" ("seat") '
    "WHERE \"state\" NOT IN ('cancelled', 'rescheduled') AND NOT \"displaced\"",
    # One active cita per person and service, except duplicates (kiosk rule 6) and those whose day went by unrecorded.
    'CREATE UNIQUE INDEX "wall_appointment_per_citizen" ON "appointment" ("citizen", "service") '
    'WHERE "state" IN (\'reserved\', \'in_attention\') AND NOT "duplicate" AND NOT "unrecorded"',
    # One citizen per normalised document.
    'CREATE UNIQUE INDEX "wall_citizen_once" ON "citizen" ("document_type", "document_number")',
)

INDEXES = (
    # Availability reads this index alone: every term of "free" is in it, also those that are the same in each of its
    # rows, because SQLite looks at them again. Of years of seats it holds those that can still be had.
    'CREATE INDEX "seat_on_offer" ON "seat" ("center", "service", "day", "starts_at", "held_until", "allows_virtual", '
    '"allows_in_person", "allows_phone", "is_open", "appointment", "kiosk") '
    'WHERE "is_open" AND "appointment" IS NULL AND "kiosk" IS NULL',
    # All seats of a day: why there is nothing, and whom a time belongs to.
    'CREATE INDEX "seat_of_day" ON "seat" ("center", "service", "day", "starts_at", "is_open", "allows_virtual", '
    '"allows_in_person", "allows_phone")',
    'CREATE INDEX "seat_load" ON "seat" ("consultant", "day") WHERE "appointment" IS NOT NULL',
    'CREATE INDEX "appointment_by_center" ON "appointment" ("center", "starts_at")',
    'CREATE INDEX "appointment_by_consultant" ON "appointment" ("consultant", "starts_at")',
    'CREATE INDEX "appointment_by_citizen" ON "appointment" ("citizen")',
    'CREATE INDEX "appointment_moved_from" ON "appointment" ("moved_from") WHERE "moved_from" IS NOT NULL',
    'CREATE INDEX "event_by_appointment" ON "appointment_event" ("appointment", "at")',
    'CREATE INDEX "notice_by_appointment" ON "notice" ("appointment", "at")',
    'CREATE INDEX "file_by_appointment" ON "stored_file" ("appointment", "kind")',
    'CREATE INDEX "question_by_appointment" ON "question" ("appointment", "asked_at")',
    'CREATE INDEX "outbox_pending" ON "outbox_message" ("due_at") WHERE "state" IN (\'queued\', \'sending\')',
    'CREATE INDEX "outbox_failed" ON "outbox_message" ("created_at") WHERE "state" = \'failed\'',
    'CREATE INDEX "outbox_by_appointment" ON "outbox_message" ("appointment")',
    'CREATE INDEX "hours_by_consultant" ON "weekly_hours" ("consultant")',
    'CREATE INDEX "closure_by_day" ON "closure" ("first_day", "last_day")',
    'CREATE INDEX "visit_expiry" ON "visit" ("expires_at")',
    'CREATE INDEX "attempt_expiry" ON "attempt_window" ("expires_at")',
    'CREATE INDEX "district_by_place" ON "district" ("department", "province")',
)


async def forwards() -> MigrationManager:
    """Build the walls, then the indexes."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in (*WALLS, *INDEXES):
            await engine.run_ddl(statement)

    async def tear_down() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in reversed((*WALLS, *INDEXES)):
            name = statement.split('"')[1]
            await engine.run_ddl(f'DROP INDEX "{name}"')

    manager.add_raw(build)
    manager.add_raw_backwards(tear_down)
    return manager
