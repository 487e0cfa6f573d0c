"""Each evening: a mail to each consultor with the citas of the next working day (PE-BT-01, activity 02)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.agenda import Whose, day_bounds, read_day
from portal.domain.desk import DeskCita
from portal.domain.notices import queue_staff_message
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import GIVEN_BACK_STATES, MessageKind

_LOOKS_AHEAD: Final = timedelta(days=7)
_FRIDAY: Final = 4
_BETWEEN: Final = "/"


async def queue_day_sheets(now: datetime, hour: int) -> int:
    """Queue the evening's mails once ``hour`` (local) has come, one for each consultor with citas; how many there are.

    The day that they tell of is the next one on which the sede has citas; on a Saturday or a Sunday only tomorrow,
    since Friday's mail told of Monday. However many workers call this, however often, each is queued once an evening.
    """
    local = now.astimezone(LIMA)
    if local.hour < hour:
        return 0
    queued = 0
    for row in await fetch('SELECT "id" FROM "center" WHERE "active"'):
        day = await next_day_with_citas(row["id"], now)
        if day is not None and (local.weekday() <= _FRIDAY or day == local_day(now) + timedelta(days=1)):
            queued += await _queue(row["id"], day, now)
    return queued


def sheet_day(reference: str) -> date:
    """Which day a message tells of, by the reference that it was queued with."""
    return date.fromisoformat(reference.partition(_BETWEEN)[0])


async def read_sheet(consultant: UUID, center: UUID, day: date) -> list[DeskCita]:
    """The citas of a consultor's day that stand."""
    citas = await read_day(Whose(center, consultant), day)
    return [cita for cita in citas if cita.state not in GIVEN_BACK_STATES]


async def next_day_with_citas(center: UUID, now: datetime) -> date | None:
    """The next local day after today on which a sede has reserved citas, within a week."""
    tomorrow = day_bounds(local_day(now))[1]
    rows = await fetch(
        'SELECT "starts_at" FROM "appointment" WHERE "center" = {} AND "state" = \'reserved\' '
        'AND "starts_at" >= {} AND "starts_at" < {} ORDER BY "starts_at" LIMIT 1',
        *(center, tomorrow, tomorrow + _LOOKS_AHEAD),
    )
    return local_day(rows[0]["starts_at"]) if rows else None


@transactional
async def _queue(center: UUID, day: date, now: datetime) -> int:
    """Queue a day's mails of a sede; the sheet is made when the mail is written, of what is reserved then."""
    begins, ends = day_bounds(day)
    rows = await fetch(
        'SELECT DISTINCT "staff"."id", "staff"."email" FROM "appointment" '
        'JOIN "staff" ON "staff"."id" = "appointment"."consultant" '
        'WHERE "appointment"."center" = {} AND "appointment"."state" = \'reserved\' '
        'AND "appointment"."starts_at" >= {} AND "appointment"."starts_at" < {} '
        'AND "staff"."active" AND "staff"."email" <> \'\'',
        *(center, begins, ends),
    )
    dedupe = f"{day}{_BETWEEN}{local_day(now)}"
    for row in rows:
        await queue_staff_message(row["id"], MessageKind.DAY_SHEET, row["email"], now, ends, dedupe)
    return len(rows)
