"""The files of the register, written row by row as the database gives them."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from portal.database.snapshot import snapshot
from portal.documents.register_columns import COLUMNS_VERSION
from portal.documents.register_csv import csv_heading, csv_lines
from portal.documents.register_workbook import About, RegisterWorkbook
from portal.domain.exports import ExportKind
from portal.domain.register import RegisterRow, read_all
from portal.domain.register_filter import RegisterFilter, read_choices
from portal.domain.register_sums import Reconciliation, Written, reconcile, tally
from portal.domain.staff import StaffView

Tell: TypeAlias = Callable[[int], Awaitable[None]]
"""Told how many rows are written."""

SMALL: Final = 2_000
"""So many rows are answered at once; more are made beside the requests, with progress shown."""

_STREAMED_AT_ONCE: Final = 25
"""One or two milliseconds of work between two turns of the loop."""


async def about_export(chosen: RegisterFilter, staff: StaffView, now: datetime) -> About:
    """Who asks for which rows, in names."""
    names = (await read_choices(staff)).names_of(chosen)
    return About(
        asked_by=staff.name,
        asked_at=now,
        first_day=chosen.first_day,
        last_day=chosen.last_day,
        center=names.center,
        consultant=names.consultant,
        service=names.service,
        state=chosen.state,
    )


def file_name(chosen: RegisterFilter, kind: ExportKind) -> str:
    """What a file is called: its days and the version of its columns, nothing personal."""
    return f"registro-v{COLUMNS_VERSION}-{chosen.first_day}-{chosen.last_day}.{kind}"


async def stream_csv(chosen: RegisterFilter) -> AsyncIterator[bytes]:
    """The register as CSV, in small pieces, for as many rows as there are. No connection is kept meanwhile."""
    yield csv_heading()
    async for rows in read_all(chosen, at_once=_STREAMED_AT_ONCE):
        await asyncio.sleep(0)
        yield csv_lines(rows)
        await asyncio.sleep(0)


async def write_file(path: Path, kind: ExportKind, chosen: RegisterFilter, about: About, tell: Tell) -> int:
    """Write a whole file, all of it as of one instant; returns how many rows it has. Blocks: not for a serving loop."""
    written: Written = Counter()
    async with snapshot() as read:
        if kind is ExportKind.CSV:
            with path.open("wb") as file:
                file.write(csv_heading())
                async for rows in read_all(chosen, read):
                    file.write(csv_lines(rows))
                    tally(written, rows)
                    await tell(written.total())
            return written.total()
        book = RegisterWorkbook(path, about)
        try:
            async for rows in read_all(chosen, read):
                book.write(rows)
                tally(written, rows)
                await tell(written.total())
            book.conclude(await reconcile(chosen, written, read))
        finally:
            await asyncio.to_thread(book.close)  # packs all rows, which takes long enough to be told apart from a death
    return written.total()


async def small_workbook(chosen: RegisterFilter, about: About) -> tuple[bytes, int]:
    """A workbook of few rows, written in a thread; returns it and how many rows it has."""
    written: Written = Counter()
    async with snapshot() as read:
        portions = []
        async for rows in read_all(chosen, read, _STREAMED_AT_ONCE):
            await asyncio.sleep(0)
            tally(written, rows)
            portions.append(rows)
        sums = await reconcile(chosen, written, read)
    return await asyncio.to_thread(_write_book, about, portions, sums), written.total()


def _write_book(about: About, portions: list[list[RegisterRow]], sums: Reconciliation) -> bytes:
    with tempfile.TemporaryDirectory(prefix="citas-registro-") as folder:
        path = Path(folder) / "registro.xlsx"
        with RegisterWorkbook(path, about) as book:
            for rows in portions:
                book.write(rows)
            book.conclude(sums)
        return path.read_bytes()
