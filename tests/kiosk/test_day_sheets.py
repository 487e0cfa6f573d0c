"""Tomorrow's day sheets are at hand when the network is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from kiosk.day_sheets import fetch_when_due, open_sheet, read_kept_sheets
from kiosk.sync import PortalAway, PortalRefused, note_away
from portal.database.node import fetch
from portal.domain.exchange import Standing
from portal.domain.kiosk_questions import DaySheetsAnswer, DaySheetsQuestion, PrintedSheet
from portal.domain.spanish_dates import local_day
from tests.kiosk.desk import Desk, Killed, everything, killed_at

HOUR = 18


@dataclass
class Sheets:
    """A portal that has a sheet for each of some consultores, and is asked for them."""

    desk: Desk
    day: date | None = None
    names: tuple[str, ...] = ("Ana", "Beto")
    ids: dict[str, UUID] = field(default_factory=lambda: {name: uuid4() for name in ("Ana", "Beto", "Caro")})
    asked: list[date | None] = field(default_factory=list)
    trouble: Exception | None = None

    async def ask_day_sheets(self, question: DaySheetsQuestion) -> DaySheetsAnswer:
        self.asked.append(question.day)
        if self.trouble:
            raise self.trouble
        day = question.day or self.day
        number = len(self.asked)
        sheets = tuple(
            PrintedSheet(consultant=self.ids[name], consultant_name=name, content=f"%PDF {name} {number}".encode())
            for name in self.names
        )
        return DaySheetsAnswer(portal_time=self.desk.now, day=day, sheets=sheets if day else ())


@pytest.fixture
def portal(desk: Desk) -> Sheets:
    """Of tomorrow, at five in the afternoon; today's sheets are not asked for any more."""
    portal = Sheets(desk, local_day(desk.now) + timedelta(days=1))
    desk.now = desk.at(17)
    return portal


async def kept(desk: Desk) -> list[tuple[date, str, bytes]]:
    """What somebody at the desk can open."""
    sheets = await read_kept_sheets(desk.now)
    return [(sheet.day, sheet.consultant_name, await open_sheet(sheet.id, desk.now) or b"") for sheet in sheets]


async def test_from_the_evening_on_and_opened_without_network(desk: Desk, portal: Sheets) -> None:
    desk.now = desk.at(HOUR)
    assert await fetch_when_due(portal, desk.now, HOUR) == 2
    assert portal.asked == [None]
    await note_away(desk.now)
    tomorrow = local_day(desk.now) + timedelta(days=1)
    desk.now += timedelta(hours=14)
    assert await kept(desk) == [(tomorrow, "Ana", b"%PDF Ana 1"), (tomorrow, "Beto", b"%PDF Beto 1")]


async def test_hourly_since_more_is_booked_meanwhile(desk: Desk, portal: Sheets) -> None:
    desk.now = desk.at(HOUR)
    await fetch_when_due(portal, desk.now, HOUR)
    desk.now += timedelta(minutes=45)
    assert await fetch_when_due(portal, desk.now, HOUR) == 0
    desk.now += timedelta(minutes=30)
    portal.names = ("Beto", "Caro")
    assert await fetch_when_due(portal, desk.now, HOUR) == 2
    assert [(name, content) for _, name, content in await kept(desk)] == [
        ("Beto", b"%PDF Beto 2"),
        ("Caro", b"%PDF Caro 2"),
    ]


async def test_in_the_morning_after_an_evening_without_network(desk: Desk, portal: Sheets) -> None:
    desk.now = desk.at(8)
    assert await fetch_when_due(portal, desk.now, HOUR) == 2
    assert portal.asked == [local_day(desk.now)]
    desk.now = desk.at(17)
    assert await fetch_when_due(portal, desk.now, HOUR) == 0
    desk.now = desk.at(HOUR)
    assert await fetch_when_due(portal, desk.now, HOUR) == 2
    # Today's stay until the day is over.
    assert len(await kept(desk)) == 4


async def test_sheets_of_past_days_are_forgotten_without_the_portal_too(desk: Desk, portal: Sheets) -> None:
    desk.now = desk.at(HOUR)
    await fetch_when_due(portal, desk.now, HOUR)
    sheet = (await read_kept_sheets(desk.now))[0].id
    await note_away(desk.now)
    desk.now += timedelta(days=2)
    assert await kept(desk) == []
    assert await open_sheet(sheet, desk.now) is None
    await fetch_when_due(portal, desk.now, HOUR)
    assert await fetch('SELECT "id" FROM "day_sheet_file"') == []


@pytest.mark.parametrize("trouble", [PortalAway(), PortalRefused(stale=False)])
async def test_a_portal_that_does_not_answer_takes_nothing_away(desk: Desk, portal: Sheets, trouble: Exception) -> None:
    desk.now = desk.at(HOUR)
    await fetch_when_due(portal, desk.now, HOUR)
    before = await kept(desk)
    portal.trouble = trouble
    desk.now += timedelta(hours=2)
    assert await fetch_when_due(portal, desk.now, HOUR) == 0
    assert len(portal.asked) == 2
    assert await kept(desk) == before


async def test_offline_or_locked_nothing_is_asked(desk: Desk, portal: Sheets) -> None:
    desk.now = desk.at(HOUR)
    await note_away(desk.now)
    assert await fetch_when_due(portal, desk.now, HOUR) == 0
    await desk.hear(standing=Standing.REVOKED)
    assert await fetch_when_due(portal, desk.now, HOUR) == 0
    assert portal.asked == []


async def test_a_sede_without_citas_ahead(desk: Desk, portal: Sheets) -> None:
    portal.day = None
    desk.now = desk.at(HOUR)
    assert await fetch_when_due(portal, desk.now, HOUR) == 0
    assert await kept(desk) == []


async def test_an_older_answer_that_comes_late_replaces_nothing(desk: Desk, portal: Sheets) -> None:
    desk.now = desk.at(HOUR)
    await fetch_when_due(portal, desk.now, HOUR)
    before = await kept(desk)
    later, desk.now = desk.now + timedelta(hours=2), desk.at(17, 50)
    await fetch_when_due(portal, later, HOUR)
    desk.now = desk.at(19)
    assert await kept(desk) == before


@pytest.mark.parametrize("statement", range(6))
async def test_all_or_none(desk: Desk, portal: Sheets, monkeypatch: pytest.MonkeyPatch, statement: int) -> None:
    desk.now = desk.at(HOUR)
    await fetch_when_due(portal, desk.now, HOUR)
    before = await everything()
    desk.now += timedelta(hours=2)
    with pytest.raises(Killed), killed_at(monkeypatch, statement):
        await fetch_when_due(portal, desk.now, HOUR)
    assert await everything() == before
