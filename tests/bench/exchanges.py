"""The largest exchanges of one kiosk: its first one at a large sede, and the one after a day without network."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime, time, timedelta
from time import perf_counter
from uuid import UUID, uuid4

from kiosk.selling import Order, sell, soonest
from kiosk.sync import Sync
from portal.clock import utc_now
from portal.database.node import Node, fetch, use_node
from portal.documents.slip import Paper
from portal.domain.modality import Modality
from portal.domain.people import Consent
from portal.domain.privacy import PRIVACY_VERSION
from portal.domain.spanish_dates import LIMA, local_day
from tests.bench.figure import Figure, at_most, told
from tests.bench.filling import fill_seats
from tests.bench.ground import ENGINES, Engine, Ground, in_use
from tests.bench.sedes import Sede, codes_for, lend, next_day_with_seats, open_sede
from tests.bench.walk import Astray
from tests.bench.whole_kiosk import whole_kiosk
from tests.people import citizen_number

_CONSULTANTS = 20
_LENT = 3  # of each consultor and day
_OFFLINE = timedelta(hours=8)
_BOOKINGS = 300
_OTHERS = 20_000_000  # of the people's numbers: not those who have a cita already
_WANTED_FIRST, _WANTED_KILOBYTES, _WANTED_LONG = 2.0, 300.0, 5.0


async def measure_exchanges(ground: Ground, *, quick: bool) -> list[Figure]:
    """A kiosk with its own encrypted file, over HTTP, with a portal on either engine."""
    figures = []
    for engine in ENGINES:
        figures += await _measure(ground, engine, 30 if quick else _BOOKINGS)
    return figures


async def _measure(ground: Ground, engine: Engine, bookings: int) -> list[Figure]:
    url = await ground.fresh_database(engine)
    async with AsyncExitStack() as stack:
        portal_node = await stack.enter_async_context(in_use(url))
        now = utc_now()
        sede = await open_sede(1, _CONSULTANTS, now)
        await lend(sede.id, _LENT)
        citas = await _fill_two_days(url, sede, now)
        [code] = await codes_for([sede.id], now)
        portal = stack.enter_context(ground.portal(url))
        kiosk = await stack.enter_async_context(whole_kiosk(ground.folder / f"kiosk-{engine}", portal.url, code))
        first = await _time_exchange(kiosk.sync)
        kilobytes, travelled = kiosk.scales.unfolded / 1000, kiosk.scales.travelled / 1000
        leases = await fetch('SELECT "id" FROM "known_lease" WHERE "state" = \'held\'')
        selling = await _sell_offline(min(bookings, len(leases)), sede.consultants[0], utc_now() - _OFFLINE)
        long = await _time_exchange(kiosk.sync)
        await _expect_in_order(portal_node, min(bookings, len(leases)))
    name = f"exchange, {engine}"
    what = f"first exchange: {_CONSULTANTS} consultores, {citas} citas, {len(leases)} leases"
    return [
        at_most(name, what, first, _WANTED_FIRST, " s"),
        at_most(name, "its answer, unfolded", kilobytes, _WANTED_KILOBYTES, " KB"),
        told(name, "its answer, as it travels", travelled, "KB"),
        at_most(name, f"exchange after 8 hours and {bookings} bookings offline", long, _WANTED_LONG, " s"),
        told(name, "these bookings at the kiosk, without their slips", bookings / selling, "/s"),
    ]


async def _fill_two_days(url: str, sede: Sede, now: datetime) -> int:
    """Every time of today and the next working day has its cita, as if all had been sold; returns how many."""
    [service] = await fetch('SELECT "id" FROM "service" LIMIT 1')
    seats = []
    for day in (local_day(now), await next_day_with_seats(sede.id, now)):
        opens = datetime.combine(day, time(8, 30), LIMA).astimezone(UTC)
        for place in range(16):
            starts_at = opens + timedelta(minutes=30 * place)
            seats += [
                {
                    "id": None,
                    "center": sede.id,
                    "service": service["id"],
                    "consultant": consultant,
                    "starts_at": starts_at,
                    "ends_at": starts_at + timedelta(minutes=30),
                }
                for consultant in sede.consultants
            ]
    await fill_seats(url, seats, now)
    return len(seats)


async def _time_exchange(sync: Sync) -> float:
    """How long it takes from the request, as it is written, to the answer, as it is kept. Raises Astray."""
    began = perf_counter()
    if await sync.exchange() is None:
        raise Astray("the portal did not answer the kiosk")
    return perf_counter() - began


async def _sell_offline(number: int, sells_as: UUID, began_at: datetime) -> float:
    """Sell that many of the places at hand, evenly over eight hours; returns how many seconds it really took."""
    began = perf_counter()
    for place in range(number):
        now = began_at + place * _OFFLINE / number
        [slot] = await soonest("bolsa", Modality.IN_PERSON, now, 1)
        consent = Consent(PRIVACY_VERSION, now)
        await sell(Order(uuid4().hex, slot.key, citizen_number(_OTHERS + place), consent, sells_as), now, Paper.TICKET)
    return perf_counter() - began


async def _expect_in_order(portal: Node, number: int) -> None:
    """Raises Astray unless all of them are booked on the seats they were sold on, one entry after the other."""
    with use_node(portal):
        rows = await fetch(
            'SELECT "kiosk_entry"."made_at", "kiosk_entry"."outcome", "seat"."appointment" = "appointment"."id" '
            'AS "seated" FROM "kiosk_entry" JOIN "appointment" ON "appointment"."id" = "kiosk_entry"."appointment" '
            'LEFT JOIN "seat" ON "seat"."id" = "appointment"."seat" ORDER BY "kiosk_entry"."number"'
        )
    made = [row["made_at"] for row in rows]
    seated = all(row["outcome"] == "applied" and row["seated"] for row in rows)
    if len(rows) != number or made != sorted(made) or not seated:
        raise Astray(f"{len(rows)} of {number} bookings were applied, or not all as they were sold")
