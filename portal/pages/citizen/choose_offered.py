"""Take one of the times that are kept for somebody whose cita was not held by our fault."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_409_CONFLICT
from litestar.types import ControllerRouterHandler

from portal.domain.attention_not_held import OfferedTime, choose_offered, chosen_instead, find_offered
from portal.domain.errors import AlreadyReserved, SeatTaken
from portal.domain.slots import SlotKey
from portal.pages.citizen.own import find_own, page_of
from portal.pages.citizen.taken import TakenView, show_taken
from portal.pages.citizen.walk import to_appointment
from portal.web import metrics
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_holding
from portal.web.services import GivenServices


@post("/citas/{code:str}/elegir")
async def choose(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """Book the time ``opcion`` for the same person; the same again leads to the same new cita."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    await limit_holding(request, services)
    offered = await _find((await read_fields(request)).get("opcion", ""), cita.id)
    if offered is None:
        return Redirect(page_of(cita.code), status_code=303)
    try:
        booked = await choose_offered(cita.id, offered.id, services.now(), services.rules)
    except SeatTaken as lost:
        wanted = SlotKey(cita.service_code, cita.center_code, cita.modality, offered.starts_at)
        return await show_taken(TakenView(wanted, lost.nearest))
    except AlreadyReserved:
        chosen = await chosen_instead(cita.id)
        if chosen is not None:
            return to_appointment(request, services, chosen)
        return Template("citizen/already_another.html", status_code=HTTP_409_CONFLICT)
    if not booked.repeated:
        metrics.count(metrics.Outcome.BOOKED)
    return to_appointment(request, services, booked.code)


async def _find(typed: str, appointment: UUID) -> OfferedTime | None:
    try:
        return await find_offered(appointment, UUID(typed))
    except ValueError:
        return None


ROUTES: tuple[ControllerRouterHandler, ...] = (choose,)
