"""The outbox filled again from what was set aside; the walls and indexes of staff access, attention and register.

Raw SQL, because Piccolo knows no partial indexes and no triggers. Portable, but for the triggers that keep the audit
as it was written.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "walls and indexes of the attention"

KEPT = (
    '"id", "dedupe_key", "kind", "appointment", "recipient", "message_id", "state", "created_at", "due_at", "deadline", '
    '"attempts", "doubts", "claimed_by", "claimed_until", "sent_at", "last_error"'
)
REFILL = f'INSERT INTO "outbox_message" ({KEPT}) SELECT {KEPT} FROM "former_outbox_message"'  # noqa: S608  # our names

WALLS = (
    # One of a look that refreshes itself.
    'CREATE UNIQUE INDEX "wall_audit_once" ON "audit_entry" ("once") WHERE "once" IS NOT NULL',
    # One survey per cita.
    'CREATE UNIQUE INDEX "wall_survey_once" ON "survey" ("appointment")',
    # A file's pieces in their order, none twice.
    'CREATE UNIQUE INDEX "wall_export_chunk" ON "export_chunk" ("job", "number")',
)

INDEXES = (
    'CREATE INDEX "outbox_pending" ON "outbox_message" ("due_at") WHERE "state" IN (\'queued\', \'sending\')',
    'CREATE INDEX "outbox_failed" ON "outbox_message" ("created_at") WHERE "state" = \'failed\'',
    'CREATE INDEX "outbox_by_appointment" ON "outbox_message" ("appointment")',
    'CREATE INDEX "session_of_staff" ON "staff_session" ("staff")',
    'CREATE INDEX "session_end" ON "staff_session" ("ends_at")',
    'CREATE INDEX "recovery_of_staff" ON "recovery_code" ("staff")',
    'CREATE INDEX "audit_by_time" ON "audit_entry" ("at")',
    'CREATE INDEX "audit_by_appointment" ON "audit_entry" ("appointment") WHERE "appointment" IS NOT NULL',
    'CREATE INDEX "contact_by_appointment" ON "contact_attempt" ("appointment", "at")',
    'CREATE INDEX "offered_by_appointment" ON "offered_seat" ("appointment")',
    'CREATE INDEX "survey_answer_by_month" ON "survey_answer" ("month")',
    # Of all years of citas: those still to be reminded, to be attended, in attention.
    'CREATE INDEX "appointment_to_remind" ON "appointment" ("starts_at") '
    'WHERE "state" = \'reserved\' AND "reminded_at" IS NULL',
    'CREATE INDEX "appointment_in_attention" ON "appointment" ("started_at") WHERE "state" = \'in_attention\'',
    # The register over all sedes, by time.
    'CREATE INDEX "appointment_by_time" ON "appointment" ("starts_at")',
    'CREATE INDEX "question_waiting" ON "question" ("asked_at") WHERE "state" <> \'answered\'',
    'CREATE INDEX "export_waiting" ON "export_job" ("asked_at") WHERE "state" IN (\'queued\', \'running\')',
)

APPEND_ONLY = {
    "sqlite": (
        'CREATE TRIGGER "audit_entry_kept" BEFORE UPDATE ON "audit_entry" '
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        'CREATE TRIGGER "audit_entry_not_deleted" BEFORE DELETE ON "audit_entry" '
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    ),
    "postgres": (
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'check_violation'; END $$",
        'CREATE TRIGGER "audit_entry_kept" BEFORE UPDATE OR DELETE ON "audit_entry" '
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    ),
}


async def forwards() -> MigrationManager:
    """Fill the outbox, build the walls and the indexes, and let go of the table that was set aside."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in (REFILL, *WALLS, *INDEXES, *APPEND_ONLY[engine.engine_type]):
            await engine.run_ddl(statement)

    manager.add_raw(build)
    manager.drop_table(class_name="FormerOutboxMessage", tablename="former_outbox_message", schema=None)
    return manager
