"""What a whole installation takes of the machine's memory, after it has served, printed and mailed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from portal.database.node import fetch
from tests.bench.crowd import crowd_at
from tests.bench.figure import Figure, at_most, told
from tests.bench.ground import Ground, in_use
from tests.bench.load import Load
from tests.bench.visitor import Visitor
from tests.bench.walk import Astray, Walk
from tests.running_portal import RUN, RunningPortal

_AT_ONCE = 8
_WANTED_MEGABYTES = 400.0
_MAIL_SECONDS = 120
_PAGE_SIZE_KIB = 1024


@dataclass(frozen=True, slots=True)
class Share:
    """A process and its proportional share of memory (PSS): pages that several use are divided among them."""

    name: str
    mebibytes: float


async def measure_memory(ground: Ground, *, quick: bool) -> list[Figure]:
    """``citas run`` with its default settings: walks, slips and mails, then every process of it."""
    seconds, slips = (3.0, 10) if quick else (8.0, 50)
    portal = RunningPortal(ground.folder / "run", settings={"CITAS_TRUSTED_PROXIES": "127.0.0.1/32"}, command=RUN)
    try:
        portal.wait_until_ready()
        async with in_use(f"sqlite:///{portal.data / 'portal.db'}"), crowd_at(portal.port, _AT_ONCE) as crowd:
            walks = Load[tuple[Visitor, Walk]]()
            await crowd.drive_walks(walks, seconds)
            for visitor, walk in walks.results[-slips:]:
                await _download(visitor, walk.code)
            mails = await _wait_for_mails()
        shares = _shares(portal.process.pid)
    finally:
        portal.stop()
    together = sum(share.mebibytes for share in shares)
    served = f"after {len(walks.results)} walks, {slips} PDFs, {mails} mails"
    return [
        at_most("memory", f"PSS of the whole run, {served}", together, _WANTED_MEGABYTES, " MiB"),
        *(told("memory", f"of it: {share.name}", share.mebibytes, "MiB") for share in shares),
    ]


async def _download(visitor: Visitor, code: str) -> None:
    slip = await visitor.get(f"/citas/{code}/constancia.pdf")
    if not slip.body.startswith(b"%PDF"):
        raise Astray(f"no slip: {slip.status} {slip.text[:200]}")


async def _wait_for_mails() -> int:
    """How many mails have left; waits until none is waiting any more. Raises Astray after two minutes."""
    deadline = monotonic() + _MAIL_SECONDS
    while monotonic() < deadline:
        rows = await fetch('SELECT "state", count(*) AS "number" FROM "outbox_message" GROUP BY "state"')
        numbers = {row["state"]: row["number"] for row in rows}
        if not numbers.keys() & {"queued", "sending"}:
            return int(numbers.get("sent", 0))
        await asyncio.sleep(0.5)
    raise Astray("the mails do not leave")


def _shares(pid: int) -> list[Share]:
    """Each process of a tree of processes, the first one first."""
    shares = []
    waiting = [pid]
    while waiting:
        process = Path("/proc") / str(waiting.pop(0))
        rollup = (process / "smaps_rollup").read_text().splitlines()
        kibibytes = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        shares.append(Share(_name_of(process), kibibytes / _PAGE_SIZE_KIB))
        waiting += [
            int(child) for task in (process / "task").iterdir() for child in (task / "children").read_text().split()
        ]
    return shares


def _name_of(process: Path) -> str:
    words = (process / "cmdline").read_bytes().decode()
    if "forkserver" in words:
        return "fork server, and what it made for PDFs"
    return "multiprocessing's tracker" if "resource_tracker" in words else "citas run, and its granian worker"
