"""Step one: find a time and hold a seat."""

from __future__ import annotations

import secrets

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.attempts import count
from portal.domain.errors import NotOffered, SeatTaken
from portal.domain.holds import hold_for_visit
from portal.domain.slots import read_slot_key
from portal.domain.visits import Draft, find_visit, new_cookie
from portal.forms.query import OfferQuery, read_offer_query
from portal.pages.citizen.offer import query_like, read_offer
from portal.pages.citizen.taken import TakenView, show_taken
from portal.pages.citizen.walk import DETAILS_PAGE, REVIEW_PAGE, HoldView, find_held
from portal.web import metrics
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import tries_of_holding
from portal.web.services import GivenServices, Services
from portal.web.visit_cookie import read_visit_cookie, visit_cookie


@get("/reservar")
async def show_offer(request: AnyRequest, services: GivenServices) -> Template:
    """The month and a day's times; for htmx the picker alone."""
    query = read_offer_query(request.query_params)
    notice = "no_hold" if request.query_params.get("aviso") == "sin-cupo" else ""
    status = HTTP_422_UNPROCESSABLE_ENTITY if query.misread else HTTP_200_OK
    if request.headers.get("hx-request") == "true":
        return await _render(services, query, status, notice, alone=True)
    return await _render(services, query, status, notice, await find_held(request, services, services.now()))


@post("/reservar/apartar")
async def hold(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Hold the least loaded seat of the chosen time for this browser; its former hold is let go."""
    tries = tries_of_holding(request, services)
    try:
        key = read_slot_key((await read_fields(request)).get("horario", ""))
    except NotOffered:
        await count(tries)
        return await _render(services, OfferQuery(), HTTP_422_UNPROCESSABLE_ENTITY, "not_offered")
    now = services.now()
    cookie = read_visit_cookie(request)
    visit = await find_visit(cookie, now)
    has_details = visit is not None and visit.draft.sent is not None
    token = secrets.token_urlsafe(24)
    if visit is None:
        cookie = new_cookie()
    try:
        await hold_for_visit(key, token, visit, cookie, now, services.rules, tries)
    except NotOffered:
        return await _render(services, query_like(key), HTTP_422_UNPROCESSABLE_ENTITY, "not_offered")
    except SeatTaken as lost:
        keeps_details = visit is not None and visit.draft != Draft()
        return await show_taken(TakenView(key, lost.nearest, keeps_details=keeps_details))
    metrics.count(metrics.Outcome.HELD)
    answer = Redirect(REVIEW_PAGE if has_details else DETAILS_PAGE, status_code=303)
    answer.set_cookie(visit_cookie(cookie, secure=services.settings.secure_cookies))
    return answer


async def _render(
    services: Services,
    query: OfferQuery,
    status: int,
    notice: str,
    held: HoldView | None = None,
    *,
    alone: bool = False,
) -> Template:
    offer = await read_offer(query, services.now(), services.rules)
    name = "citizen/_offer.html" if alone and offer is not None else "citizen/find_slot.html"
    return Template(name, context={"offer": offer, "notice": notice, "held": held}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_offer, hold)
