"""The report of reserved citas: day sheets to print, and a spreadsheet (PE-BT-01, activity 02)."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from litestar import Response, get
from litestar.response import Stream, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.documents.day_sheet import MOST_SHEETS, SHEETS_TITLE, day_sheets_of
from portal.documents.report import COLUMNS, SHEET_NAME, rows_of
from portal.documents.spreadsheet import MEDIA_TYPE, SpreadsheetFile
from portal.domain.agenda import Whose, read_report_day
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.desk import DeskCita
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.domain.vocabulary import State
from portal.forms.agenda import Wanted
from portal.forms.report import ReportQuery, read_report_query
from portal.forms.state import FormState, Mistake
from portal.pages.desk.scope import Scope, read_scope
from portal.pages.words import choices
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices, Services

REPORT_PAGE: Final = "/agenda/reporte"
_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReportView:
    """The form of the report. ``most_sheets`` is how many are printed at once."""

    scope: Scope
    form: FormState
    states: tuple[tuple[str, str], ...] = choices(*State)
    most_sheets: int = MOST_SHEETS


@dataclass(frozen=True, slots=True)
class Wish:
    """A report that can be made."""

    query: ReportQuery
    scope: Scope

    @property
    def name(self) -> str:
        """The file's, without what follows the point: days and nothing personal."""
        return f"citas-{self.query.first}-{self.query.last}"

    async def days(self) -> AsyncIterator[list[DeskCita]]:
        """The citas, a day at a time, so that a year of a large sede is never in memory at once."""
        whose: Whose = self.scope.whose
        day = self.query.first
        while day <= self.query.last:
            yield await read_report_day(whose, day, self.query.state)
            day += timedelta(days=1)


@get(REPORT_PAGE, opt=only_staff())
async def show_report(request: AnyRequest, services: GivenServices, staff: GivenStaff) -> Template:
    """The form: which days, whose, in which state, as what."""
    wish = await _read(request, services, staff)
    if not isinstance(wish, Wish):
        return wish
    return _page(wish.scope, _typed(request, local_day(services.now())))


@get(f"{REPORT_PAGE}.pdf", opt=only_staff())
async def print_report(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Response[bytes] | Template:
    """Day sheets, a page for each consultor and day."""
    wish = await _read(request, services, staff)
    if not isinstance(wish, Wish):
        return wish
    citas: list[DeskCita] = []
    sheets = set()
    async for of_day in wish.days():
        citas += of_day
        sheets |= {(local_day(cita.starts_at), cita.consultant) for cita in of_day}
        if len(sheets) > MOST_SHEETS:
            form = _typed(request, local_day(services.now()), Mistake("hasta", "too_many_sheets", MOST_SHEETS))
            return _page(wish.scope, form)
    await _record(actor, services, wish, "pdf", len(citas))
    pdf = await services.renderer.day_sheets_pdf(day_sheets_of(citas, SHEETS_TITLE, services.now()))
    headers = {"content-disposition": f'inline; filename="{wish.name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@get(f"{REPORT_PAGE}.xlsx", opt=only_staff())
async def export_report(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Stream | Template:
    """The same as a spreadsheet, a row for each cita."""
    wish = await _read(request, services, staff)
    if not isinstance(wish, Wish):
        return wish
    with tempfile.TemporaryDirectory(prefix="citas-report-") as folder:
        path = Path(folder) / "report.xlsx"
        rows = await _write(wish, path)
        file = path.open("rb")  # stays readable when the folder is gone
    await _record(actor, services, wish, "xlsx", rows)
    size = os.fstat(file.fileno()).st_size
    headers = {"content-disposition": f'attachment; filename="{wish.name}.xlsx"', "content-length": str(size)}
    return Stream(_pieces(file), media_type=MEDIA_TYPE, headers=headers)


async def _write(wish: Wish, path: Path) -> int:
    """Write the rows to a file; writing takes a thread, reading the database does not."""
    file = SpreadsheetFile(path)
    with file:
        sheet = file.add_sheet(SHEET_NAME, COLUMNS)
        async for of_day in wish.days():
            if of_day:
                await asyncio.to_thread(sheet.write_all, rows_of(of_day))
    return sheet.rows


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


async def _read(request: AnyRequest, services: Services, staff: StaffView) -> Wish | Template:
    """What is asked for, or the form with what is wrong. Raises NotFoundException as ``read_scope`` does."""
    today = local_day(services.now())
    query = read_report_query(request.query_params, today)
    if isinstance(query, ReportQuery):
        return Wish(query, await read_scope(staff, query.wanted))
    return _page(await read_scope(staff, Wanted(everybody=True)), _typed(request, today, *query))


async def _record(actor: Actor, services: Services, wish: Wish, kind: str, rows: int) -> None:
    query = wish.query
    await write_audit(
        actor,
        Action.REPORT_MADE,
        services.now(),
        subject=f"{wish.scope.center.code}:{wish.scope.consultant_value}",
        kind=kind,
        first=str(query.first),
        last=str(query.last),
        state=query.state or "",
        rows=str(rows),
    )


def _typed(request: AnyRequest, today: date, *mistakes: Mistake) -> FormState:
    values = {"desde": str(today), "hasta": str(today), **request.query_params}
    wrong = {mistake.field for mistake in mistakes if mistake.code == "malformed"}
    return FormState({name: "" if name in wrong else str(value) for name, value in values.items()}, mistakes)


def _page(scope: Scope, form: FormState) -> Template:
    status = HTTP_422_UNPROCESSABLE_ENTITY if form.mistakes else HTTP_200_OK
    return Template("desk/report.html", context={"report": ReportView(scope, form)}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_report, print_report, export_report)
