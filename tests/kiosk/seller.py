"""A kiosk's processes that book and print until they are killed: ``python -m tests.kiosk.seller FOLDER SEED DEATHS``.

Each is a process of its own (a fork of one that has loaded everything and opened nothing). It dies by SIGKILL before
some statement that it writes, COMMIT included, right after a COMMIT, or between the steps that put a slip on paper;
then the next one goes on with the same file. The last one comes to the end of its work.

The spooler is a folder: a slip is handed in held, and comes out on paper when it is let go, as with CUPS.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from kiosk.cipher import open_kiosk_node
from kiosk.print_jobs import PrintState, mark_over, mark_sent, read_open_jobs
from kiosk.selling import Order, sell, soonest
from portal.database.engine import Row
from portal.database.node import fetch, use_node
from portal.database.sqlite import SQLiteNodeEngine
from portal.documents.slip import Paper
from portal.domain.modality import Modality
from tests.kiosk.encrypted import KEY
from tests.people import CONSENT, NOW, citizen_number

LATEST_HOUR = 50
_FOR_EVER = 10**9


class Fate:
    """Counts the steps of a life, and ends it at its hour."""

    def __init__(self) -> None:
        self.left = _FOR_EVER

    def step(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


FATE = Fate()


async def live(folder: Path, people: int) -> None:
    """Bring on paper what is waiting; then book for the next people, a slip each."""
    node = open_kiosk_node(folder / "kiosk.db", KEY)
    await node.start()
    with use_node(node):
        await print_waiting(folder)
        [staff] = await fetch('SELECT "id" FROM "staff" WHERE "username" = \'consultor1\'')
        for _ in range(people):
            [row] = await fetch('SELECT count(*) AS "number" FROM "appointment"')
            await book(int(row["number"]) + 1, staff["id"])
            await print_waiting(folder)
    await node.stop()


async def book(number: int, staff: UUID) -> None:
    """Sell the soonest time to the nth person; who was killed while booking sends the same form again."""
    [slot, *_] = await soonest("bolsa", Modality.IN_PERSON, NOW)
    await sell(Order(f"form-{number}", slot.key, citizen_number(number), CONSENT, staff), NOW, Paper.TICKET)


async def print_waiting(folder: Path) -> None:
    """Hand in held, say so in the file, let go, say that it is printed."""
    for job in await read_open_jobs():
        held, paper = folder / "held" / str(job.id), folder / "paper" / str(job.id)
        if not job.printer_job:
            FATE.step()
            held.write_text(job.code)
            FATE.step()
            await mark_sent(job.id, str(job.id))
        if held.exists():
            FATE.step()
            assert not paper.exists(), "printed twice"
            held.rename(paper)
        FATE.step()
        await mark_over(job.id, PrintState.PRINTED, NOW)


def run_life(folder: Path, hour: int, people: int) -> int:
    """One process; the signal that ended it, 0 when it came to the end of its work."""
    child = os.fork()
    if child == 0:
        FATE.left = hour
        try:
            asyncio.run(live(folder, people))
        except BaseException as error:  # noqa: BLE001  # nothing of the parent may run in a fork
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("a process failed by itself")
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def make_mortal() -> None:
    """Everything that is written goes through one function."""
    write = SQLiteNodeEngine.write

    def mortal(engine: SQLiteNodeEngine, sql: str, args: Any = ()) -> list[Row]:
        FATE.step()
        rows = write(engine, sql, args)
        if sql == "COMMIT":
            FATE.step()
        return rows

    SQLiteNodeEngine.write = mortal  # type: ignore[assignment, method-assign]  # the program itself is as it is


def main() -> None:
    """Live and die as often as asked; then once more, to the end."""
    folder, chance, deaths = Path(sys.argv[1]), random.Random(sys.argv[2]), int(sys.argv[3])  # noqa: S311  # chooses deaths, not keys
    make_mortal()
    killed = sum(run_life(folder, chance.randrange(LATEST_HOUR), _FOR_EVER) == signal.SIGKILL for _ in range(deaths))
    run_life(folder, _FOR_EVER, 1)
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main()
