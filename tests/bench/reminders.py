"""Reminders of 50,000 citas of tomorrow, queued in one pass: how long it takes, and that there is one of each.

Both engines; the promise is PostgreSQL's. The pass is what the worker does: batches, each a transaction on disk.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from time import perf_counter

from portal.clock import utc_now
from portal.database.node import fetch
from portal.domain.reminders import remind_batch
from portal.domain.rules import BookingRules
from portal.domain.spanish_dates import LIMA, local_day
from tests.bench.figure import Figure, at_most, told
from tests.bench.filling import fill_tomorrow
from tests.bench.ground import ENGINES, Ground, in_use

_CITAS = 50_000
_WANTED_SECONDS = 60.0
_RULES = BookingRules()


async def measure_reminders(ground: Ground, *, quick: bool) -> list[Figure]:
    """One pass at the hour of the rules; then the count of what it wrote."""
    number = 5_000 if quick else _CITAS
    now = datetime.combine(local_day(utc_now()), time(_RULES.reminder_hour), LIMA).astimezone(UTC)
    figures = []
    for engine in ENGINES:
        url = await ground.fresh_database(engine)
        async with in_use(url):
            await fill_tomorrow(url, number, now)
            began = perf_counter()
            reminded, longest = await _remind_all(now)
            took = perf_counter() - began
            await _check(number, reminded)
        if engine == "postgresql":
            what = f"one pass over {number:,} citas of tomorrow on PostgreSQL"
            figures.append(at_most("reminders", what, took, _WANTED_SECONDS, " s"))
        figures.append(told("reminders", f"reminders queued on {engine}", number / took, "/s"))
        figures.append(told("reminders", f"longest batch on {engine}", 1000 * longest, "ms"))
    return figures


async def _remind_all(now: datetime) -> tuple[int, float]:
    """How many citas, and the seconds of the longest batch."""
    reminded, longest = 0, 0.0
    while True:
        began = perf_counter()
        batch = await remind_batch(now, _RULES)
        if not batch:
            return reminded, longest
        reminded, longest = reminded + batch, max(longest, perf_counter() - began)


async def _check(number: int, reminded: int) -> None:
    """Raises RuntimeError when there is not one message, one notice and one event for each cita."""
    counts = [reminded]
    for table, kind in (("outbox_message", "reminder"), ("notice", "reminder"), ("appointment_event", "reminded")):
        rows = await fetch(
            f'SELECT count(*) AS "all", count(DISTINCT "appointment") AS "citas" FROM "{table}" WHERE "kind" = {{}}',
            kind,
        )
        counts += [rows[0]["all"], rows[0]["citas"]]
    if set(counts) != {number}:
        raise RuntimeError(f"of {number} citas: {counts}")
