"""Whatever changes the catalogue, the open seats, the closures or the holidays changes the almanac's stamp.

Triggers, because it must hold for whoever writes, also for an engineer at the database's own prompt. Holding, booking
and cancelling write other columns of a seat, and so leave the stamp alone.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T17:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "triggers that change the almanac's stamp"

# Of each table the columns that pickers show or go by.
WATCHED = {
    "center": "code name address reference phone email active paused_at",
    "service": "code name procedure_code summary bring minutes position active",
    "seat": "center service day starts_at is_open allows_virtual allows_in_person allows_phone",
    "closure": "center consultant first_day last_day reason",
    "holiday": "day name",
}

# A stamp is random, so that a database that is restored, or goes its own way as a copy, never repeats another's.
NEW_STAMP = 'INSERT INTO "almanac" ("id", "stamp") VALUES (1, {stamp}) ON CONFLICT ("id") DO UPDATE SET "stamp" = excluded."stamp"'

FUNCTION = "CREATE FUNCTION change_almanac() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change}; RETURN NULL; END $$"


def triggers(engine_type: str) -> list[str]:
    """What to create, in order; and the first stamp of what is there already."""
    stamp = "lower(hex(randomblob(16)))" if engine_type == "sqlite" else "gen_random_uuid()::text"
    statements = [f'INSERT INTO "almanac" ("id", "stamp") SELECT 1, {stamp} FROM "center" LIMIT 1']  # noqa: S608  # ours
    statements += [] if engine_type == "sqlite" else [FUNCTION.format(change=NEW_STAMP.format(stamp=stamp))]
    for table, watched in WATCHED.items():
        columns = ", ".join(f'"{column}"' for column in watched.split())
        events = ("INSERT", "DELETE", f"UPDATE OF {columns}")
        if engine_type == "sqlite":
            statements += [
                f'CREATE TRIGGER "almanac_{table}_{event[:6].lower()}" AFTER {event} ON "{table}" BEGIN {NEW_STAMP.format(stamp=stamp)}; END'
                for event in events
            ]
        else:
            statements.append(
                f'CREATE TRIGGER "almanac_{table}" AFTER {" OR ".join(events)} ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION change_almanac()"
            )
    return statements


async def forwards() -> MigrationManager:
    """Create the triggers."""
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def build() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in triggers(engine.engine_type):
            await engine.run_ddl(statement)

    manager.add_raw(build)
    return manager
