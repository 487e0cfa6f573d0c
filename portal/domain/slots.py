"""The one slot engine: what "free" is, and the times nearest to a wish.

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
