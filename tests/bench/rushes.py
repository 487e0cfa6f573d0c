"""The rush for one seat, over HTTP, with 500 citizens and two workers, on both engines."""

from __future__ import annotations

from time import perf_counter

from portal.clock import utc_now
from tests.bench.figure import Figure
from tests.bench.ground import ENGINES, Engine, Ground, in_use
from tests.bench.rush import Outcome, rush_to_confirm, rush_to_hold, single_out_seat

_CITIZENS = 500


async def measure_rush(ground: Ground, *, quick: bool) -> list[Figure]:
    """Once for the hold and the walk that follows it, once for a confirmation when every hold has run out."""
    figures = []
    for engine in ENGINES:
        figures += await _measure(ground, engine, 100 if quick else _CITIZENS)
    return figures


async def _measure(ground: Ground, engine: Engine, citizens: int) -> list[Figure]:
    url = await ground.fresh_database(engine)
    figures = []
    with ground.portal(url) as portal:
        async with in_use(url):
            for name, rush in (("hold it at once", rush_to_hold), ("confirm it at once", rush_to_confirm)):
                seat = await single_out_seat(utc_now())
                began = perf_counter()
                outcome = await rush(portal.port, seat, citizens)
                figures.append(_figure(engine, f"{citizens} {name}", outcome, perf_counter() - began))
    return figures


def _figure(engine: Engine, what: str, outcome: Outcome, seconds: float) -> Figure:
    got = f"{outcome.citas} cita, {outcome.told} told, {outcome.faults} faults ({seconds:.1f} s)"
    wanted = f"1 cita, {outcome.citizens - 1} told, 0 faults"
    return Figure(f"rush, {engine}", what, wanted, got, outcome.is_right)
