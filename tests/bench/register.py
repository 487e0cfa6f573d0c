"""A year of the register as files: how long they take, how much memory, and whether the worker's loop stays free."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from uuid import UUID

from portal.clock import utc_now
from portal.database.node import fetch, transactional
from portal.domain.exports import ExportKind, ask_for_export, read_export
from portal.domain.register import read_page
from portal.domain.register_filter import RegisterFilter
from portal.domain.register_sums import count_citas, count_up_to
from portal.domain.vocabulary import State
from portal.exports.making import SMALL
from portal.exports.running import make_due_exports
from portal.settings import read_settings
from tests.bench.figure import Figure, at_most, told
from tests.bench.filling import fill
from tests.bench.ground import ENGINES, Engine, Ground, in_use

_ROWS, _QUICK_ROWS = 200_000, 20_000
_GROWTH_MIB = 24.0
_LAG_MS = 10.0
_PAGE_MS = 50.0
_PAGES = 20
_KIB = 1024
_LOOK_SECONDS = 0.002
ALL = RegisterFilter(date(2000, 1, 1), date(2150, 1, 1))


@dataclass(slots=True)
class Watch:
    """What was seen while a file was made. ``peak`` is the most memory of the process that made it, in MiB."""

    seconds: float = 0.0
    peak: float = 0.0
    lags: list[float] = field(default_factory=list)

    @property
    def lag_ms(self) -> float:
        """The 99th of a hundred turns of the loop came so much too late."""
        return sorted(self.lags)[len(self.lags) * 99 // 100] * 1000


async def measure_register(ground: Ground, *, quick: bool) -> list[Figure]:
    """Files of few and of all rows on both engines, and pages in the middle of them."""
    figures = []
    for engine in ENGINES:
        figures += await _measure(ground, engine, _QUICK_ROWS if quick else _ROWS)
    return figures


async def _measure(ground: Ground, engine: Engine, rows: int) -> list[Figure]:
    name, url = f"register, {engine}", await ground.fresh_database(engine)
    folder = ground.folder / f"register-{engine}"
    async with in_use(url):
        await fill(url, rows, utc_now())
        await _attend()
        total = await count_citas(ALL)
        few = await _few_days()
        figures = []
        for kind in ExportKind:
            small = await _make(url, folder, kind, few)
            large = await _make(url, folder, kind, ALL)
            figures += [
                at_most(
                    name,
                    f"{kind} of {total:,} rows: memory more than of few",
                    large.peak - small.peak,
                    _GROWTH_MIB,
                    " MiB",
                ),
                at_most(name, f"{kind}: lag of the worker's loop, p99", large.lag_ms, _LAG_MS, " ms"),
                told(name, f"{kind}: peak of the process", large.peak, "MiB"),
                told(name, f"{kind}: time", large.seconds, "s"),
            ]
        return [*figures, at_most(name, "a page in the middle, and its count", await _page_ms(), _PAGE_MS, " ms")]


async def _make(url: str, folder: Path, kind: ExportKind, chosen: RegisterFilter) -> Watch:
    """Ask for a file and let the worker make it, as it does in an installation."""
    settings = read_settings(data=folder, DATABASE_URL=url, worker=False)
    (staff,) = await fetch('SELECT "id" FROM "staff" LIMIT 1')
    await fetch('UPDATE "staff" SET "role" = \'administrator\' WHERE "id" = {}', staff["id"])
    job = await ask_for_export(staff["id"], kind, chosen, await count_citas(chosen), utc_now())
    watch, began = Watch(), perf_counter()
    watching = asyncio.create_task(_watch(watch, job))
    await make_due_exports(settings, utc_now, asyncio.Event())
    watch.seconds = perf_counter() - began
    watching.cancel()
    made = await read_export(job)
    if made is None or made.rows_done != await count_citas(chosen):
        raise RuntimeError(f"the file was not made: {made}")
    return watch


async def _watch(watch: Watch, job: UUID) -> None:
    pid = None
    while True:
        before = perf_counter()
        await asyncio.sleep(_LOOK_SECONDS)
        watch.lags.append(perf_counter() - before - _LOOK_SECONDS)
        pid = pid or _process_of(job)
        if pid is not None:
            watch.peak = max(watch.peak, _peak_of(pid))


def _process_of(job: UUID) -> int | None:
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            with suppress(OSError):
                if str(job) in Path(f"/proc/{child}/cmdline").read_text():
                    return int(child)
    return None


def _peak_of(pid: int) -> float:
    """The most memory that a process has had, in MiB; 0 when it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / _KIB
    return 0.0


async def _page_ms() -> float:
    """The slowest of some pages from the middle on, with the count that stands above each."""
    (middle,) = await fetch('SELECT "id" FROM "appointment" ORDER BY "starts_at" LIMIT 1 OFFSET 10000')
    older, slowest = middle["id"], 0.0
    for _ in range(_PAGES):
        began = perf_counter()
        page = await read_page(ALL, 50, older_than=older)
        await count_up_to(ALL, SMALL + 1)
        slowest = max(slowest, perf_counter() - began)
        older = page.rows[-1].id
    return slowest * 1000


async def _few_days() -> RegisterFilter:
    """The last days of the past, some hundred rows."""
    (row,) = await fetch(
        'SELECT "starts_at" FROM "appointment" WHERE "state" = {} ORDER BY "starts_at" DESC LIMIT 1 OFFSET 300',
        State.ATTENDED.value,
    )
    return RegisterFilter(row["starts_at"].date(), utc_now().date())


@transactional
async def _attend() -> None:
    """Write down what an attention writes down, of each cita that came to its end."""
    ended = "\"state\" IN ('attended', 'abandoned', 'not_held')"
    await fetch(f'UPDATE "appointment" SET "invited_at" = "starts_at" WHERE {ended}')
    await fetch(
        'UPDATE "appointment" SET "started_at" = "starts_at", "finished_at" = "ends_at" WHERE "state" = \'attended\''
    )
    await fetch(
        'INSERT INTO "attention" ("appointment", "attended_by", "channel", "topics", "notes", "observations", '
        '"revision", "motive", "doubtful", "updated_at") SELECT "id", "consultant", \'\', '
        "'[\"account\", \"search\"]', 'Busca trabajo de almacén', 'Se le orientó sobre su cuenta', 0, '', {}, "
        f'"starts_at" FROM "appointment" WHERE {ended}',
        False,
    )
    await fetch(
        'INSERT INTO "contact_attempt" ("id", "appointment", "staff", "channel", "outcome", "note", "at") '
        'SELECT "id", "id", "consultant", \'phone\', \'no_answer\', \'\', "starts_at" FROM "appointment" '
        "WHERE \"state\" = 'abandoned'"
    )
