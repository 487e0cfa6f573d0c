"""``/agenda/reporte``: day sheets and a spreadsheet of the citas of some days, and who took them away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any

import pytest
from litestar import Litestar
from openpyxl import load_workbook

from portal.database.node import fetch
from portal.documents.day_sheet import DaySheets
from portal.documents.renderer import Renderer
from portal.domain.vocabulary import State
from tests.browser import NewVisitor, Visitor
from tests.desk.days import MONDAY, give, minutes, turn
from tests.people import JULIO, MEI, ROSA
from tests.portal.walking import MovingClock
from tests.staffing import Staffed, sign_in


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[DaySheets]:
    """What the press is given, in place of a press (tests/documents has the real one)."""
    given: list[DaySheets] = []

    async def note(_: Renderer, sheets: DaySheets) -> bytes:
        given.append(sheets)
        return b"%PDF-1.7"

    monkeypatch.setattr(Renderer, "day_sheets_pdf", note)
    return given


@pytest.fixture
async def desk(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """The browser of the first consultor."""
    return await sign_in(new_visitor(owned_app), staffed.consultant, moving_clock())


def rows_in(content: bytes) -> list[tuple[Any, ...]]:
    """The rows of the only sheet, without its heading."""
    return [tuple(cell.value for cell in row) for row in load_workbook(BytesIO(content))["Citas"].iter_rows(min_row=2)]


async def test_the_spreadsheet_has_a_row_for_each_cita_with_days_as_days(staffed: Staffed, desk: Visitor) -> None:
    await give(staffed.consultant, replace(ROSA, given_names="=1+1", motive="@x"))
    await give(staffed.consultant, JULIO, MONDAY + timedelta(days=1))
    answer = await desk.fetch("/agenda/reporte.xlsx?desde=2027-01-11&hasta=2027-01-12")
    assert answer.headers["content-disposition"] == 'attachment; filename="citas-2027-01-11-2027-01-12.xlsx"'
    assert answer.headers["content-length"] == str(len(answer.content))
    first, second = rows_in(answer.content)
    assert first[:2] == (datetime(2027, 1, 11), time(9, 0))  # noqa: DTZ001  # a sheet knows no zones
    assert first[5:8] == (first[5], "Reservada", "Videollamada")
    assert first[10] == "=1+1"
    assert load_workbook(BytesIO(answer.content))["Citas"]["K2"].data_type == "s"
    assert second[0] == datetime(2027, 1, 12)  # noqa: DTZ001


async def test_it_is_of_those_whom_one_chose_and_in_that_state(staffed: Staffed, desk: Visitor) -> None:
    await give(staffed.consultant, ROSA)
    await turn(await give(staffed.consultant, JULIO, MONDAY + minutes(30)), State.CANCELLED)
    await turn(await give(staffed.colleague, MEI), State.ATTENDED)
    days = "desde=2027-01-11&hasta=2027-01-11"

    async def names(query: str) -> list[str]:
        answer = await desk.fetch(f"/agenda/reporte.xlsx?{days}{query}")
        return [row[10] for row in rows_in(answer.content)]

    assert await names("") == ["Rosa María"]
    assert await names("&consultor=todos") == ["Rosa María", "Mei"]
    assert await names("&consultor=todos&estado=attended") == ["Mei"]
    assert await names("&estado=cancelled") == ["Julio"]
    assert await names(f"&consultor={staffed.colleague}&sede=central") == ["Mei"]


async def test_there_is_a_sheet_for_each_consultor_and_day(
    staffed: Staffed, desk: Visitor, printed: list[DaySheets]
) -> None:
    await give(staffed.consultant, ROSA)
    await give(staffed.colleague, JULIO)
    await give(staffed.consultant, MEI, MONDAY + timedelta(days=1))
    answer = await desk.fetch("/agenda/reporte.pdf?desde=2027-01-11&hasta=2027-01-12&consultor=todos")
    assert answer.headers["content-type"] == "application/pdf"
    sheets = printed[0].sheets
    assert [(sheet.consultant, sheet.day.split()[0]) for sheet in sheets] == [
        ("Consultor 1", "lunes"),
        ("Consultor 2", "lunes"),
        ("Consultor 1", "martes"),
    ]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("desde=2027-01-12&hasta=2027-01-11", "La última fecha es anterior a la primera"),
        ("desde=2027-01-01&hasta=2028-01-02", "Elige como máximo un año"),
        ("desde=2027-02-30", "Escribe la primera fecha"),
        ("hasta=mañana", "Escribe la última fecha"),
        ("estado=perdida", "Elige una opción de la lista"),
    ],
)
@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
async def test_what_cannot_be_is_said(desk: Visitor, query: str, words: str, kind: str) -> None:
    page = await desk.open(f"/agenda/reporte.{kind}?{query}", status=422)
    assert words in page.text
    assert not await fetch('SELECT "id" FROM "audit_entry" WHERE "action" = \'report_made\'')


async def test_a_whole_year_is_taken(desk: Visitor) -> None:
    answer = await desk.fetch("/agenda/reporte.xlsx?desde=2027-01-01&hasta=2028-01-01")
    assert rows_in(answer.content) == []


async def test_more_sheets_than_are_printed_at_once_are_refused(
    staffed: Staffed, desk: Visitor, printed: list[DaySheets], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.pages.desk.report.MOST_SHEETS", 1)
    await give(staffed.consultant, ROSA)
    await give(staffed.consultant, JULIO, MONDAY + timedelta(days=1))
    page = await desk.open("/agenda/reporte.pdf?desde=2027-01-11&hasta=2027-01-12", status=422)
    assert "Son más de 1 hojas" in page.text
    assert printed == []


async def test_the_form_leads_to_both(staffed: Staffed, desk: Visitor) -> None:
    await give(staffed.consultant, ROSA)
    page = await (await desk.open("/agenda?fecha=2027-01-11")).follow("Reporte")
    form = page.form("Hoja de cálculo (Excel)")
    assert dict(form.values) == {
        "desde": "2027-01-11",
        "hasta": "2027-01-11",
        "consultor": str(staffed.consultant),
        "estado": "",
    }


async def test_each_report_is_written_down_without_names(
    staffed: Staffed, desk: Visitor, printed: list[DaySheets]
) -> None:
    await give(staffed.consultant, ROSA)
    for kind in ("pdf", "xlsx", "xlsx"):
        await desk.fetch(f"/agenda/reporte.{kind}?desde=2027-01-11&hasta=2027-01-11&consultor=todos")
    assert len(printed) == 1
    rows = await fetch('SELECT "staff", "subject", "details" FROM "audit_entry" WHERE "action" = \'report_made\'')
    assert {row["staff"] for row in rows} == {staffed.consultant}
    assert {row["subject"] for row in rows} == {"central:todos"}
    assert sorted(json.loads(row["details"])["kind"] for row in rows) == ["pdf", "xlsx", "xlsx"]
    assert {json.loads(row["details"])["rows"] for row in rows} == {"1"}


async def test_nobody_reports_on_another_sede(staffed: Staffed, desk: Visitor) -> None:
    for query in ("sede=callao", f"consultor={staffed.elsewhere}"):
        assert (await desk.client.get(f"/agenda/reporte.xlsx?{query}")).status_code == 404
