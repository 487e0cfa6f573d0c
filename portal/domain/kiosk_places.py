"""Where a kiosk's sale belongs. A portal that was restored may have forgotten the seat, or the people: what was printed
comes in all the same (ARCHITECTURE, rules 6 and 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.epochs import current_epoch
from portal.domain.errors import NotOffered
from portal.domain.exchange import Cancellation, Deed, Move, Sale
from portal.domain.modality import Modality
from portal.domain.schedule import lock_schedule
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Place:
    """What a cita is for. ``seat`` is the row that it may take, None when there is none; ``is_known``: it is the very
    row that was lent. Times are UTC.
    """

    seat: UUID | None
    service: UUID
    consultant: UUID
    starts_at: datetime
    ends_at: datetime
    is_open: bool = True
    is_known: bool = False


async def find_place(center: UUID, sale: Sale, *, forgotten: bool) -> Place:
    """The place of a sale: its own seat; or one that was opened anew for the same time; or its own, opened again; or
    none. All but the first for a portal that was restored once, or that need not know the lease (``forgotten``).

    Raises NotOffered for a seat of another sede, and for one that was never lent.
    """
    rows = await fetch(f'{_SEAT} WHERE "id" = {{}}', sale.seat)
    if rows and rows[0]["center"] == center:
        return _place(rows[0], is_known=True)
    services = await fetch('SELECT "id", "minutes" FROM "service" WHERE "code" = {}', sale.service)
    if rows or not services or not (forgotten or await _was_restored()):
        raise NotOffered
    service = services[0]["id"]
    ends_at = sale.ends_at or sale.starts_at + timedelta(minutes=services[0]["minutes"])
    if sale.consultant is None or not await _attends(sale.consultant, center):
        named = sale.consultant or await _somebody_of(center, sale.sold_by)
        return Place(None, service, named, sale.starts_at, ends_at)
    await lock_schedule([sale.consultant])
    across = await fetch(
        f'{_SEAT} WHERE "consultant" = {{}} AND "starts_at" < {{}} AND "ends_at" > {{}} '
        'AND ("is_open" OR "appointment" IS NOT NULL OR "kiosk" IS NOT NULL) ORDER BY "starts_at", "id"',
        *(sale.consultant, ends_at, sale.starts_at),
    )
    for row in across:
        if (row["center"], row["service"], row["starts_at"]) == (center, service, sale.starts_at):
            return _place(row, is_known=False)
    place = Place(None if across else sale.seat, service, sale.consultant, sale.starts_at, ends_at)
    if place.seat is not None:
        await _open(place, center, Modality(sale.modality))
    return place


_SEAT: Final = 'SELECT "id", "center", "service", "consultant", "starts_at", "ends_at", "is_open" FROM "seat"'


def _place(row: Row, *, is_known: bool) -> Place:
    return Place(
        row["id"],
        row["service"],
        row["consultant"],
        row["starts_at"],
        row["ends_at"],
        is_open=bool(row["is_open"]),
        is_known=is_known,
    )


async def _was_restored() -> bool:
    """Once at least: then kiosks may know what this portal does not."""
    return await current_epoch() > 1


async def _attends(consultant: UUID, center: UUID) -> bool:
    return bool(
        await fetch('SELECT "id" FROM "staff" WHERE "id" = {} AND "active" AND "center" = {}', *(consultant, center))
    )


async def _somebody_of(center: UUID, seller: UUID) -> UUID:
    """Who is named on a cita whose kiosk did not tell its consultor, until somebody finds it a seat."""
    rows = await fetch(
        'SELECT "id" FROM "staff" WHERE "center" = {} AND "active" AND "role" = {} ORDER BY "username" LIMIT 1',
        *(center, Role.CONSULTANT.value),
    )
    somebody: UUID = rows[0]["id"] if rows else seller
    return somebody


async def _open(place: Place, center: UUID, modality: Modality) -> None:
    """The seat that was sold. Once it is free again, the calendar closes it unless it is due."""
    [others] = await fetch(
        'SELECT COALESCE(max("number"), 0) AS "last" FROM "seat" WHERE "consultant" = {} AND "starts_at" = {}',
        *(place.consultant, place.starts_at),
    )
    allows = [modality is each for each in (Modality.VIRTUAL, Modality.IN_PERSON, Modality.PHONE)]
    await fetch(
        'INSERT INTO "seat" ("id", "center", "service", "consultant", "day", "starts_at", "ends_at", "number", '
        '"allows_virtual", "allows_in_person", "allows_phone", "is_open", "hold_extensions") '
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0)",
        *(place.seat, center, place.service, place.consultant, local_day(place.starts_at), place.starts_at),
        *(place.ends_at, int(others["last"]) + 1, *allows, True),
    )


async def recognise_people(deed: Deed, *, forgotten: bool) -> None:
    """Whoever a deed names and a restored portal does not know any more: a row under their id, who may not sign in."""
    named: set[UUID | None] = set()
    match deed:
        case Sale() as sale:
            named = {sale.sold_by, sale.consultant}
        case Move() as move:
            named = {move.sale.sold_by, move.sale.consultant}
        case Cancellation() as cancellation:
            named = {cancellation.cancelled_by}
        case _:
            pass
    for person in named:
        if person is None or await fetch('SELECT "id" FROM "staff" WHERE "id" = {}', person):
            continue
        if forgotten or await _was_restored():
            await fetch(
                'INSERT INTO "staff" ("id", "username", "name", "role", "center", "email", "meet_link", "active", '
                "\"schedule_version\") VALUES ({}, {}, {}, {}, NULL, '', '', {}, 0) ON CONFLICT (\"id\") DO NOTHING",
                *(person, person.hex, person.hex[:8], Role.CONSULTANT.value, False),
            )
