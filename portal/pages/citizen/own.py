"""The one way to a cita by its code: for browsers that may open it. All others are sent to ``/citas``, always alike."""

from __future__ import annotations

from urllib.parse import quote

from litestar.response import Redirect

from portal.domain.appointments import AppointmentView, find_appointment
from portal.domain.codes import is_code, normalise_code
from portal.web.access import grant_by_link, may_open
from portal.web.cookies import AnyRequest
from portal.web.services import Services

FIND_PAGE = "/citas"


async def find_own(request: AnyRequest, services: Services, typed: str) -> AppointmentView | Redirect:
    """The cita of that code, if this browser may open it; else the answer to give.

    Whether a code exists is looked up only for who may open it, so that neither answer nor time tells a stranger. A
    signed link is answered by the address without its signature, which then stays out of the browser's history.
    """
    code = normalise_code(typed)
    if not is_code(code):
        return Redirect(FIND_PAGE, status_code=303)
    if "k" in request.query_params:
        return _follow_link(request, services, code)
    cita = await find_appointment(code) if may_open(request, services, code) else None
    return cita or Redirect(FIND_PAGE, status_code=303)


def page_of(code: str) -> str:
    """The address of a cita's page."""
    return f"/citas/{code}"


def _follow_link(request: AnyRequest, services: Services, code: str) -> Redirect:
    answer = Redirect(quote(request.scope["path"]), status_code=303)
    cookie = grant_by_link(request, services, code, request.query_params["k"])
    if cookie is not None:
        answer.set_cookie(cookie)
    return answer
