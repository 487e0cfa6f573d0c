"""Thirty kiosks and one portal: how many exchanges it takes, and what they cost the citizens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter

from portal.clock import utc_now
from portal.database.node import fetch
from portal.domain.spanish_dates import local_day
from tests.bench.crowd import Crowd, crowd_at
from tests.bench.figure import Figure, at_most, told
from tests.bench.filling import fill_seats
from tests.bench.ground import Ground, in_use
from tests.bench.light_kiosk import LightKiosk
from tests.bench.load import Load, drive
from tests.bench.own_time import processor_seconds
from tests.bench.sedes import codes_for, next_day_with_seats, open_sede, seats_of
from tests.bench.visitor import Visitor
from tests.bench.walk import Walk

_KIOSKS = 30  # two at each sede
_CONSULTANTS = 10
_AT_ONCE = 32
_PACE_SECONDS = 5.0
_EXCHANGES_A_SALE = 6  # one booking in half a minute, at all desks at once
_WANTED_COST = 10.0
_FIRST_PERSON, _PEOPLE_EACH = 50_000_000, 100_000


async def measure_kiosks(ground: Ground, *, quick: bool) -> list[Figure]:
    """Two portals on PostgreSQL, two workers each, whose databases began alike: one has 30 kiosks, the other none.

    Citizens walk at both in turn, 32 at a time. Meanwhile the kiosks come to theirs one after the other, each every
    five seconds, and with a sale every half minute, as fast as a desk sells.

    Kiosks come by the clock, so that a neighbour who takes half of the machine would double what they cost. So the cost
    is taken in processor time: the pages that an exchange stands for, against those that all cores serve in a second.
    """
    alone = await _database_with_sedes(ground)
    together = await ground.copy(alone)
    fast, paced = Load[None](), Load[None]()
    without, beside = _Served(), _Served()
    async with AsyncExitStack() as stack:
        quiet = await _portal_with_crowd(stack, ground, alone)
        busy = await _portal_with_crowd(stack, ground, together)
        kiosks = await stack.enter_async_context(_paired(busy.port))
        await drive(Load[None](), lambda place: _sell_and_tell(kiosks[place]), at_once=_KIOSKS, seconds=1)
        await drive(fast, lambda place: _sell_and_tell(kiosks[place]), at_once=_KIOSKS, seconds=2 if quick else 8)
        coming, seconds = _in_turn(kiosks), 1.5 if quick else 2.5
        for place in range(4 if quick else 24):
            turns = [quiet.serve(without, seconds), busy.serve(beside, seconds, _come(coming, paced, seconds))]
            for turn in turns if place % 2 else reversed(turns):
                await turn
    pages_of_one = (without.per_processor_second * beside.processor_seconds - beside.pages) / len(paced.results)
    pages_of_all_cores = without.per_processor_second * (os.cpu_count() or 1)
    return [
        at_most(
            "kiosks",
            "cost to citizens' pages/s of 30 kiosks, an exchange each 5 s, a sale each 30 s",
            100 * pages_of_one * _KIOSKS / _PACE_SECONDS / pages_of_all_cores,
            _WANTED_COST,
            " %",
        ),
        told("kiosks", "one of these exchanges costs as much as", pages_of_one, "pages"),
        told("kiosks", "pages that all cores serve", pages_of_all_cores, "/s"),
        told("kiosks", "pages meanwhile by the clock, without kiosks", without.per_second, "/s"),
        told("kiosks", "pages meanwhile by the clock, beside kiosks", beside.per_second, "/s"),
        told("kiosks", "p99 of an exchange meanwhile", paced.percentile_ms(0.99), "ms"),
        told("kiosks", "exchanges with a sale, as fast as 30 kiosks can", fast.per_second, "/s"),
        told("kiosks", "p50 of these", fast.percentile_ms(0.5), "ms"),
        told("kiosks", "p99 of these", fast.percentile_ms(0.99), "ms"),
    ]


@dataclass(slots=True)
class _Served:
    """What citizens were served in all windows of a kind, and what that took."""

    pages: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.pages / self.seconds

    @property
    def per_processor_second(self) -> float:
        return self.pages / self.processor_seconds


async def _database_with_sedes(ground: Ground) -> str:
    """Fourteen more sedes with ten consultores each; of today's and tomorrow's seats three in five are taken."""
    url = await ground.fresh_database("postgresql")
    now = utc_now()
    async with in_use(url):
        taken = []
        for number in range(1, _KIOSKS // 2):
            sede = await open_sede(number, _CONSULTANTS, now)
            seats = await seats_of(sede.id, local_day(now), await next_day_with_seats(sede.id, now))
            taken += seats[: len(seats) * 3 // 5]
        await fill_seats(url, taken, now)
    return url


class _Portal:
    """A portal with citizens in front of it."""

    def __init__(self, port: int, crowd: Crowd) -> None:
        self.port = port
        self._crowd = crowd

    async def serve(self, served: _Served, seconds: float, others: Awaitable[None] | None = None) -> None:
        """A window: citizens walk, and ``others`` come beside them."""
        walks = Load[tuple[Visitor, Walk]]()
        used = processor_seconds()
        if others is None:
            await self._crowd.drive_walks(walks, seconds)
        else:
            await asyncio.gather(self._crowd.drive_walks(walks, seconds), others)
        served.processor_seconds += processor_seconds() - used
        served.pages += sum(walk.requests for _, walk in walks.results)
        served.seconds += walks.seconds


async def _portal_with_crowd(stack: AsyncExitStack, ground: Ground, url: str) -> _Portal:
    portal = stack.enter_context(ground.portal(url, CITAS_LIMIT_PAIRINGS_PER_ORIGIN=str(2 * _KIOSKS)))
    await stack.enter_async_context(in_use(url))
    crowd = await stack.enter_async_context(crowd_at(portal.port, _AT_ONCE, workers=2))
    opened = _Portal(portal.port, crowd)
    await opened.serve(_Served(), 2.0)
    return opened


@asynccontextmanager
async def _paired(port: int) -> AsyncIterator[list[LightKiosk]]:
    """Kiosks of the sedes of the current node's database, which is the portal's; each has had its first exchange."""
    rows = await fetch(
        'SELECT "center"."id", (SELECT "staff"."id" FROM "staff" WHERE "staff"."center" = "center"."id" LIMIT 1) '
        'AS "seller" FROM "center" ORDER BY "center"."name"'
    )
    sedes = [row for row in rows for _ in range(2)]
    codes = await codes_for([sede["id"] for sede in sedes], utc_now())
    kiosks = []
    try:
        for place, (sede, code) in enumerate(zip(sedes, codes, strict=True)):
            first = _FIRST_PERSON + place * _PEOPLE_EACH
            kiosks.append(await LightKiosk.pair(f"http://127.0.0.1:{port}", code, sede["seller"], first))
        for kiosk in kiosks:  # when all are there: they share what is lent
            await kiosk.exchange()
        yield kiosks
    finally:
        for kiosk in kiosks:
            await kiosk.line.close()


async def _sell_and_tell(kiosk: LightKiosk) -> None:
    kiosk.sell()
    await kiosk.exchange()


def _in_turn(kiosks: list[LightKiosk]) -> Iterator[LightKiosk]:
    """One after the other for ever; who is next has sold something once in every six turns, not all in the same."""
    for place, kiosk in enumerate(cycle(kiosks)):
        if (place + place // len(kiosks)) % _EXCHANGES_A_SALE == 0:
            kiosk.sell()
        yield kiosk


async def _come(coming: Iterator[LightKiosk], load: Load[None], seconds: float) -> None:
    """Let one kiosk after the other come, at an even pace, each once in five seconds."""
    began, pause = perf_counter(), _PACE_SECONDS / _KIOSKS

    async def come(kiosk: LightKiosk) -> None:
        start = perf_counter()
        await kiosk.exchange()
        load.results.append(None)
        load.durations.append(perf_counter() - start)

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds / pause)):
            await asyncio.sleep(max(0.0, began + number * pause - perf_counter()))
            group.create_task(come(next(coming)))
    load.seconds += perf_counter() - began
