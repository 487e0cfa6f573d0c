"""GET /citas/{codigo}/cita.ics"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from icalendar import Calendar

from portal.domain.changing import cancel, move
from tests.browser import Visitor
from tests.people import NOW, RULES, slot_at
from tests.portal.owning import Owner
from tests.portal.walking import NINE


async def entry_at(owner: Owner, address: str) -> Any:
    """The one entry of the calendar file at an address."""
    answer = await owner.visitor.fetch(f"{address}/cita.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"] == 'inline; filename="cita.ics"'
    calendar = Calendar.from_ical(answer.text)
    assert calendar["METHOD"] == "PUBLISH"
    (entry,) = calendar.walk("VEVENT")
    return entry


async def test_it_puts_the_cita_into_a_calendar(owner: Owner) -> None:
    entry = await entry_at(owner, owner.address)
    assert (entry.decoded("DTSTART"), entry.decoded("DTEND")) == (NINE, NINE + timedelta(minutes=30))
    assert entry["STATUS"] == "CONFIRMED"
    assert "meet.google.com/abc-defg-hij" in entry["URL"]


async def test_a_moved_cita_moves_the_same_entry(owner: Owner) -> None:
    before = await entry_at(owner, owner.address)
    moved = await move(owner.cita.code, slot_at(NINE + timedelta(days=1)), NOW, RULES)
    page = await owner.open("/cita.ics", status=410)
    await page.follow("Ver mi nueva cita")
    after = await entry_at(owner, f"/citas/{moved.code}")
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert after.decoded("DTSTART") == NINE + timedelta(days=1)


async def test_a_cancelled_cita_takes_its_entry_back(owner: Owner) -> None:
    await cancel(owner.cita.code, NOW, RULES)
    assert (await entry_at(owner, owner.address))["STATUS"] == "CANCELLED"


async def test_a_stranger_gets_no_entry(owner: Owner, stranger: Visitor) -> None:
    assert (await stranger.open(f"{owner.address}/cita.ics")).address == "/citas"
