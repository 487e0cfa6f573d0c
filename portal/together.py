"""Portal and kiosk side by side, as ``citas run`` starts them: processes that are stopped together and die alone.

It takes the place of the process that prepared everything, and holds next to nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NoReturn

from portal.orphans import end_with_parent

_STOP_SECONDS: Final = 4.5
"""After it they are killed: whoever stops us waits five seconds at most."""

_CANNOT_START: Final = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A process: ``citas`` with this word. ``epitaph`` tells of its end while others go on; without a ``needed`` one
    that can start, nothing does.
    """

    word: str
    epitaph: str
    needed: bool = False


PARTS: Final = (
    Part("portal", "el portal se detuvo; el módulo sigue. «citas portal» lo vuelve a servir", needed=True),
    Part("kiosk", "el módulo se detuvo; el portal sigue. «citas kiosk» lo vuelve a abrir"),
)


def go_on_together() -> NoReturn:
    """Become the process that keeps portal and kiosk."""
    os.execv(sys.executable, [sys.executable, "-P", "-m", "portal.together"])  # noqa: S606  # ourselves


async def run_together(*parts: Part) -> int:
    """Run them until SIGTERM or SIGINT, or until all have ended; the exit code. One that dies leaves the others be."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    processes = {part: await _start(part) for part in parts}
    waiting = {asyncio.create_task(process.wait()): part for part, process in processes.items()}
    stopping = asyncio.create_task(stop.wait())
    outcome = 0
    while waiting and not stop.is_set():
        ended, _ = await asyncio.wait({*waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in waiting if task in ended]:
            part, code = waiting.pop(task), task.result()
            outcome = max(outcome, code if code >= 0 else 1)
            if code == _CANNOT_START and part.needed:
                await _stop(processes.values())
            elif waiting and not stop.is_set():
                print(f"citas: {part.epitaph}", file=sys.stderr, flush=True)
    stopping.cancel()
    await _stop(processes.values())
    return 0 if stop.is_set() else outcome


async def _start(part: Part) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "portal.cli", part.word),
        preexec_fn=end_with_parent,
    )


async def _stop(processes: Iterable[Process]) -> None:
    running = [process for process in processes if process.returncode is None]
    for process in running:
        process.terminate()  # besides Ctrl-C, which the terminal tells the whole group
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await asyncio.gather(*(process.wait() for process in running))
    for process in running:
        if process.returncode is None:
            process.kill()
            await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(run_together(*PARTS)))
