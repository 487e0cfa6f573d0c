"""Tomorrow's day sheets of the sede as PDF, fetched each evening while the portal is there, and opened without it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid4

import structlog

from kiosk.state import read_status
from kiosk.sync import PortalAway, PortalRefused
from portal.database.node import fetch, transactional
from portal.domain.exchange import Standing
from portal.domain.kiosk_questions import DaySheetsAnswer, DaySheetsQuestion
from portal.domain.spanish_dates import LIMA, local_day

BETWEEN: Final = timedelta(minutes=15)
"""Between looks whether it is time."""

_FRESH: Final = timedelta(hours=1)

log = structlog.get_logger("citas.kiosk")


class SheetSource(Protocol):
    """Whoever asks the portal."""

    async def ask_day_sheets(self, question: DaySheetsQuestion) -> DaySheetsAnswer:
        """The day sheets of the sede. Raises PortalAway, PortalRefused."""


@dataclass(frozen=True, slots=True)
class KeptSheet:
    """A day sheet in the kiosk's file. ``stored_at`` is UTC: what was booked after it is not on it."""

    id: UUID
    day: date
    consultant: UUID
    consultant_name: str
    stored_at: datetime


async def read_kept_sheets(now: datetime) -> list[KeptSheet]:
    """The sheets of today and later, by day and then by consultor."""
    rows = await fetch(
        'SELECT "id", "day", "consultant", "consultant_name", "stored_at" FROM "day_sheet_file" WHERE "day" >= {} '
        'ORDER BY "day", "consultant_name", "id"',
        local_day(now),
    )
    return [KeptSheet(**row) for row in rows]


async def open_sheet(sheet: UUID, now: datetime) -> bytes | None:
    """The PDF of a sheet of today or later, or None."""
    rows = await fetch('SELECT "content" FROM "day_sheet_file" WHERE "id" = {} AND "day" >= {}', sheet, local_day(now))
    return bytes(rows[0]["content"]) if rows else None


async def fetch_when_due(source: SheetSource, now: datetime, hour: int) -> int:
    """Fetch sheets if it is time and the portal answers; how many came. Those of past days are forgotten in any case.

    From ``hour`` (local) on those of the next day with citas, hourly, since more is booked meanwhile. Before it those
    of today, if there are none: the evening was without network.
    """
    today, is_evening = local_day(now), now.astimezone(LIMA).hour >= hour
    await fetch('DELETE FROM "day_sheet_file" WHERE "day" < {}', today)
    status = await read_status(now)
    if not status.online or status.standing is not Standing.GOOD or await _has_sheets(today, is_evening, now):
        return 0
    try:
        answer = await source.ask_day_sheets(DaySheetsQuestion(day=None if is_evening else today))
    except (PortalAway, PortalRefused):
        return 0
    return await keep_sheets(answer, now)


async def _has_sheets(today: date, is_evening: bool, now: datetime) -> bool:
    if not is_evening:
        return bool(await fetch('SELECT "id" FROM "day_sheet_file" WHERE "day" >= {} LIMIT 1', today))
    return bool(
        await fetch(
            'SELECT "id" FROM "day_sheet_file" WHERE "day" > {} AND "stored_at" > {} LIMIT 1',
            *(today, now - _FRESH),
        )
    )


@transactional
async def keep_sheets(answer: DaySheetsAnswer, now: datetime) -> int:
    """Keep a day's sheets in the place of those that are there, unless those are newer; how many were kept."""
    if answer.day is None or answer.day < local_day(now):
        return 0
    newer = await fetch(
        'SELECT "id" FROM "day_sheet_file" WHERE "day" = {} AND "stored_at" > {} LIMIT 1',
        *(answer.day, answer.portal_time),
    )
    if newer:
        return 0
    await fetch('DELETE FROM "day_sheet_file" WHERE "day" = {}', answer.day)
    for sheet in answer.sheets:
        await fetch(
            'INSERT INTO "day_sheet_file" ("id", "day", "consultant", "consultant_name", "content", "stored_at") '
            "VALUES ({}, {}, {}, {}, {}, {})",
            *(uuid4(), answer.day, sheet.consultant, sheet.consultant_name, sheet.content, answer.portal_time),
        )
    return len(answer.sheets)


async def keep_day_sheets(source: SheetSource, now: Callable[[], Awaitable[datetime]], hour: int) -> None:
    """Look every quarter of an hour until cancelled. Nothing that goes wrong once ends it."""
    while True:
        try:
            if fetched := await fetch_when_due(source, await now(), hour):
                log.info("day sheets kept", sheets=fetched)
        except Exception as error:  # noqa: BLE001  # what came may be no sheet, the disk may be full
            log.error("day sheets failed", error=type(error).__name__)  # noqa: TRY400  # its text may name somebody
        await asyncio.sleep(BETWEEN.total_seconds())
