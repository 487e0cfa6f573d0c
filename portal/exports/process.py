"""``python -m portal.exports.process JOB MOMENT FOLDER``: make one file of the register and keep it in pieces.

A process of its own, because two hundred thousand rows keep a processor busy for a minute, and whoever serves pages
would stutter beside such a thread. ``DATABASE_URL`` says where the rows are. The job was claimed by whoever started
this, until the moment given; from then on the claim is moved on here. Ends with 0 when there is nothing left to do.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from portal.clock import utc_now
from portal.database.node import open_node, use_node
from portal.domain.exports import (
    Claim,
    ClaimLost,
    ExportView,
    fail_export,
    finish_export,
    give_back_export,
    keep_chunk,
    read_export,
    tell_progress,
)
from portal.domain.staff import find_staff
from portal.exports.making import about_export, write_file

_CHUNK_BYTES: Final = 512 * 1024
_TOLD_EVERY_SECONDS: Final = 2.0
_NICENESS: Final = 10


class Maker:
    """Makes the file of one job. ``claim`` is always the latest one."""

    def __init__(self, claim: Claim, folder: Path) -> None:
        self.claim = claim
        self._folder = folder
        self._rows = 0
        self._written = asyncio.Event()

    async def make(self) -> None:
        """From the rows to the pieces. Raises ClaimLost; whatever else it raises means that it cannot be made."""
        job = await read_export(self.claim.job)
        if job is None:
            raise ClaimLost
        path = self._folder / f"registro.{job.kind}"
        rows = await self._write(path, job)
        size = await self._keep(path)
        await finish_export(self.claim, rows, size, utc_now())

    async def _write(self, path: Path, job: ExportView) -> int:
        staff = await find_staff(job.staff)
        if staff is None:
            raise ClaimLost  # who asked does not work here any more
        about = await about_export(job.chosen, staff, job.asked_at)
        telling = asyncio.create_task(self._tell_how_far())

        async def count(rows: int) -> None:
            self._rows = rows
            await asyncio.sleep(0)  # lets the progress be told, and a signal be heard
            if telling.done():
                telling.result()

        try:
            return await write_file(path, job.kind, job.chosen, about, count)
        finally:
            self._written.set()
            await telling

    async def _tell_how_far(self) -> None:
        """Every other second, also while the file is packed, which shows that this process lives."""
        while not self._written.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_TOLD_EVERY_SECONDS):
                    await self._written.wait()
                    return
            self.claim = await tell_progress(self.claim, self._rows, utc_now())

    async def _keep(self, path: Path) -> int:
        with path.open("rb") as file:
            for number, piece in enumerate(iter(lambda: file.read(_CHUNK_BYTES), b"")):
                self.claim = await keep_chunk(self.claim, number, piece, utc_now())
            return file.tell()


async def run(claim: Claim, folder: Path, database_url: str) -> None:
    """Make the file; when told to stop, give the job back."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _stop, asyncio.current_task())
    node = open_node("portal", database_url, pool_size=2)
    maker = Maker(claim, folder)
    await node.start()
    try:
        with use_node(node):
            try:
                await maker.make()
            except ClaimLost:
                return
            except asyncio.CancelledError:
                await give_back_export(maker.claim)
            except BaseException:
                with suppress(ClaimLost):
                    await fail_export(maker.claim, utc_now())
                raise
    finally:
        await node.stop()


def _stop(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()


def main() -> None:
    """Read the command line and run."""
    job, until, folder = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever started this says when
    os.nice(_NICENESS)
    claim = Claim(UUID(job), datetime.fromisoformat(until))
    asyncio.run(run(claim, Path(folder), os.environ["DATABASE_URL"]))


if __name__ == "__main__":
    main()
