"""Sedes beside the one of a fresh installation, with consultores, citas near the present, and kiosks to be paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.domain.kiosks import make_kiosk, make_pairing_code
from portal.domain.rules import BookingRules
from portal.domain.schedule import open_seats_of
from portal.domain.spanish_dates import local_day
from tests.people import add_consultant

_AHEAD = BookingRules(horizon_days=21)
_OPENS, _CLOSES = time(8, 30), time(16, 30)


@dataclass(frozen=True, slots=True)
class Sede:
    """A sede, and who attends there."""

    id: UUID
    consultants: tuple[UUID, ...]


async def open_sede(number: int, consultants: int, now: datetime) -> Sede:
    """The sede of that number, listed behind the central one, with 16 seats a consultor and day for three weeks."""
    center = uuid4()
    await fetch(
        'INSERT INTO "center" ("id", "code", "name", "address", "reference", "ubigeo", "phone", "email", "active", '
        "\"version\") VALUES ({}, {}, {}, {}, '', {}, '', '', {}, 0)",
        *(center, f"sede-{number}", f"Sede {number:02}", "Av. Salaverry 655, Jesús María", "150113", True),
    )
    [service] = await fetch('SELECT "id" FROM "service" LIMIT 1')
    people = [
        await add_consultant(center, service["id"], 1_000 * number + place, _OPENS, _CLOSES)
        for place in range(consultants)
    ]
    for consultant in people:
        await open_seats_of(consultant, now, _AHEAD)
    return Sede(center, tuple(people))


async def seats_of(center: UUID, first: date, last: date) -> list[dict[str, Any]]:
    """The open seats of a sede's days."""
    return await fetch(
        'SELECT "id", "center", "service", "consultant", "starts_at", "ends_at" FROM "seat" WHERE "center" = {} '
        'AND "day" BETWEEN {} AND {} AND "is_open" AND "appointment" IS NULL ORDER BY "id"',
        *(center, first, last),
    )


async def next_day_with_seats(center: UUID, now: datetime) -> date:
    """The next day on which the sede has hours."""
    [row] = await fetch(
        'SELECT "day" FROM "seat" WHERE "center" = {} AND "day" > {} ORDER BY "day" LIMIT 1', center, local_day(now)
    )
    day: date = row["day"]
    return day


async def lend(center: UUID, per_consultant: int) -> None:
    """Lend so many seats of each consultor and day, of five days."""
    await fetch(
        'INSERT INTO "lease_policy" ("id", "center", "service", "per_consultant", "days", "share", "minimum") '
        'SELECT {}, {}, "id", {}, 5, 50, 0 FROM "service"',
        *(uuid4(), center, per_consultant),
    )


async def codes_for(centers: Sequence[UUID], now: datetime) -> list[str]:
    """A kiosk for each of them, to be paired by its code."""
    return [
        await make_pairing_code(await make_kiosk(f"Módulo {place}", center), None, now)
        for place, center in enumerate(centers, start=1)
    ]
