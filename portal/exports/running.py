"""The worker's side of the files of the register: takes what waits, and has each made by a process of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from portal.clock import Clock
from portal.domain.exports import KEPT, Claim, claim_export, give_back_export
from portal.settings import Settings

log = structlog.get_logger("citas.worker")

_STOPS_WITHIN_SECONDS: Final = 0.8


async def make_due_exports(settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Make the files that wait, one after the other."""
    while not stop.is_set() and (claim := await claim_export(clock())):
        await make_export(claim, settings, stop)


async def clear_leftovers(settings: Settings, now: datetime) -> None:
    """Remove what a worker left behind that was killed over a file, once nobody can be making it any more."""
    await asyncio.to_thread(_clear, settings.data / "exports", (now - KEPT).timestamp())


def _clear(folder: Path, before: float) -> None:
    for left in folder.glob("*"):
        if left.stat().st_mtime < before:
            shutil.rmtree(left, ignore_errors=True)


async def make_export(claim: Claim, settings: Settings, stop: asyncio.Event) -> None:
    """Have one made. When this is to stop, the process is told to give the job back and go."""
    folder = _fresh_folder(settings.data / "exports" / str(claim.job))
    try:
        process = await _start(claim, folder, settings)
        ended, stopped = asyncio.create_task(process.communicate()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            if process.returncode is None:
                await _end(process)
        _, told = await ended
    except OSError:
        await give_back_export(claim)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if process.returncode and not stop.is_set():
        # What a traceback quotes of a row stays out of the log: the place and the kind of the fault are enough.
        place = [line.strip() for line in told.decode(errors="replace").splitlines() if line.startswith("  File")]
        log.error("export failed", job=str(claim.job), code=process.returncode, place=place[-1:])


async def _start(claim: Claim, folder: Path, settings: Settings) -> asyncio.subprocess.Process:
    # The address of the database may hold a password, which a command line would show to everybody.
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.exports.process", str(claim.job), claim.until.isoformat(), str(folder)),
        env={**os.environ, "DATABASE_URL": settings.database, "TMPDIR": str(folder)},
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    try:
        async with asyncio.timeout(_STOPS_WITHIN_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()  # its claim runs out by itself
        await process.wait()


def _fresh_folder(folder: Path) -> Path:
    """Empty, and closed to others: whoever made this job before may have been killed over it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder.absolute()
