"""Check a slip: what the QR opens, and the same by hand."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.documents.slip_of import initials_of
from portal.domain.appointments import look_up
from portal.domain.codes import is_code, normalise_code
from portal.domain.errors import AppointmentUnknown
from portal.domain.slip_check import SlipText, check_slip, text_of
from portal.domain.vocabulary import State
from portal.forms.lookup import not_found, read_lookup
from portal.forms.state import FormState
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_lookup
from portal.web.services import GivenServices


@dataclass(frozen=True, slots=True)
class FoundView:
    """A cita that was found by hand: what its slip says, and how it stands."""

    code: str
    text: SlipText
    state: State


@get("/v")
async def show_form() -> Template:
    """The form, for who has no QR."""
    return _page(FormState())


@post("/v")
async def check_by_hand(request: AnyRequest, services: GivenServices) -> Template:
    """What the slip of that code and document must say, and whether the cita stands; limited as ``/citas`` is."""
    fields = await read_fields(request)
    lookup = read_lookup(fields)
    if isinstance(lookup, FormState):
        return _page(lookup, HTTP_422_UNPROCESSABLE_ENTITY)
    await limit_lookup(request, services, lookup.code)
    try:
        cita = await look_up(lookup.code, lookup.document)
    except AppointmentUnknown:
        return _page(not_found(fields), HTTP_422_UNPROCESSABLE_ENTITY)
    found = FoundView(cita.code, text_of(cita, initials_of(cita.full_name)), cita.state)
    return Template("citizen/verify_found.html", context={"found": found})


@get("/v/{code:str}")
async def check_by_code(request: AnyRequest, code: FromPath[str]) -> Template:
    """The verdict on what the QR carries; without it the form, with the code filled in."""
    code = normalise_code(code)
    signed = request.query_params.get("s", "")
    if not signed:
        return _page(FormState({"codigo": code} if is_code(code) else {}))
    return Template("citizen/verify.html", context={"check": await check_slip(code, signed)})


def _page(form: FormState, status: int = HTTP_200_OK) -> Template:
    return Template("citizen/verify_form.html", context={"form": form}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_form, check_by_hand, check_by_code)
