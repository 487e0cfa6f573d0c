"""Open the seats that the calendar says ought to exist, ahead of time and again and again.

Opening is idempotent and additive: what is due and missing is added, what was closed and is due again is reopened, free
seats no longer due are closed, and what is booked or held is never touched. A seat lent to a kiosk is closed too, which
recalls it; it stays the kiosk's until the kiosk has given it back. Overlapping seats of one consultor are not opened
(ARCHITECTURE, the one idea).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.calendar import ClosedDays, DueSeat, Hours, Pause, seats_due
from portal.domain.epochs import hold_back
from portal.domain.kiosk_outlook import next_days, note_next_day
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import FREE
from portal.domain.spanish_dates import local_day

_ROWS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Opening:
    """What one round of opening did."""

    added: int = 0
    reopened: int = 0
    closed: int = 0

    def __add__(self, other: Opening) -> Opening:
        return Opening(self.added + other.added, self.reopened + other.reopened, self.closed + other.closed)


@dataclass(frozen=True, slots=True)
class SeatOnFile:
    """A seat that exists already."""

    id: UUID
    service: UUID
    starts_at: datetime
    ends_at: datetime
    modalities: frozenset[Modality]
    is_open: bool
    taken: bool
    lent: bool

    def fits(self, due: DueSeat) -> bool:
        """Whether it is as long as the due one that starts with it, and allows the same modalities."""
        return self.ends_at == due.ends_at and self.modalities == due.modalities


async def open_seats(now: datetime, rules: BookingRules) -> Opening:
    """Bring the seats of every consultor who has hours or open seats up to date, from today to the horizon."""
    consultants = await fetch(
        'SELECT "consultant" AS "id" FROM "weekly_hours" '
        # Who left, or has no hours any more, may still have seats on offer.
        'UNION SELECT "consultant" FROM "seat" WHERE "is_open" AND "day" >= {}',
        local_day(now),
    )
    done = Opening()
    for row in consultants:
        done += await open_seats_of(row["id"], now, rules)
    return done


async def _hold_back(consultant: UUID, now: datetime) -> None:
    """What was just opened at a paused sede is not on offer either."""
    for row in await fetch('SELECT "center" FROM "staff" WHERE "id" = {} AND "center" IS NOT NULL', consultant):
        await hold_back(row["center"], now)


@transactional
async def open_seats_of(consultant: UUID, now: datetime, rules: BookingRules) -> Opening:
    """Bring one consultor's seats up to date, from today to the horizon, in one transaction."""
    await lock_schedule([consultant])
    ahead = await next_days(now)
    first, last = local_day(now), local_day(now) + timedelta(days=rules.horizon_days)
    due = await _seats_due_of(consultant, first, last)
    on_file = await _seats_on_file(consultant, first, last, now)
    closed = await _close_undue(_without_overlaps(due, on_file), on_file, now)
    wanted = _without_overlaps(due, on_file)
    reopened = await _reopen(wanted, on_file)
    missing = [pair for pair in wanted if (pair[0], pair[1].starts_at) not in on_file and pair[1].starts_at > now]
    await _insert_seats(consultant, missing, now)
    if missing or reopened:
        await _hold_back(consultant, now)
    if missing or reopened or closed:
        await note_next_day(now, ahead)
    return Opening(added=len(missing), reopened=reopened, closed=closed)


async def lock_schedule(consultants: Iterable[UUID]) -> None:
    """Inside a transaction: make everybody else who opens or closes seats of these consultores wait."""
    for consultant in sorted(consultants):
        await fetch('UPDATE "staff" SET "schedule_version" = "schedule_version" + 1 WHERE "id" = {}', consultant)


