"""Step three: everything read back, one button, and the cita."""

from __future__ import annotations

import re
from dataclasses import dataclass

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_409_CONFLICT
from litestar.types import ControllerRouterHandler

from portal.domain.appointments import send_code_again
from portal.domain.booking import Request, book, find_booked
from portal.domain.districts import find_district
from portal.domain.errors import AlreadyReserved, SeatTaken
from portal.domain.people import Consent, Person
from portal.domain.privacy import PRIVACY_VERSION
from portal.domain.visits import Visit, find_visit
from portal.forms.contact import phone_in_words, suggest_email
from portal.pages.citizen.walk import (
    DETAILS_PAGE,
    NOTHING_HELD,
    REVIEW_PAGE,
    HoldView,
    Walk,
    find_walk,
    show_lost,
    to_appointment,
    view_hold,
)
from portal.web import metrics
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_booking, tries_of_booking
from portal.web.services import GivenServices, Services
from portal.web.visit_cookie import read_visit_cookie

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What is read back before confirming.

    ``probable_email`` is what the address was perhaps meant to be; ``version`` tells these details from those that
    another tab may send meanwhile.
    """

    hold: HoldView
    person: Person
    phone: str
    district: str
    promotions: bool
    probable_email: str
    document_looks_mistyped: bool
    version: str


@get(REVIEW_PAGE)
async def show_review(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Everything read back, each with a way to change it."""
    now = services.now()
    walk = await find_walk(request, services, now)
    if not isinstance(walk, Walk):
        return walk
    sent = walk.visit.draft.sent
    if sent is None:
        return Redirect(DETAILS_PAGE, status_code=303)
    person = sent.person
    district = await find_district(person.ubigeo) if person.ubigeo else None
    view = ReviewView(
        hold=view_hold(walk.hold, services, now),
        person=person,
        phone=phone_in_words(person.phone),
        district=str(district or ""),
        promotions=sent.promotions,
        probable_email=suggest_email(person.email),
        document_looks_mistyped=sent.document_looks_mistyped,
        version=sent.version,
    )
    return Template("citizen/review.html", context={"review": view})


@post(REVIEW_PAGE)
async def confirm(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Book what was read back. The hold's token in the form is the key: once, however often it is sent."""
    now = services.now()
    cookie = read_visit_cookie(request)
    visit = await find_visit(cookie, now)
    if visit is None:
        return Redirect(NOTHING_HELD, status_code=303)
    fields = await read_fields(request)
    token = fields.get("apartado", "")
    if token != visit.hold_token:
        return await _show_changed(request, services, visit, token)
    sent, key = visit.draft.sent, visit.key
    if sent is None or key is None:
        return await _show_done(request, services, visit)
    if fields.get("version", sent.version) != sent.version:
        return Redirect(REVIEW_PAGE, status_code=303)  # other details than those that were read back: read them first
    tries = tries_of_booking(request, services, _document_of(sent.person))
    consent = Consent(PRIVACY_VERSION, sent.at, sent.promotions)
    try:
        wish = Request(visit.hold_token, key, visit.seat, sent.person, consent, cookie=cookie)
        booked = await book(wish, now, services.rules, tries)
    except SeatTaken as lost:
        return await show_lost(key, lost.nearest, now, keeps_details=True)
    except AlreadyReserved:
        return Template("citizen/already.html", status_code=HTTP_409_CONFLICT)
    if not booked.repeated:
        metrics.count(metrics.Outcome.BOOKED)
    return to_appointment(request, services, booked.code)


@post("/reservar/reenviar")
async def resend_code(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Mail the code of the cita that the person already has to the address held with it; the answer never differs."""
    now = services.now()
    visit = await find_visit(read_visit_cookie(request), now)
    if visit is None or visit.draft.sent is None:
        return Redirect(NOTHING_HELD, status_code=303)
    person = visit.draft.sent.person
    await limit_booking(request, services, _document_of(person))
    if visit.key is not None:
        await send_code_again(person.document_type, person.document_number, visit.key.service, now)
    return Template("citizen/code_sent.html")


def _document_of(person: Person) -> str:
    """Type and number, as limits count them."""
    return f"{person.document_type}:{person.document_number}"


async def _show_done(request: AnyRequest, services: Services, visit: Visit) -> Redirect:
    """To the cita that this visit's hold was turned into, or back to the form that is not complete."""
    booked = await find_booked(visit.hold_token)
    if booked is not None:
        return to_appointment(request, services, booked.code)
    return Redirect(DETAILS_PAGE, status_code=303)


async def _show_changed(request: AnyRequest, services: Services, visit: Visit, token: str) -> Template | Redirect:
    """An older form: its cita, if it was booked; else say that another time was chosen since, in another tab."""
    booked = await find_booked(token) if _TOKEN.fullmatch(token) else None
    if booked is not None:
        return to_appointment(request, services, booked.code)
    if visit.key is None or await find_booked(visit.hold_token) is not None:
        return await _show_done(request, services, visit)
    return Template("citizen/changed.html", context={"chosen": visit.key}, status_code=HTTP_409_CONFLICT)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_review, confirm, resend_code)
