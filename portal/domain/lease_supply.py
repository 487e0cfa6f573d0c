"""The supply of kiosks: what a sede lends of each day, shared fairly between its kiosks (ARCHITECTURE, rules 7 and 8).

It is renewed inside the transaction of an exchange, which holds the kiosk's row. All kiosks' unsold leases together
stay within the sede's daily share. A kiosk that holds more than its part while another one lacks its own is asked for
the difference; the other one gets it at its next exchange after the release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
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
    if not any(day.changes for day in await _read_days(kiosk, center, now, rules)):
        return 0
    # Kiosks of a sede that come at the same instant are served one after the other, each by what is left.
    await lock_supply(center)
    days = await _read_days(kiosk, center, now, rules)
    return sum([await _renew_day(kiosk, day, now) for day in days if day.changes])


async def lock_supply(center: UUID) -> None:
    """Inside a transaction, before it locks any seat: no other kiosk of the sede is lent anything until it ends."""
    await fetch('UPDATE "center" SET "version" = "version" WHERE "id" = {}', center)


@dataclass(frozen=True, slots=True)
class _Day:
    """A day's seats of a service, with what a kiosk may get of them now, or has to give back."""

    seats: list[Row]
    policy: Policy
    wanted: int
    surplus: int

    @property
    def changes(self) -> bool:
        return self.wanted > 0 or self.surplus > 0


async def _read_days(kiosk: UUID, center: UUID, now: datetime, rules: BookingRules) -> list[_Day]:
    policies = await read_policies(center)
    sharers = {kiosk, *await _find_sharers(center, now)}
    days = []
    for service in await fetch('SELECT "id" FROM "service" WHERE "active"'):
        policy = policies.get(service["id"], DEFAULT_POLICY)
        for day in await _days_with_hours(center, service["id"], now, policy.days, rules):
            days.append(_divide(kiosk, sharers, await _seats_of(center, service["id"], day, now), policy, now))
    return days


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


def _divide(kiosk: UUID, sharers: Collection[UUID], seats: list[Row], policy: Policy, now: datetime) -> _Day:
    lent = [seat for seat in seats if _is_supply(seat)]
    usable = Counter(seat["consultant"] for seat in seats if _is_supply(seat) or _looks_free(seat, now))
    supply = min(
        max(len(seats) * policy.share // 100, policy.minimum),
        sum(min(number, policy.per_consultant) for number in usable.values()),
    )
    held = Counter(seat["kiosk"] for seat in lent if seat["recalled_at"] is None)
    coming_back = sum(seat["recalled_at"] is not None and seat["kiosk"] in sharers for seat in lent)
    to_share = max(supply - sum(seat["kiosk"] not in sharers for seat in lent), 0)
    part, rest = divmod(to_share, len(sharers))
    # What cannot be divided stays with those who hold most.
    by_holding = sorted(sharers, key=lambda sharer: (-held[sharer], str(sharer)))
    due = {sharer: part + (place < rest) for place, sharer in enumerate(by_holding)}
    room = supply - len(lent)
    # What the others lack is kept for them.
    lacking = sum(max(due[other] - held[other], 0) for other in sharers if other != kiosk)
    return _Day(
        seats,
        policy,
        wanted=min(room - lacking, due[kiosk] - held[kiosk]),
        surplus=min(lacking - max(room, 0) - coming_back, held[kiosk] - due[kiosk]),
    )


def _is_supply(seat: Row) -> bool:
    """Lent, and not claimed on the spot."""
    return seat["kiosk"] is not None and not seat["claimed"]


def _looks_free(seat: Row, now: datetime) -> bool:
    held = seat["held_until"] is not None and seat["held_until"] > now
    return seat["kiosk"] is None and seat["appointment"] is None and not held


async def _renew_day(kiosk: UUID, day: _Day, now: datetime) -> int:
    lent = [seat for seat in day.seats if _is_supply(seat)]
    own = Counter(seat["consultant"] for seat in lent if seat["kiosk"] == kiosk)
    of_all = Counter(seat["consultant"] for seat in lent)
    free = [seat for seat in day.seats if _looks_free(seat, now)]
    granted = 0
    # One of each consultor, then a second one of each.
    for most in range(1, day.policy.per_consultant + 1):
        for seat in tuple(free):
            whose = seat["consultant"]
            if granted >= day.wanted or own[whose] >= most or of_all[whose] >= day.policy.per_consultant:
                continue
            free.remove(seat)
            if await lend_seat(kiosk, seat["id"], None, now):
                own[whose] += 1
                of_all[whose] += 1
                granted += 1
    await _recall([seat for seat in lent if seat["kiosk"] == kiosk and not seat["recalled_at"]], day.surplus, now)
    return granted


async def _recall(own: list[Row], surplus: int, now: datetime) -> None:
    """Of the consultores of whom the kiosk has most, and the latest times first, which it will hardly have sold."""
    left = Counter(seat["consultant"] for seat in own)
    for _ in range(surplus):
        seat = max(own, key=lambda seat: (left[seat["consultant"]], seat["starts_at"], str(seat["id"])))
        own.remove(seat)
        left[seat["consultant"]] -= 1
        await recall_lease(seat["lease"], now)
