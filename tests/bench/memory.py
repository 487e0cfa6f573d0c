"""What a whole installation takes of the machine's memory, after it has served, printed and mailed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

from portal.database.node import fetch
from tests.bench.connection import Connection
from tests.bench.crowd import crowd_at
from tests.bench.desk import Desk
from tests.bench.figure import Figure, at_most, told
from tests.bench.ground import Ground, in_use
from tests.bench.load import Load
from tests.bench.visitor import Visitor
from tests.bench.walk import Astray, Walk
from tests.running_portal import RUN, RunningPortal

_AT_ONCE = 8
_WANTED_MEGABYTES = 400.0
_MAIL_SECONDS = 120
_REST_SECONDS = 75  # the processes that make PDFs have gone after a minute without work
_PAGE_SIZE_KIB = 1024
_PDFS = ", its PDFs"


async def measure_memory(ground: Ground, *, quick: bool) -> list[Figure]:
    """``citas run`` with its default settings: walks, slips, mails, bookings at its kiosk; then every process of it."""
    seconds, slips = (3.0, 10) if quick else (8.0, 50)
    running = RunningPortal(ground.folder / "run", settings={"CITAS_TRUSTED_PROXIES": "127.0.0.1/32"}, command=RUN)
    try:
        running.wait_until_ready()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(in_use(f"sqlite:///{running.data / 'portal.db'}"))
            crowd = await stack.enter_async_context(crowd_at(running.port, _AT_ONCE))
            at_the_desk = await stack.enter_async_context(await Connection.open(running.kiosk_port))
            walks = Load[tuple[Visitor, Walk]]()
            await crowd.drive_walks(walks, seconds)
            for visitor, walk in walks.results[-slips:]:
                await _download(visitor, walk.code)
            desk = await Desk.open(at_the_desk, running.output)
            for number in range(slips):
                await desk.book(number)
            mails = await _wait_for_mails()
            at_work = sum(_shares(running.process.pid).values())
            await asyncio.sleep(_REST_SECONDS)
            shares = _shares(running.process.pid)
    finally:
        running.stop()
    served = f"after {len(walks.results)} walks, {slips} PDFs, {mails} mails, {slips} bookings at the desk"
    return [
        at_most("memory", f"PSS of the whole run, {served}", sum(shares.values()), _WANTED_MEGABYTES, " MiB"),
        told("memory", "a minute before, with the processes that make PDFs", at_work, "MiB"),
        *(told("memory", f"of it: {name}", mebibytes, "MiB") for name, mebibytes in shares.items()),
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


def _shares(pid: int) -> dict[str, float]:
    """A tree of processes by what they are for, and what they take together: each one's proportional share (PSS), for
    which pages that several use are divided among them. MiB.
    """
    shares: dict[str, float] = defaultdict(float)
    waiting = [(pid, "citas run")]
    while waiting:
        number, parents = waiting.pop(0)
        process = Path("/proc") / str(number)
        name = _name_of(process, parents)
        rollup = (process / "smaps_rollup").read_text().splitlines()
        kibibytes = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        shares[name] += kibibytes / _PAGE_SIZE_KIB
        waiting += [
            (int(child), name)
            for task in (process / "task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    return shares


def _name_of(process: Path, parents: str) -> str:
    words = (process / "cmdline").read_bytes().decode().split("\0")
    if any("forkserver" in word for word in words):
        return f"{parents.removesuffix(_PDFS)}{_PDFS}"
    return next((f"citas {word}" for word in words if word in ("portal", "kiosk")), parents)
