"""The one slot engine: what is on offer, and why nothing is.

Availability is a question to the seats. The words of "free" stand here once, as SQL, and every page, hold and booking
uses them, so that what is offered and what is accepted cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from portal.database.node import fetch
from portal.domain.catalogue import CenterInfo, ServiceInfo
from portal.domain.errors import NotOffered
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.spanish_dates import local_day

# Free = open, not booked, not leased to a kiosk, not held (or the hold has run out). One placeholder: now.
FREE = (
    '"seat"."is_open" AND "seat"."appointment" IS NULL AND "seat"."kiosk" IS NULL '
    'AND ("seat"."held_until" IS NULL OR "seat"."held_until" <= {})'
)

ALLOWS: Mapping[Modality, str] = {
    Modality.VIRTUAL: '"seat"."allows_virtual"',
    Modality.IN_PERSON: '"seat"."allows_in_person"',
    Modality.PHONE: '"seat"."allows_phone"',
}

# The sede and the service of a slot by their codes: two placeholders. Looked up first, so that the index does the rest.
# What the catalogue does not show any more is not to be had by its code either.
OF_SLOT = (
    '"seat"."center" = (SELECT "id" FROM "center" WHERE "code" = {} AND "active") '
    'AND "seat"."service" = (SELECT "id" FROM "service" WHERE "code" = {} AND "active")'
)

# One can count from these in both directions; at the ends of the calendar not even the local day can be told.
_YEARS = range(2000, 2200)


@dataclass(frozen=True, slots=True)
class SlotKey:
    """What a citizen chooses: a service at a sede in a modality at a time (UTC). A consultor is not chosen."""

    service: str
    center: str
    modality: Modality
    starts_at: datetime

    def __str__(self) -> str:
        """The opaque value of the field ``horario``."""
        return f"{self.service}~{self.center}~{self.modality}~{self.starts_at.astimezone(UTC):%Y%m%dT%H%MZ}"


@dataclass(frozen=True, slots=True)
class Slot:
    """A time on offer and how many of its seats are free."""

    key: SlotKey
    free: int

    @property
    def starts_at(self) -> datetime:
        """Start, UTC."""
        return self.key.starts_at


class DayStatus(StrEnum):
    """Whether a day can be chosen, and if not, why."""

    FREE = "free"
    FULL = "full"
    PAUSED = "paused"
    HOLIDAY = "holiday"
    CLOSED = "closed"
    NO_HOURS = "no_hours"
    TOO_SOON = "too_soon"
    PAST = "past"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar. ``reason`` is the holiday's name or the closure's reason; ``free`` counts free seats."""

    date: date
    status: DayStatus
    free: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Agenda:
    """What is looked at: one service at one sede in one modality."""

    service: ServiceInfo
    center: CenterInfo
    modality: Modality

    def key(self, starts_at: datetime) -> SlotKey:
        """The slot of this agenda that starts then."""
        return SlotKey(self.service.code, self.center.code, self.modality, starts_at)


