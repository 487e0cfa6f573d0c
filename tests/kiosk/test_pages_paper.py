"""/hojas: the day sheets at hand, offline too. A slip on its way is taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk.day_sheets import keep_sheets, read_kept_sheets
from kiosk.print_jobs import PrintState, read_jobs_of
from kiosk.selling import sell
from kiosk.settings import KioskSettings, read_kiosk_settings
from portal.documents.slip import Paper
from portal.domain.kiosk_questions import DaySheetsAnswer, PrintedSheet
from portal.domain.spanish_dates import local_day
from tests.browser import Visitor
from tests.kiosk.desk import Desk
from tests.people import ROSA


@pytest.fixture
def kiosk_settings(tmp_path: Path) -> KioskSettings:
    """A kiosk with a printer; nothing is printed, since its queue does not run."""
    return read_kiosk_settings(data=tmp_path / "data", KIOSK_PRINTER="mesa", CITAS_KIOSK_PORTAL="")


async def test_sheets_are_opened_without_the_network(desk: Desk, visitor: Visitor) -> None:
    page = await (await visitor.open("/citas")).follow("Hojas del día guardadas")
    assert "Todavía no hay hojas guardadas" in page.text
    assert "desde las 6:00 p. m. y con red" in page.text
    tomorrow = local_day(desk.now) + timedelta(days=1)
    sheets = (PrintedSheet(consultant=desk.consultant, consultant_name="Ana Ruiz", content=b"%PDF Ana"),)
    await keep_sheets(DaySheetsAnswer(portal_time=desk.now, day=tomorrow, sheets=sheets), desk.now)
    page = await visitor.open("/hojas")
    assert "Ana Ruiz" in page.text
    assert "m.." not in page.text
    [sheet] = await read_kept_sheets(desk.now)
    assert f"/hojas/{sheet.id}" in page.html
    answer = await visitor.fetch(f"/hojas/{sheet.id}")
    assert answer.content == b"%PDF Ana"
    assert answer.headers["content-type"] == "application/pdf"
    await visitor.open(f"/hojas/{uuid4()}", status=404)


async def test_a_slip_on_its_way_is_taken_back(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10),))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    page = await visitor.open(f"/citas/{sold.code}")
    page = await page.form("No imprimirla").press()
    assert page.address == f"/citas/{sold.code}"
    [job] = await read_jobs_of(sold.appointment)
    assert job.state is PrintState.CANCELLED