async def _seats_due_of(consultant: UUID, first: date, last: date) -> list[tuple[UUID, DueSeat]]:
    hours = await fetch(
        'SELECT "weekly_hours".*, "service"."minutes", "staff"."center" FROM "weekly_hours" '
        'JOIN "service" ON "service"."id" = "weekly_hours"."service" '
        'JOIN "staff" ON "staff"."id" = "weekly_hours"."consultant" '
        'JOIN "center" ON "center"."id" = "staff"."center" '
        'WHERE "weekly_hours"."consultant" = {} AND "staff"."active" AND "service"."active" AND "center"."active"',
        consultant,
    )
    if not hours:
        return []
    pauses = await fetch('SELECT * FROM "consultant_break" WHERE "consultant" = {}', consultant)
    closures = await fetch(
        'SELECT "first_day", "last_day", "reason" FROM "closure" WHERE "first_day" <= {} AND "last_day" >= {} '
        'AND ("consultant" = {} OR ("consultant" IS NULL AND ("center" IS NULL OR "center" = {})))',
        *(last, first, consultant, hours[0]["center"]),
    )
    holidays = await fetch('SELECT "day", "name" FROM "holiday" WHERE "day" BETWEEN {} AND {}', first, last)
    due = []
    for service in {row["service"] for row in hours}:
        of_service = [row for row in hours if row["service"] == service]
        for seat in seats_due(
            first,
            last,
            of_service[0]["minutes"],
            [_hours_from(row) for row in of_service],
            [Pause(row["weekday"], row["starts"], row["ends"]) for row in pauses],
            {row["day"]: row["name"] for row in holidays},
            [ClosedDays(row["first_day"], row["last_day"], row["reason"]) for row in closures],
        ):
            due.append((service, seat))
    return sorted(due, key=lambda pair: pair[1].starts_at)


def _hours_from(row: dict[str, Any]) -> Hours:
    return Hours(
        row["weekday"], row["opens"], row["closes"], _modalities_of(row), row["valid_from"], row["valid_until"]
    )


def _modalities_of(row: dict[str, Any]) -> frozenset[Modality]:
    allowed = {
        Modality.VIRTUAL: row["allows_virtual"],
        Modality.IN_PERSON: row["allows_in_person"],
        Modality.PHONE: row["allows_phone"],
    }
    return frozenset(modality for modality, allows in allowed.items() if allows)


async def _seats_on_file(
    consultant: UUID, first: date, last: date, now: datetime
) -> dict[tuple[UUID, datetime], SeatOnFile]:
    rows = await fetch(
        'SELECT "id", "service", "starts_at", "ends_at", "is_open", "appointment", "kiosk", "held_until", '
        '"allows_virtual", "allows_in_person", "allows_phone" FROM "seat" '
        'WHERE "consultant" = {} AND "starts_at" >= {} AND "day" BETWEEN {} AND {}',
        *(consultant, now, first, last),
    )
    return {
        (row["service"], row["starts_at"]): SeatOnFile(
            row["id"],
            row["service"],
            row["starts_at"],
            row["ends_at"],
            _modalities_of(row),
            bool(row["is_open"]),
            taken=row["appointment"] is not None
            or row["kiosk"] is not None
            or (row["held_until"] is not None and row["held_until"] > now),
            lent=row["kiosk"] is not None,
        )
        for row in rows
    }


async def _close_undue(
    wanted: list[tuple[UUID, DueSeat]], on_file: dict[tuple[UUID, datetime], SeatOnFile], now: datetime
) -> int:
    """Close the open seats that are not due as they are, free or lent; returns how many. ``on_file`` follows."""
    due = {(service, seat.starts_at): seat for service, seat in wanted}
    closed = 0
    for key, seat in list(on_file.items()):
        if not seat.is_open or (seat.taken and not seat.lent) or (key in due and seat.fits(due[key])):
            continue
        if seat.lent and await _recall(seat.id):
            closed += 1
            on_file[key] = replace(seat, is_open=False)
        elif await _close_if_free(seat.id, now):
            closed += 1
            on_file[key] = replace(seat, is_open=False, taken=False)
        else:
            on_file[key] = replace(seat, taken=True)  # somebody was faster: nothing may be opened across it
    return closed


