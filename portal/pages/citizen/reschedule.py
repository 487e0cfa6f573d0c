"""Move a cita: the same picker, the two times side by side, and the new cita."""

from __future__ import annotations

from dataclasses import dataclass, replace

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.appointments import AppointmentView
from portal.domain.catalogue import CenterInfo, read_catalogue
from portal.domain.changing import move
from portal.domain.errors import NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.slots import SlotKey, read_slot_key
from portal.forms.query import OfferQuery, read_offer_query
from portal.pages.citizen.offer import OfferView, Picker, query_like, read_offer
from portal.pages.citizen.own import find_own, page_of
from portal.pages.citizen.refusal import show_refusal
from portal.pages.citizen.taken import TakenView, show_taken
from portal.web import metrics
from portal.web.access import grant_access
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_holding
from portal.web.services import GivenServices, Services


@dataclass(frozen=True, slots=True)
class MoveView:
    """A cita and the times that it may be moved to; ``notice`` says why the last choice could not be."""

    cita: AppointmentView
    offer: OfferView | None
    notice: str


@dataclass(frozen=True, slots=True)
class MoveReview:
    """A cita as it stands, and the time that it would have."""

    cita: AppointmentView
    chosen: SlotKey
    center: CenterInfo | None


@get("/citas/{code:str}/reprogramar")
async def choose_new_time(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """The picker; with ``horario`` both times to compare. Holds nothing and changes nothing."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    if not cita.may_change(services.now()):
        return await show_refusal(request, services, cita)
    horario = request.query_params.get("horario", "")
    if not horario:
        alone = request.headers.get("hx-request") == "true"
        return await _show_picker(cita, services, _read_query(request, cita), alone=alone)
    try:
        chosen = _read_choice(horario, cita)
    except NotOffered:
        return await _show_picker(cita, services, _start_at(cita), "not_offered")
    if chosen == _key_of(cita):
        return await _show_picker(cita, services, query_like(chosen), "same_time")
    center = (await read_catalogue()).center(chosen.center)
    return Template("citizen/move_review.html", context={"review": MoveReview(cita, chosen, center)})


@post("/citas/{code:str}/reprogramar")
async def move_own(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """Move it; the same again leads to the same new cita."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    await limit_holding(request, services)
    page = f"{page_of(cita.code)}/reprogramar"
    try:
        chosen = _read_choice((await read_fields(request)).get("horario", ""), cita)
    except NotOffered:
        return await _show_picker(cita, services, _start_at(cita), "not_offered")
    try:
        moved = await move(cita.code, chosen, services.now(), services.rules)
    except NotOffered:
        return await _show_picker(cita, services, query_like(chosen), "not_offered")
    except SeatTaken as lost:
        return await show_taken(TakenView(chosen, lost.nearest, page=page, action=page, method="get"))
    except (TooLate, NotReserved):
        return await show_refusal(request, services, cita)
    if not moved.repeated:
        metrics.count(metrics.Outcome.MOVED)
    answer = Redirect(page_of(moved.code), status_code=303)
    answer.set_cookie(grant_access(request, services, moved.code))
    return answer


def _read_choice(horario: str, cita: AppointmentView) -> SlotKey:
    """The chosen time. Raises NotOffered when it is none, or of another service."""
    chosen = read_slot_key(horario)
    if chosen.service != cita.service_code:
        raise NotOffered
    return chosen


def _key_of(cita: AppointmentView) -> SlotKey:
    return SlotKey(cita.service_code, cita.center_code, cita.modality, cita.starts_at)


def _start_at(cita: AppointmentView) -> OfferQuery:
    """Where the picker opens: as the cita is, on its own day."""
    return query_like(_key_of(cita))


def _read_query(request: AnyRequest, cita: AppointmentView) -> OfferQuery:
    """What the picker's links ask for; service and, unless they say otherwise, sede and modality are the cita's."""
    if not request.query_params:
        return _start_at(cita)
    query = read_offer_query(request.query_params)
    return replace(
        query,
        service=cita.service_code,
        center=query.center or cita.center_code,
        modality=query.modality if "modalidad" in request.query_params else cita.modality,
    )


async def _show_picker(
    cita: AppointmentView, services: Services, query: OfferQuery, notice: str = "", *, alone: bool = False
) -> Template:
    page = f"{page_of(cita.code)}/reprogramar"
    picker = Picker(page=page, action=page, method="get", says_all=True)
    offer = await read_offer(query, services.now(), services.rules, picker)
    if offer is not None and offer.service.code != cita.service_code:
        offer = None  # the service is no longer offered to anybody
    if offer is not None:
        offer = replace(offer, services=(offer.service,))
    status = HTTP_422_UNPROCESSABLE_ENTITY if notice or query.misread else HTTP_200_OK
    if alone and offer is not None:
        return Template("citizen/_offer.html", context={"offer": offer}, status_code=status)
    view = MoveView(cita, offer, notice)
    return Template("citizen/move.html", context={"move": view, "offer": offer}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (choose_new_time, move_own)
