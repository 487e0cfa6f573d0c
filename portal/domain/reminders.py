"""The reminder of the day before, by itself: a notice in the citizen's page and a mail (PE-BT-01, activity 02).

It is due from a set hour of the day before, in Lima, until the cita starts. What is booked or moved later than that
gets no reminder of its own: the mail that tells of it carries everything, and counts as both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from portal.database.node import active_node, after_commit, fetch, transactional
from portal.domain.notices import tell_listeners
from portal.domain.rules import BookingRules
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import EventKind, MessageKind

BATCH: Final = 250
"""Citas of one transaction: each writes for some tens of milliseconds."""

_ROWS_AT_ONCE: Final = 100
_DAY: Final = timedelta(days=1)


def reminder_due_at(starts_at: datetime, rules: BookingRules) -> datetime:
    """From when (UTC) a cita is reminded of: the day before it, at the local hour of the rules."""
    return _at_hour(local_day(starts_at) - _DAY, rules.reminder_hour)


def told_at_once(starts_at: datetime, now: datetime, rules: BookingRules) -> datetime | None:
    """The ``reminded_at`` of a cita made at ``now``: set when its reminder would be due already, for none follows."""
    return now if now >= reminder_due_at(starts_at, rules) else None


async def remind_batch(now: datetime, rules: BookingRules, limit: int = BATCH) -> int:
    """Remind of up to ``limit`` citas that are due, nearest first; how many it were. Zero: none is left.

    One transaction, so whoever is killed has reminded of all of a batch or of none of it. A run that comes late still
    reminds of what has not started.
    """
    last_day = local_day(now) + (_DAY if now >= _at_hour(local_day(now), rules.reminder_hour) else timedelta())
    return await _remind(now, _at_hour(last_day + _DAY, 0), limit)


@transactional
async def _remind(now: datetime, until: datetime, limit: int) -> int:
    # SQLite writes one at a time anyway; PostgreSQL must pass over what another worker is just reminding of.
    skip = "FOR UPDATE SKIP LOCKED" if active_node().engine.engine_type == "postgres" else ""
    reminded = await fetch(
        f"""WITH "due" AS (SELECT "id" FROM "appointment" WHERE "state" = 'reserved' AND "reminded_at" IS NULL
        AND "starts_at" > {{}} AND "starts_at" < {{}} ORDER BY "starts_at" LIMIT {{}} {skip})
        UPDATE "appointment" SET "reminded_at" = {{}}, "notified_at" = {{}}
        WHERE "id" IN (SELECT "id" FROM "due") AND "state" = 'reserved' AND "reminded_at" IS NULL
        RETURNING "id", "email", "starts_at" """,
        *(now, until, limit, now, now),
    )
    ids = [row["id"] for row in reminded]
    await _insert(
        '"notice" ("id", "appointment", "kind", "at")',
        f"({{}}, {{}}, '{MessageKind.REMINDER}', {{}})",
        [(uuid4(), one, now) for one in ids],
    )
    await _insert(
        '"appointment_event" ("id", "appointment", "kind", "at", "actor", "details")',
        f"({{}}, {{}}, '{EventKind.REMINDED}', {{}}, 'system', '{{{{}}}}')",
        [(uuid4(), one, now) for one in ids],
    )
    await _insert(
        '"outbox_message" ("id", "dedupe_key", "kind", "appointment", "recipient", "message_id", "state", '
        '"created_at", "due_at", "deadline", "attempts", "doubts", "last_error")',
        f"({{}}, {{}}, '{MessageKind.REMINDER}', {{}}, {{}}, {{}}, 'queued', {{}}, {{}}, {{}}, 0, 0, '')",
        [_message(row, now) for row in reminded if row["email"]],
    )
    after_commit(tell_listeners)
    return len(reminded)


def _message(row: dict[str, Any], now: datetime) -> tuple[object, ...]:
    identity: UUID = uuid4()
    key = f"{row['id']}:{MessageKind.REMINDER}:"
    return (identity, key, row["id"], row["email"], str(identity), now, now, row["starts_at"])


async def _insert(into: str, marks: str, rows: list[tuple[object, ...]]) -> None:
    """Many rows in few statements; a message that exists (sent by hand before) stays the only one."""
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        chunk = rows[begin : begin + _ROWS_AT_ONCE]
        values: Iterable[object] = (value for row in chunk for value in row)
        await fetch(f"INSERT INTO {into} VALUES {', '.join([marks] * len(chunk))} ON CONFLICT DO NOTHING", *values)


def _at_hour(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=LIMA).astimezone(UTC)
