"""``python -m tests.bench``: take every figure, print the table, and fail when a promise is not kept."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter

import uvloop

from tests.bench.agenda import measure_agenda
from tests.bench.booking import measure_booking
from tests.bench.desk import measure_desk
from tests.bench.exchanges import measure_exchanges
from tests.bench.figure import Figure
from tests.bench.ground import Ground
from tests.bench.kiosks import measure_kiosks
from tests.bench.memory import measure_memory
from tests.bench.month import measure_month
from tests.bench.register import measure_register
from tests.bench.reminders import measure_reminders
from tests.bench.report import machine, report
from tests.bench.rushes import measure_rush
from tests.bench.slips import measure_slips
from tests.bench.walks import measure_walks
from tests.imports import CHECKOUT

Part = Callable[..., Awaitable[list[Figure]]]

PARTS: dict[str, Part] = {
    "rush": measure_rush,
    "walks": measure_walks,
    "month": measure_month,
    "booking": measure_booking,
    "agenda": measure_agenda,
    "slips": measure_slips,
    "kiosks": measure_kiosks,
    "exchanges": measure_exchanges,
    "desk": measure_desk,
    "register": measure_register,
    "memory": measure_memory,
    "reminders": measure_reminders,
}


def main() -> int:
    """Measure; 0 when every promise is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="take this part alone (may be repeated)")
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that it works")
    parser.add_argument("--into", type=Path, default=CHECKOUT / "var" / "bench", help="folder of the results")
    typed = parser.parse_args()
    facts = machine()
    figures = uvloop.run(_measure(typed.only or list(PARTS), quick=typed.quick))
    report(figures, facts, typed.into)
    return 0 if all(figure.ok is not False for figure in figures) else 1


async def _measure(parts: list[str], *, quick: bool) -> list[Figure]:
    figures = []
    async with Ground() as ground:
        for part in parts:
            began = perf_counter()
            print(f"{part} …", end=" ", flush=True)
            figures += await PARTS[part](ground, quick=quick)
            print(f"{perf_counter() - began:.0f} s", flush=True)
    return figures


if __name__ == "__main__":
    sys.exit(main())
