"""Find a cita by its code and its owner's document."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.appointments import look_up
from portal.domain.errors import AppointmentUnknown
from portal.forms.lookup import not_found, read_lookup
from portal.forms.state import FormState
from portal.pages.citizen.own import FIND_PAGE, page_of
from portal.web.access import grant_access
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_lookup
from portal.web.services import GivenServices


@get(FIND_PAGE)
async def show_finder() -> Template:
    """The form."""
    return _page(FormState())


@post(FIND_PAGE)
async def find(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """To the cita, or back with the one sentence for whatever does not fit. Counted before anything is looked up."""
    fields = await read_fields(request)
    lookup = read_lookup(fields)
    if isinstance(lookup, FormState):
        return _page(lookup, HTTP_422_UNPROCESSABLE_ENTITY)
    await limit_lookup(request, services, lookup.code)
    try:
        cita = await look_up(lookup.code, lookup.document)
    except AppointmentUnknown:
        return _page(not_found(fields), HTTP_422_UNPROCESSABLE_ENTITY)
    answer = Redirect(page_of(cita.code), status_code=303)
    answer.set_cookie(grant_access(request, services, cita.code))
    return answer


def _page(form: FormState, status: int = HTTP_200_OK) -> Template:
    return Template("citizen/find_my_appointment.html", context={"form": form}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_finder, find)
