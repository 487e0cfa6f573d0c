"""The supply of kiosks: what a sede lends of each day, shared fairly between its kiosks (ARCHITECTURE, rules 7 and 8).

It is renewed inside the transaction of an exchange, which holds the kiosk's row. All kiosks' unsold leases together
stay within the sede's daily share. A kiosk that holds more than its part while another one lacks its own is asked for
the difference; the other one gets it at its next exchange after the release.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.exchange import PROTOCOL
from portal.domain.leases import lend_seat, recall_lease
from portal.domain.rules import BookingRules
from portal.domain.slots import last_day_on_offer
from portal.domain.spanish_dates import local_day

SHARES_FOR: Final = timedelta(days=3)
"""A kiosk that was not heard for longer keeps what it has, and leaves the rest of its part to the others."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How many seats of a service a sede lends: of each consultor and day, for so many days with hours, today included;
    at most ``share`` percent of a day's seats, but ``minimum`` in any case.
    """

    per_consultant: int = 2
    days: int = 5
    share: int = 50
    minimum: int = 0


DEFAULT_POLICY: Final = Policy()


async def read_policies(center: UUID) -> dict[UUID, Policy]:
    """The policies of a sede by service; a service without one has the default."""
    rows = await fetch(
        'SELECT "service", "per_consultant", "days", "share", "minimum" FROM "lease_policy" WHERE "center" = {}', center
    )
    return {row["service"]: Policy(row["per_consultant"], row["days"], row["share"], row["minimum"]) for row in rows}


async def renew_supply(kiosk: UUID, center: UUID, now: datetime, rules: BookingRules) -> int:
    """Lend a kiosk its part of what its sede's policies allow, or recall what it has beyond that and another one lacks;
    returns how many seats it got.
    """
    days = await _find_days(center, now, rules)
    sharers = {kiosk, *await _find_sharers(center, now)}
    if not any(part.changes for part in await _divide_days(kiosk, center, days, sharers, now)):
        return 0
    # Kiosks of a sede that come at the same instant are served one after the other, each by what is left.
    await lock_supply(center)
    parts = await _divide_days(kiosk, center, days, sharers, now)
    return sum([await _renew_day(kiosk, center, part, now) for part in parts if part.changes])


async def lock_supply(center: UUID) -> None:
    """Inside a transaction, before it locks any seat: no other kiosk of the sede is lent anything until it ends."""
    await fetch('UPDATE "center" SET "version" = "version" WHERE "id" = {}', center)


@dataclass(frozen=True, slots=True)
class _Days:
    """The days that a sede lends a service's seats of."""

    service: UUID
    days: list[date]
    policy: Policy


@dataclass(frozen=True, slots=True)
class _Part:
    """What a kiosk may get of a day's seats now, or has to give back."""

    service: UUID
    day: date
    policy: Policy
    wanted: int
    surplus: int

    @property
    def changes(self) -> bool:
        return self.wanted > 0 or self.surplus > 0


async def _find_days(center: UUID, now: datetime, rules: BookingRules) -> list[_Days]:
    policies = await read_policies(center)
    found = []
    for service in await fetch('SELECT "id" FROM "service" WHERE "active"'):
        policy = policies.get(service["id"], DEFAULT_POLICY)
        days = await _days_with_hours(center, service["id"], now, policy.days, rules)
        found.append(_Days(service["id"], days, policy))
    return found


async def _divide_days(
    kiosk: UUID, center: UUID, days: list[_Days], sharers: Collection[UUID], now: datetime
) -> list[_Part]:
    parts = []
    for some in days:
        seats = await _count_seats(center, some, now) if some.days else {}
        for day in some.days:
            wanted, surplus = _divide(kiosk, sharers, seats.get(day, []), some.policy)
            parts.append(_Part(some.service, day, some.policy, wanted, surplus))
    return parts


async def _count_seats(center: UUID, days: _Days, now: datetime) -> dict[date, list[Row]]:
    """By day, how many seats are alike: of one consultor, and free, taken, or lent to the same kiosk in the same way.

    All days at once and in numbers, since every exchange asks, and few find anything to change.
    """
    where = (
        '"seat"."service" = {} AND "seat"."day" BETWEEN {} AND {} AND "seat"."starts_at" > {} AND "seat"."is_open"',
        (days.service, days.days[0], days.days[-1], now),
    )
    own = await fetch(
        'SELECT "seat"."day", "seat"."consultant", "seat"."appointment" IS NULL AND ("seat"."held_until" IS NULL '
        'OR "seat"."held_until" <= {}) AS "free", count(*) AS "number" FROM "seat" WHERE "seat"."center" = {} '
        f'AND "seat"."kiosk" IS NULL AND {where[0]} GROUP BY 1, 2, 3',
        *(now, center, *where[1]),
    )
    lent = await fetch(
        'SELECT "seat"."day", "seat"."consultant", "seat"."kiosk", "lease"."claimed", '
        '"lease"."recalled_at" IS NOT NULL AS "recalled", count(*) AS "number" FROM "lease" '
        'JOIN "seat" ON "seat"."id" = "lease"."seat" AND "seat"."kiosk" = "lease"."kiosk" '
        'WHERE "lease"."kiosk" IN (SELECT "id" FROM "kiosk" WHERE "kiosk"."center" = {}) '
        f'AND "lease"."state" = \'granted\' AND {where[0]} GROUP BY 1, 2, 3, 4, 5',
        *(center, *where[1]),
    )
    seats: dict[date, list[Row]] = defaultdict(list)
    for row in own:
        seats[row["day"]].append({**row, "kiosk": None})
    for row in lent:
        seats[row["day"]].append({**row, "free": False})
    return seats


