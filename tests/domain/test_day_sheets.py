"""The evening's mail: to each consultor with citas on the next working day, once, however many workers there are."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from portal.database.node import fetch
from portal.domain.day_sheets import queue_day_sheets, read_sheet, sheet_day
from portal.domain.vocabulary import State
from tests.desk.days import MONDAY, give, minutes, turn
from tests.people import JULIO, MEI, NOW, ROSA
from tests.staffing import Staffed

THURSDAY_EVENING = datetime(2027, 1, 7, 23, 0, tzinfo=UTC)
"""Thursday 7 January 2027, 18:00 in Lima."""

FRIDAY = MONDAY - timedelta(days=3)
HOUR = 18


async def queued() -> list[tuple[str, str]]:
    """To whom, and of which day."""
    rows = await fetch('SELECT "recipient", "dedupe_key" FROM "outbox_message" WHERE "kind" = \'day_sheet\'')
    return sorted((row["recipient"], str(sheet_day(row["dedupe_key"].split(":", 2)[2]))) for row in rows)


async def test_it_goes_to_who_has_citas_tomorrow_and_not_before_the_hour(staffed: Staffed) -> None:
    await give(staffed.consultant, ROSA, FRIDAY)
    await give(staffed.colleague, JULIO, MONDAY)
    await queue_day_sheets(THURSDAY_EVENING - minutes(1), HOUR)
    assert await queued() == []
    await queue_day_sheets(THURSDAY_EVENING, HOUR)
    assert await queued() == [("consultor1@example.org", "2027-01-08")]


async def test_it_is_queued_once_an_evening_however_many_workers_ask(staffed: Staffed) -> None:
    await give(staffed.consultant, ROSA, FRIDAY)
    await give(staffed.colleague, JULIO, FRIDAY)
    await asyncio.gather(*(queue_day_sheets(THURSDAY_EVENING + minutes(number % 3), HOUR) for number in range(6)))
    assert await queued() == [("consultor1@example.org", "2027-01-08"), ("consultor2@example.org", "2027-01-08")]


@pytest.mark.parametrize(("days", "told"), [(1, ["2027-01-11"]), (2, []), (3, ["2027-01-11"])])
async def test_friday_tells_of_monday_and_so_does_sunday(staffed: Staffed, days: int, told: list[str]) -> None:
    await give(staffed.consultant, ROSA, MONDAY)
    await queue_day_sheets(THURSDAY_EVENING + timedelta(days=days), HOUR)
    assert [day for _, day in await queued()] == told


async def test_nobody_is_written_to_about_nothing(staffed: Staffed) -> None:
    await turn(await give(staffed.consultant, ROSA, FRIDAY), State.CANCELLED)
    await give(staffed.colleague, JULIO, MONDAY + timedelta(days=14))
    await fetch('UPDATE "staff" SET "email" = {} WHERE "id" = {}', "", staffed.colleague)
    await queue_day_sheets(THURSDAY_EVENING, HOUR)
    await queue_day_sheets(THURSDAY_EVENING + timedelta(days=8), HOUR)
    assert await queued() == []


async def test_the_sheet_is_of_what_stands_when_it_is_written(staffed: Staffed) -> None:
    await give(staffed.consultant, ROSA, FRIDAY)
    await turn(await give(staffed.consultant, JULIO, FRIDAY + minutes(30)), State.CANCELLED)
    await queue_day_sheets(THURSDAY_EVENING, HOUR)
    await give(staffed.consultant, MEI, FRIDAY + minutes(60), now=NOW + minutes(60))
    citas = await read_sheet(staffed.consultant, staffed.world.center, sheet_day("2027-01-08/2027-01-07"))
    assert [cita.given_names for cita in citas] == ["Rosa María", "Mei"]
