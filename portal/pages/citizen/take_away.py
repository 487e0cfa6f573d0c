"""What a citizen takes away from the page of their cita: the slip and the calendar file."""

from __future__ import annotations

from typing import Final

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_410_GONE
from litestar.types import ControllerRouterHandler

from portal.documents.calendar_file import write_calendar_file
from portal.documents.entry_of import entry_of
from portal.documents.slip import Paper
from portal.documents.slip_of import Signer, slip_of
from portal.domain.vocabulary import ACTIVE_STATES, State
from portal.pages.citizen.own import find_own
from portal.pages.citizen.refusal import show_refusal
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices

# The names say nothing: a downloaded file stays on a lent phone.
_SLIP: Final = {"content-disposition": 'inline; filename="constancia.pdf"'}
_CALENDAR: Final = {"content-disposition": 'inline; filename="cita.ics"'}


@get("/citas/{code:str}/constancia.pdf")
async def print_slip(
    request: AnyRequest, services: GivenServices, code: FromPath[str]
) -> Response[bytes] | Template | Redirect:
    """The slip, signed now: A5, or ``?formato=ticket`` for the roll. 410 for a cita that does not stand any more."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    if cita.state not in ACTIVE_STATES:
        return await show_refusal(request, services, cita, HTTP_410_GONE)
    paper = Paper.TICKET if request.query_params.get("formato") == Paper.TICKET else Paper.A5
    signer = Signer(services.settings.node_name, services.keys.signing.private)
    slip = slip_of(cita, services.settings.origin, signer, services.now())
    pdf = await services.renderer.slip_pdf(slip, paper)
    return Response(pdf, media_type="application/pdf", headers=_SLIP)


@get("/citas/{code:str}/cita.ics")
async def write_calendar(
    request: AnyRequest, services: GivenServices, code: FromPath[str]
) -> Response[bytes] | Template | Redirect:
    """The calendar entry as it stands now; of a cancelled cita, one that takes it back."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    if cita.state is State.RESCHEDULED:
        return await show_refusal(request, services, cita, HTTP_410_GONE)
    file = write_calendar_file(entry_of(cita, services.settings.origin, services.now()))
    return Response(file.content, media_type=f"text/calendar; charset=utf-8; method={file.method}", headers=_CALENDAR)


ROUTES: tuple[ControllerRouterHandler, ...] = (print_slip, write_calendar)
