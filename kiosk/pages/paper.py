"""Paper at the desk: the day sheets that were kept for days without network, and slips that shall not be printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from kiosk.cups import PrinterTrouble
from kiosk.day_sheets import KeptSheet, open_sheet, read_kept_sheets
from kiosk.looks import note_look
from kiosk.pages.admission import AT_THE_DESK, GivenSitting
from kiosk.print_jobs import find_job
from kiosk.services import GivenServices
from portal.domain.exchange import LookKind
from portal.domain.spanish_dates import midnight_before

_SHEET: Final = {"content-disposition": 'inline; filename="hoja-del-dia.pdf"'}


@dataclass(frozen=True, slots=True)
class SheetsView:
    """The sheets of today and later, by day and then by consultor; ``since`` when they are fetched, today."""

    sheets: tuple[KeptSheet, ...]
    since: datetime


@get("/hojas", opt=AT_THE_DESK)
async def show_sheets(services: GivenServices) -> Template:
    """Which day sheets are at hand."""
    now = await services.now()
    since = midnight_before(now) + timedelta(hours=services.settings.day_sheet_hour)
    view = SheetsView(tuple(await read_kept_sheets(now)), since)
    return Template("kiosk/day_sheets.html", context={"page": view})


@get("/hojas/{sheet:uuid}", opt=AT_THE_DESK)
async def show_sheet(services: GivenServices, sitting: GivenSitting, sheet: FromPath[UUID]) -> Response[bytes]:
    """A day sheet as PDF."""
    now = await services.now()
    pdf = await open_sheet(sheet, now)
    if pdf is None:
        raise NotFoundException
    await note_look(sitting, LookKind.SHEET, now)
    return Response(pdf, media_type="application/pdf", headers=_SHEET)


@post("/impresiones/{job:uuid}/anular", opt=AT_THE_DESK)
async def cancel_print(services: GivenServices, job: FromPath[UUID]) -> Redirect:
    """Have a slip not printed; its cita's page tells how that went."""
    try:
        found = await services.queue.cancel(job)
    except PrinterTrouble:
        found = await find_job(job)  # the queue goes on trying
    if found is None:
        raise NotFoundException
    return Redirect(f"/citas/{found.code}", status_code=303)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_sheets, show_sheet, cancel_print)