def read_slot_key(text: str) -> SlotKey:
    """Read the field ``horario``. Raises NotOffered when it was not made by us."""
    parts = text.split("~")
    if len(parts) != 4 or len(text) > 80 or not text.isascii() or not text.isprintable():
        raise NotOffered
    try:
        starts_at = datetime.strptime(parts[3], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        key = SlotKey(parts[0], parts[1], Modality(parts[2]), starts_at)
    except ValueError:
        raise NotOffered from None
    if starts_at.year not in _YEARS:
        raise NotOffered
    return key


def last_day_on_offer(now: datetime, rules: BookingRules) -> date:
    """The last local day that may be booked today."""
    return local_day(now) + timedelta(days=rules.horizon_days)


async def days_between(agenda: Agenda, first: date, last: date, now: datetime, rules: BookingRules) -> list[Day]:
    """Every day from first to last, inclusive, with its status and why (the rule for every "why is there nothing")."""
    days, _ = await days_and_times(agenda, first, last, None, now, rules)
    return days


async def days_and_times(
    agenda: Agenda, first: date, last: date, chosen: date | None, now: datetime, rules: BookingRules
) -> tuple[list[Day], list[Slot]]:
    """The same, and the times of the chosen day, or of the first free one when none is chosen."""
    today, beyond = local_day(now), last_day_on_offer(now, rules)
    free, slots = await _read_free(agenda, first, last, chosen, now, rules)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    unfree = [day for day in days if today <= day <= beyond and day not in free]
    reasons = await _reasons_of(agenda, unfree, now + rules.notice) if unfree else {}
    return [_judge(day, today, beyond, free, reasons) for day in days], slots


async def _read_free(
    agenda: Agenda, first: date, last: date, chosen: date | None, now: datetime, rules: BookingRules
) -> tuple[dict[date, int], list[Slot]]:
    """How many seats are free on each day that has any, and the times of one day, in one statement."""
    of_agenda = (
        f'"seat"."center" = {{}} AND "seat"."service" = {{}} AND "seat"."starts_at" >= {{}} '
        f"AND {ALLOWS[agenda.modality]} AND {FREE}"
    )
    given = (agenda.center.id, agenda.service.id, now + rules.notice, now)
    beyond = last_day_on_offer(now, rules)
    rows = await fetch(
        f'WITH "free" AS (SELECT "seat"."day", count(*) AS "seats" FROM "seat" WHERE {of_agenda} '
        'AND "seat"."day" BETWEEN {} AND {} GROUP BY "seat"."day") '
        f'SELECT "seat"."day", "seat"."starts_at", count(*) AS "seats" FROM "seat" WHERE {of_agenda} '
        'AND "seat"."day" = COALESCE({}, (SELECT min("free"."day") FROM "free")) AND "seat"."day" <= {} '
        'GROUP BY "seat"."day", "seat"."starts_at" UNION ALL SELECT "free"."day", NULL, "free"."seats" FROM "free"',
        *(*given, max(first, local_day(now)), min(last, beyond), *given, chosen, beyond),
    )
    free = {row["day"]: row["seats"] for row in rows if row["starts_at"] is None}
    slots = [Slot(agenda.key(row["starts_at"]), row["seats"]) for row in rows if row["starts_at"] is not None]
    return free, sorted(slots, key=lambda slot: slot.starts_at)


def _judge(
    day: date, today: date, beyond: date, free: Mapping[date, int], reasons: Mapping[date, tuple[DayStatus, str]]
) -> Day:
    if day < today:
        return Day(day, DayStatus.PAST)
    if day > beyond:
        return Day(day, DayStatus.BEYOND)
    if day in free:
        return Day(day, DayStatus.FREE, free=free[day])
    status, reason = reasons.get(day, (DayStatus.NO_HOURS, ""))
    return Day(day, status, reason=reason)


async def _reasons_of(agenda: Agenda, days: list[date], earliest: datetime) -> dict[date, tuple[DayStatus, str]]:
    """Why days have no free seat: a holiday, a closure of the whole sede, or seats that are all taken or too soon.

    A consultor's own closure closes nobody else's seats. A day without any open seat is left out. A paused sede has
    its free seats held back, so that no day of it is called full.
    """
    none_left = DayStatus.PAUSED if agenda.center.is_paused else DayStatus.FULL
    marks = ", ".join("{}" for _ in days)
    rows = await fetch(
        'SELECT "day" AS "first_day", "day" AS "last_day", \'\' AS "reason", '
        f"CASE WHEN max(\"starts_at\") >= {{}} THEN '{DayStatus.FULL}' ELSE '{DayStatus.TOO_SOON}' END AS \"status\" "
        f'FROM "seat" WHERE "center" = {{}} AND "service" = {{}} AND "day" IN ({marks}) '
        f'AND "is_open" AND {ALLOWS[agenda.modality]} GROUP BY "day" '
        f'UNION ALL SELECT "first_day", "last_day", "reason", \'{DayStatus.CLOSED}\' FROM "closure" '
        'WHERE "first_day" <= {} AND "last_day" >= {} '
        'AND "consultant" IS NULL AND ("center" IS NULL OR "center" = {}) '
        f'UNION ALL SELECT "day", "day", "name", \'{DayStatus.HOLIDAY}\' FROM "holiday" '
        'WHERE "day" BETWEEN {} AND {}',
        *(earliest, agenda.center.id, agenda.service.id, *days),
        *(days[-1], days[0], agenda.center.id, days[0], days[-1]),
    )
    reasons: dict[date, tuple[DayStatus, str]] = {}
    for row in sorted(rows, key=lambda row: _RANKS.get(row["status"], 0)):
        day = max(days[0], row["first_day"])
        while day <= min(days[-1], row["last_day"]):
            status = DayStatus(row["status"])
            reasons[day] = (none_left if status is DayStatus.FULL else status, row["reason"])
            day += timedelta(days=1)
    return reasons


# Of several reasons the one that says most is told: a holiday's name before a closure's reason before full.
_RANKS: Mapping[str, int] = {DayStatus.CLOSED: 1, DayStatus.HOLIDAY: 2}


async def slots_of(agenda: Agenda, day: date, now: datetime, rules: BookingRules) -> list[Slot]:
    """The times of a day that have a free seat and may be booked now, in order."""
    _, slots = await _read_free(agenda, day, day, day, now, rules)
    return slots


async def next_free_day(agenda: Agenda, now: datetime, rules: BookingRules, after: date | None = None) -> date | None:
    """The first local day within the horizon with a free seat (after ``after``, when given), or None."""
    first = local_day(now) if after is None else max(local_day(now), after + timedelta(days=1))
    rows = await fetch(
        'SELECT "seat"."day" FROM "seat" '
        'WHERE "seat"."center" = {} AND "seat"."service" = {} AND "seat"."day" BETWEEN {} AND {} '
        f'AND "seat"."starts_at" >= {{}} AND {ALLOWS[agenda.modality]} AND {FREE} '
        'ORDER BY "seat"."day", "seat"."starts_at" LIMIT 1',
        *(agenda.center.id, agenda.service.id, first, last_day_on_offer(now, rules), now + rules.notice, now),
    )
    return rows[0]["day"] if rows else None


async def nearest_slots(key: SlotKey, now: datetime, rules: BookingRules, count: int = 3) -> tuple[Slot, ...]:
    """The free times nearest to one that was taken, at most ``count``, in order of time."""
    found: list[Slot] = []
    wanted_day, earliest = local_day(key.starts_at), now + rules.notice
    before, after = (local_day(now), wanted_day), (wanted_day, last_day_on_offer(now, rules))
    for span, comparison, order in ((before, "<", "DESC"), (after, ">", "ASC")):
        # In the order of the index, so that the first rows found are the answer, however many seats lie ahead.
        rows = await fetch(
            f'SELECT "seat"."starts_at", count(*) AS "free" FROM "seat" WHERE {OF_SLOT} '
            f'AND "seat"."day" BETWEEN {{}} AND {{}} AND "seat"."starts_at" >= {{}} AND {ALLOWS[key.modality]} '
            f'AND {FREE} AND "seat"."starts_at" {comparison} {{}} GROUP BY "seat"."day", "seat"."starts_at" '
            f'ORDER BY "seat"."day" {order}, "seat"."starts_at" {order} LIMIT {count:d}',
            *(key.center, key.service, *span, earliest, now, key.starts_at),
        )
        found.extend(
            Slot(SlotKey(key.service, key.center, key.modality, row["starts_at"]), row["free"]) for row in rows
        )
    found.sort(key=lambda slot: abs(slot.starts_at - key.starts_at))
    return tuple(sorted(found[:count], key=lambda slot: slot.starts_at))


def month_bounds(month: date) -> tuple[date, date]:
    """First and last day of the month that ``month`` lies in."""
    first = month.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