async def _reopen(wanted: list[tuple[UUID, DueSeat]], on_file: dict[tuple[UUID, datetime], SeatOnFile]) -> int:
    """Open closed seats that are due, with the end and the modalities that they are due with; returns how many."""
    reopened = 0
    for service, due in wanted:
        seat = on_file.get((service, due.starts_at))
        if seat is None or seat.is_open or (seat.taken and not seat.fits(due)):
            continue
        await fetch(
            'UPDATE "seat" SET "is_open" = {}, "ends_at" = {}, "allows_virtual" = {}, "allows_in_person" = {}, '
            '"allows_phone" = {} WHERE "id" = {}',
            *(True, due.ends_at, *_allowed(due), seat.id),
        )
        reopened += 1
    return reopened


def _allowed(due: DueSeat) -> list[bool]:
    return [modality in due.modalities for modality in (Modality.VIRTUAL, Modality.IN_PERSON, Modality.PHONE)]


async def _close_if_free(seat: UUID, now: datetime) -> list[dict[str, Any]]:
    return await fetch(
        # What is left of a hold that ran out goes as well, as when days are closed.
        'UPDATE "seat" SET "is_open" = {}, "hold_token" = NULL, "held_until" = NULL '
        f'WHERE "seat"."id" = {{}} AND {FREE} RETURNING "id"',
        *(False, seat, now),
    )


async def _recall(seat: UUID) -> list[dict[str, Any]]:
    """Close a seat that is lent: its kiosk is told so, and releases it, or has sold it already (rule 7)."""
    return await fetch(
        'UPDATE "seat" SET "is_open" = {} WHERE "id" = {} AND "kiosk" IS NOT NULL RETURNING "id"', *(False, seat)
    )


def _without_overlaps(
    due: list[tuple[UUID, DueSeat]], on_file: dict[tuple[UUID, datetime], SeatOnFile]
) -> list[tuple[UUID, DueSeat]]:
    """The due seats that overlap neither a taken seat of another grid nor an earlier due one of another service."""
    kept: list[tuple[UUID, DueSeat]] = []
    taken = [seat for seat in on_file.values() if seat.taken]
    for service, seat in due:
        own = on_file.get((service, seat.starts_at))
        if any(
            other is not own and seat.starts_at < other.ends_at and other.starts_at < seat.ends_at for other in taken
        ):
            continue
        if kept and kept[-1][1].ends_at > seat.starts_at:
            continue
        kept.append((service, seat))
    return kept


async def _insert_seats(consultant: UUID, seats: list[tuple[UUID, DueSeat]], now: datetime) -> None:
    if not seats:
        return
    center = (await fetch('SELECT "center" FROM "staff" WHERE "id" = {}', consultant))[0]["center"]
    # A closed seat of another service may stand at the same start; the wall tells the two by their numbers.
    others = await fetch(
        'SELECT "starts_at", max("number") AS "highest" FROM "seat" WHERE "consultant" = {} AND "starts_at" > {} '
        'GROUP BY "starts_at"',
        *(consultant, now),
    )
    highest = {row["starts_at"]: row["highest"] for row in others}
    marks = "({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0)"
    for begin in range(0, len(seats), _ROWS_AT_ONCE):
        chunk = seats[begin : begin + _ROWS_AT_ONCE]
        values: list[object] = []
        for service, seat in chunk:
            values += [uuid4(), center, service, consultant, seat.day, seat.starts_at, seat.ends_at]
            values += [highest.get(seat.starts_at, 0) + 1, *_allowed(seat), True]
        await fetch(
            'INSERT INTO "seat" ("id", "center", "service", "consultant", "day", "starts_at", "ends_at", "number", '
            '"allows_virtual", "allows_in_person", "allows_phone", "is_open", "hold_extensions") '
            f"VALUES {', '.join([marks] * len(chunk))} ON CONFLICT DO NOTHING",
            *values,
        )
