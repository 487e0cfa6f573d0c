"""Step three: everything read back, one button, and the cita."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

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
from portal.domain.slots import SlotKey
from portal.domain.spanish_dates import local_day
from portal.domain.visits import Draft, Visit, find_visit
from portal.forms.contact import phone_in_words, suggest_email
from portal.forms.details import Details, read_details
from portal.pages.citizen.walk import (
    DETAILS_PAGE,
    NOTHING_HELD,
    REVIEW_PAGE,
    HoldView,
    Walk,
    accepted_at,
    find_walk,
    show_lost,
    to_appointment,
    typed_in,
    view_hold,
)
from portal.web import metrics
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_booking
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


@dataclass(frozen=True, slots=True)
class Ready:
    """A visit whose form is complete: who, and what was agreed to."""

    details: Details
    accepted: datetime

    def request(self, cookie: str, visit: Visit, key: SlotKey) -> Request:
        """What is to be booked."""
        consent = Consent(PRIVACY_VERSION, self.accepted, self.details.acepta_promociones)
        return Request(visit.hold_token, key, visit.seat, self.details.person(), consent, cookie=cookie)

    @property
    def document(self) -> str:
        """Type and number, as limits count them."""
        return f"{self.details.tipo_documento}:{self.details.numero_documento.value}"

    @property
    def version(self) -> str:
        """Another one each time that the form is sent."""
        return self.accepted.isoformat()


@get(REVIEW_PAGE)
async def show_review(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Everything read back, each with a way to change it."""
    now = services.now()
    walk = await find_walk(request, services, now)
    if not isinstance(walk, Walk):
        return walk
    ready = _read_draft(walk.visit.draft, now)
    if ready is None:
        return Redirect(DETAILS_PAGE, status_code=303)
    details, person = ready.details, ready.details.person()
    district = await find_district(person.ubigeo) if person.ubigeo else None
    view = ReviewView(
        hold=view_hold(walk.hold, services, now),
        person=person,
        phone=phone_in_words(person.phone),
        district=str(district or ""),
        promotions=details.acepta_promociones,
        probable_email=suggest_email(person.email),
        document_looks_mistyped=details.numero_documento.looks_mistyped,
        version=ready.version,
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
    ready = _read_draft(visit.draft, now)
    key = visit.key
    if ready is None or key is None:
        return await _show_done(request, services, visit)
    if fields.get("version", ready.version) != ready.version:
        return Redirect(REVIEW_PAGE, status_code=303)  # other details than those that were read back: read them first
    await limit_booking(request, services, ready.document)
    try:
        booked = await book(ready.request(cookie, visit, key), now, services.rules)
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
    ready = _read_draft(visit.draft, now) if visit is not None else None
    if visit is None or ready is None:
        return Redirect(NOTHING_HELD, status_code=303)
    await limit_booking(request, services, ready.document)
    if visit.key is not None:
        details = ready.details
        await send_code_again(details.tipo_documento, details.numero_documento.value, visit.key.service, now)
    return Template("citizen/code_sent.html")


def _read_draft(draft: Draft, now: datetime) -> Ready | None:
    """What was typed, if the form was sent whole and still holds."""
    accepted = accepted_at(draft)
    if accepted is None:
        return None
    read = read_details(typed_in(draft), local_day(now))
    return Ready(read, accepted) if isinstance(read, Details) else None


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