async def _find_sharers(center: UUID, now: datetime) -> list[UUID]:
    """The kiosks that a day's supply is divided by: trusted, heard of late, and able to take it."""
    rows = await fetch(
        'SELECT "id" FROM "kiosk" WHERE "center" = {} AND "standing" = \'good\' AND "protocol" IN (0, {}) '
        'AND COALESCE("seen_at", "paired_at") > {}',
        *(center, PROTOCOL, now - SHARES_FOR),
    )
    return [row["id"] for row in rows]


async def _days_with_hours(center: UUID, service: UUID, now: datetime, most: int, rules: BookingRules) -> list[date]:
    rows = await fetch(
        'SELECT DISTINCT "day" FROM "seat" WHERE "center" = {} AND "service" = {} AND "is_open" AND "day" >= {} '
        'AND "day" <= {} AND "starts_at" > {} ORDER BY "day" LIMIT {}',
        *(center, service, local_day(now), last_day_on_offer(now, rules), now, most),
    )
    return [row["day"] for row in rows]


async def _seats_of(center: UUID, service: UUID, day: date, now: datetime) -> list[Row]:
    return await fetch(
        'SELECT "seat"."id", "seat"."consultant", "seat"."starts_at", "seat"."kiosk", "seat"."appointment", '
        '"seat"."held_until", "lease"."id" AS "lease", "lease"."claimed", "lease"."recalled_at" FROM "seat" '
        'LEFT JOIN "lease" ON "lease"."seat" = "seat"."id" AND "lease"."state" = \'granted\' '
        'WHERE "seat"."center" = {} AND "seat"."service" = {} AND "seat"."day" = {} AND "seat"."starts_at" > {} '
        # By their random ids: the desk and the public both get times of the whole day.
        'AND "seat"."is_open" ORDER BY "seat"."id"',
        *(center, service, day, now),
    )


def _divide(kiosk: UUID, sharers: Collection[UUID], seats: list[Row], policy: Policy) -> tuple[int, int]:
    """How many of a day's seats a kiosk may get, and how many it has to give back; at most one is above 0."""
    lent = [alike for alike in seats if _is_supply(alike)]
    usable = Counter[UUID]()
    for alike in seats:
        usable[alike["consultant"]] += alike["number"] if _is_supply(alike) or alike["free"] else 0
    supply = min(
        max(_count(seats) * policy.share // 100, policy.minimum),
        sum(min(number, policy.per_consultant) for number in usable.values()),
    )
    held = Counter[UUID]()
    for alike in lent:
        held[alike["kiosk"]] += 0 if alike["recalled"] else alike["number"]
    coming_back = _count(alike for alike in lent if alike["recalled"] and alike["kiosk"] in sharers)
    to_share = max(supply - _count(alike for alike in lent if alike["kiosk"] not in sharers), 0)
    part, rest = divmod(to_share, len(sharers))
    # What cannot be divided stays with those who hold most.
    by_holding = sorted(sharers, key=lambda sharer: (-held[sharer], str(sharer)))
    due = {sharer: part + (place < rest) for place, sharer in enumerate(by_holding)}
    room = supply - _count(lent)
    # What the others lack is kept for them.
    lacking = sum(max(due[other] - held[other], 0) for other in sharers if other != kiosk)
    wanted = min(room - lacking, due[kiosk] - held[kiosk])
    return wanted, min(lacking - max(room, 0) - coming_back, held[kiosk] - due[kiosk])


def _count(seats: Iterable[Row]) -> int:
    return sum(alike["number"] for alike in seats)


def _is_supply(seat: Row) -> bool:
    """Lent, and not claimed on the spot."""
    return seat["kiosk"] is not None and not seat["claimed"]


def _looks_free(seat: Row, now: datetime) -> bool:
    held = seat["held_until"] is not None and seat["held_until"] > now
    return seat["kiosk"] is None and seat["appointment"] is None and not held


async def _renew_day(kiosk: UUID, center: UUID, part: _Part, now: datetime) -> int:
    seats = await _seats_of(center, part.service, part.day, now)
    lent = [seat for seat in seats if _is_supply(seat)]
    own = Counter(seat["consultant"] for seat in lent if seat["kiosk"] == kiosk)
    of_all = Counter(seat["consultant"] for seat in lent)
    free = [seat for seat in seats if _looks_free(seat, now)]
    granted = 0
    # One of each consultor, then a second one of each.
    for most in range(1, part.policy.per_consultant + 1):
        for seat in tuple(free):
            whose = seat["consultant"]
            if granted >= part.wanted or own[whose] >= most or of_all[whose] >= part.policy.per_consultant:
                continue
            free.remove(seat)
            if await lend_seat(kiosk, seat["id"], None, now):
                own[whose] += 1
                of_all[whose] += 1
                granted += 1
    await _recall([seat for seat in lent if seat["kiosk"] == kiosk and not seat["recalled_at"]], part.surplus, now)
    return granted


async def _recall(own: list[Row], surplus: int, now: datetime) -> None:
    """Of the consultores of whom the kiosk has most, and the latest times first, which it will hardly have sold."""
    left = Counter(seat["consultant"] for seat in own)
    for _ in range(surplus):
        seat = max(own, key=lambda seat: (left[seat["consultant"]], seat["starts_at"], str(seat["id"])))
        own.remove(seat)
        left[seat["consultant"]] -= 1
        await recall_lease(seat["lease"], now)
