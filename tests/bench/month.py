"""A month of times, with few and with many citas in the database."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta

from portal.clock import utc_now
from portal.domain.spanish_dates import local_day
from tests.bench.crowd import Crowd, crowd_at
from tests.bench.figure import Figure, at_least, at_most, told
from tests.bench.filling import fill
from tests.bench.ground import ENGINES, Engine, Ground, in_use
from tests.bench.load import Load

_CONNECTIONS = 64
_FEW, _MANY = 2_000, 200_000
_WANTED = 0.9
_WANTED_P99 = 2.0


async def measure_month(ground: Ground, *, quick: bool) -> list[Figure]:
    """64 connections look at next month; the portals with few and with many citas take turns."""
    figures = []
    for engine in ENGINES:
        figures += await _measure(ground, engine, quick=quick)
    return figures


async def _measure(ground: Ground, engine: Engine, *, quick: bool) -> list[Figure]:
    rounds, seconds = (2, 1.0) if quick else (10, 1.0)  # short turns, so that a busy neighbour disturbs all alike
    bare, few, many = Load[int](), Load[int](), Load[int]()
    async with AsyncExitStack() as stack:
        databases = [await _database_with(ground, engine, citas) for citas in (_FEW, _MANY)]
        crowd_few, crowd_many = [await _crowd_before(stack, ground, url) for url in databases]
        month = f"/reservar?mes={(local_day(utc_now()).replace(day=1) + timedelta(days=32)):%Y-%m}"
        path = await crowd_few.bare_page(await crowd_few.look(0, month))
        for crowd, page in ((crowd_few, path), (crowd_few, month), (crowd_many, month)):
            await crowd.drive_looks(Load[int](), page, 1.0)
        for _ in range(rounds):
            await crowd_few.drive_looks(bare, path, seconds)
            await crowd_few.drive_looks(few, month, seconds)
            await crowd_many.drive_looks(many, month, seconds)
    name = f"month, {engine}"
    slowest = bare.percentile_ms(0.99)
    return [
        at_least(name, "pages/s with 200,000 citas for each with 2,000", many.per_second / few.per_second, _WANTED),
        at_most(name, "p99 with 2,000 for the bare page's", few.percentile_ms(0.99) / slowest, _WANTED_P99),
        at_most(name, "p99 with 200,000 for the bare page's", many.percentile_ms(0.99) / slowest, _WANTED_P99),
        told(name, "pages with 2,000 citas", few.per_second, "/s"),
        told(name, "pages with 200,000 citas", many.per_second, "/s"),
        told(name, f"bare pages of {bare.results[0] / 1024:.1f} KiB", bare.per_second, "/s"),
        told(name, "p99 of the bare page", slowest, "ms"),
        told(name, "p99 with 200,000 citas", many.percentile_ms(0.99), "ms"),
    ]


async def _database_with(ground: Ground, engine: Engine, citas: int) -> str:
    url = await ground.fresh_database(engine)
    async with in_use(url):
        await fill(url, citas, utc_now())
    return url


async def _crowd_before(stack: AsyncExitStack, ground: Ground, url: str) -> Crowd:
    portal = stack.enter_context(ground.portal(url))
    await stack.enter_async_context(in_use(url))
    crowd = await stack.enter_async_context(crowd_at(portal.port, _CONNECTIONS, workers=2))
    await crowd.walk(0)  # for the cookies of somebody who has been here before
    return crowd
