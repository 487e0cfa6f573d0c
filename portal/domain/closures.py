"""Close days, and say whom it touches: booked citas stay, free seats go, held ones are taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.kiosk_outlook import next_days, note_next_day
from portal.domain.schedule import lock_schedule


@dataclass(frozen=True, slots=True)
class Touched:
    """A reserved cita on a day that was closed."""

    code: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class ClosureDone:
    """The closure and the citas that somebody now has to move."""

    id: UUID
    touched: tuple[Touched, ...]


@transactional
async def close_days(
    first_day: date,
    last_day: date,
    reason: str,
    now: datetime,
    center: UUID | None = None,
    consultant: UUID | None = None,
) -> ClosureDone:
    """Close local days, inclusive: of one consultor, of a sede, or (with neither) everywhere.

    Free and held seats close, booked ones are never removed; those lent to kiosks are recalled by being closed, and
    what was sold of them meanwhile is seated and listed. A booking at the same instant either is listed as touched
    or finds the seat closed. Raises ValueError when the days are inverted.
    """
    if last_day < first_day:
        raise ValueError("the last day lies before the first")
    # "one consultor, else one sede, else all" as SQL: an empty value matches every row.
    scope = '({} OR "consultant" = {}) AND ({} OR "center" = {})'
    whom = (consultant is None, consultant or UUID(int=0), center is None, center or UUID(int=0))
    staff = await fetch(
        'SELECT "id" FROM "staff" WHERE ({} OR "id" = {}) AND ({} OR "center" = {})',
        *whom,
    )
    await lock_schedule(row["id"] for row in staff)
    closure, ahead = uuid4(), await next_days(now)
    await fetch(
        'INSERT INTO "closure" ("id", "center", "consultant", "first_day", "last_day", "reason", "created_at") '
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        *(closure, center, consultant, first_day, last_day, reason, now),
    )
    await fetch(
        # Without a token it is no hold but the delay of a seat that was given back: it stays, should the day reopen.
        'UPDATE "seat" SET "is_open" = {}, "hold_token" = NULL, '
        '"held_until" = CASE WHEN "hold_token" IS NULL THEN "held_until" END '
        'WHERE "day" BETWEEN {} AND {} AND "appointment" IS NULL AND "starts_at" > {} '
        f"AND {scope}",
        *(False, first_day, last_day, now, *whom),
    )
    await note_next_day(now, ahead)
    # Read after the update: on PostgreSQL it waited for bookings under way, so their citas are visible here.
    touched = await fetch(
        'SELECT "appointment"."code", "appointment"."starts_at" FROM "seat" '
        'JOIN "appointment" ON "appointment"."id" = "seat"."appointment" '
        'WHERE "seat"."day" BETWEEN {} AND {} AND "seat"."starts_at" > {} '
        'AND ({} OR "seat"."consultant" = {}) AND ({} OR "seat"."center" = {}) ORDER BY "appointment"."starts_at"',
        *(first_day, last_day, now, *whom),
    )
    return ClosureDone(closure, tuple(Touched(row["code"], row["starts_at"]) for row in touched))
