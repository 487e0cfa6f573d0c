"""The register, kept up to date in a Google Sheet: rows that are new or have changed since they were written.

Each cita keeps its row. Before rows are written their first column is read: if somebody has sorted the sheet, or typed
below our rows, the places are looked up anew by the codes that stand there. Everything may be repeated at any point.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import structlog

from portal.clock import Clock
from portal.documents.register_columns import COLUMNS, as_text, cells_of
from portal.domain.register import RegisterRow, read_all
from portal.domain.sheet_rows import (
    FIRST_ROW,
    RECORDED,
    Place,
    days_to_push,
    give_places,
    mark_written,
    move_places,
    places_of,
)
from portal.settings import Settings, SettingsError
from portal.sheets.client import Grid, SheetBusy, SheetClient, SheetRefused, Value, column_name

log = structlog.get_logger("citas.worker")

_WRITTEN_AT_ONCE: Final = 500
_READ_AT_ONCE: Final = 25
"""One or two milliseconds between two turns of the loop."""

_HEADING: Final = [column.heading for column in COLUMNS]
_LAST_COLUMN: Final = column_name(len(COLUMNS))


@dataclass(slots=True)
class Batch:
    """Rows to be written, and where they stand, if anywhere yet."""

    rows: dict[UUID, RegisterRow] = field(default_factory=dict)
    places: dict[UUID, Place] = field(default_factory=dict)


def open_sheet(settings: Settings) -> SheetClient:
    """The sheet that the settings name. Asks Google nothing yet. Raises SettingsError when its key cannot be read."""
    if settings.google_credentials is None:
        raise SettingsError("CITAS_GOOGLE_CREDENTIALS: a sheet needs the key of a service account.")
    try:
        return SheetClient(settings.google_sheet, settings.google_credentials, settings.google_api)
    except (OSError, ValueError):  # the library quotes the key in what it says
        raise SettingsError("CITAS_GOOGLE_CREDENTIALS: the private key in that file cannot be read.") from None


async def keep_sheet(sheet: SheetClient, clock: Clock, stop: asyncio.Event) -> None:
    """Bring the sheet up to date; when Google says no, say so in the log and leave the rest for the next time."""
    try:
        written = await push_changes(sheet, clock(), stop)
    except SheetBusy as busy:
        log.warning("sheet delayed", why=str(busy))
    except SheetRefused as refused:
        log.warning("sheet refused", why=str(refused))
    else:
        if written:
            log.info("sheet written", rows=written)


async def push_changes(sheet: SheetClient, now: datetime, stop: asyncio.Event) -> int:
    """Write what is new or has changed; returns how many rows. Raises SheetBusy, SheetRefused."""
    written = 0
    batch = Batch()
    async for rows in read_all(days_to_push(now), at_once=_READ_AT_ONCE):
        await asyncio.sleep(0)
        await _add_changed(batch, rows)
        if len(batch.rows) >= _WRITTEN_AT_ONCE:
            written += await _write(sheet, batch, now)
            batch = Batch()
        if stop.is_set():
            return written
    return written + (await _write(sheet, batch, now) if batch.rows else 0)


async def _add_changed(batch: Batch, rows: list[RegisterRow]) -> None:
    places = await places_of([row.id for row in rows])
    for row in rows:
        place = places.get(row.id)
        if place is None and row.state not in RECORDED:
            continue
        if place is None or place.fingerprint != fingerprint_of(row):
            batch.rows[row.id] = row
            if place is not None:
                batch.places[row.id] = place


async def _write(sheet: SheetClient, batch: Batch, now: datetime) -> int:
    """Into the places that they have or are given now, once these are seen to be theirs."""
    grid = await asyncio.to_thread(sheet.read_grid)
    places = await _give_places(batch, now)
    below = await _see_places(sheet, grid, batch.rows, places)
    if below is not None:
        await move_places(below.codes, now)
        batch.places = await places_of(list(batch.rows))
        places = await _give_places(batch, now, below.rows)
    rows: dict[int, list[Value]] = {1: list(_HEADING)}
    rows.update((place.position, _values(batch.rows[cita])) for cita, place in places.items())
    await asyncio.to_thread(sheet.make_room, grid, max(rows), len(COLUMNS))
    await asyncio.to_thread(sheet.write_rows, grid, rows)
    await mark_written(
        {cita: replace(place, fingerprint=fingerprint_of(batch.rows[cita])) for cita, place in places.items()}, now
    )
    return len(places)


async def _give_places(batch: Batch, now: datetime, below: int = 0) -> dict[UUID, Place]:
    without = [cita for cita in batch.rows if cita not in batch.places]
    return {**batch.places, **(await give_places(without, now, below) if without else {})}


@dataclass(frozen=True, slots=True)
class Found:
    """What the first column holds: the row of each code, and how many rows there are."""

    codes: dict[str, int]
    rows: int


async def _see_places(
    sheet: SheetClient, grid: Grid, rows: dict[UUID, RegisterRow], places: dict[UUID, Place]
) -> Found | None:
    """None when each place is empty or holds its own code; otherwise all that the first column holds."""
    positions = [place.position for place in places.values()]
    first, last = min(positions), min(max(positions), grid.rows)
    column = (await _read_column(sheet, grid, first, last)) if first <= last else []
    for cita, place in places.items():
        code = column[place.position - first] if place.position - first < len(column) else ""
        if code not in ("", rows[cita].code) or (not code and place.fingerprint):
            whole = await _read_column(sheet, grid, FIRST_ROW, grid.rows)
            codes = {code: FIRST_ROW + number for number, code in enumerate(whole) if code}
            return Found(codes, FIRST_ROW - 1 + len(whole))
    return None


async def _read_column(sheet: SheetClient, grid: Grid, first: int, last: int) -> list[str]:
    (cells,) = await asyncio.to_thread(sheet.read_cells, grid, [f"A{first}:A{last}"])
    return [row[0] if row else "" for row in cells]


def _values(row: RegisterRow) -> list[Value]:
    """Numbers as numbers, days and moments as texts that sort, and nothing that acts, since all are sent raw."""
    return [cell if isinstance(cell, str | int | float) else as_text(cell) for cell in cells_of(row)]


def fingerprint_of(row: RegisterRow) -> str:
    """Changes whenever anything that the sheet shows of a cita does, or its columns do."""
    return sha256("\x1f".join([*_HEADING, *map(str, _values(row))]).encode("utf-8", "replace")).hexdigest()
