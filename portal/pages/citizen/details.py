"""Step two: who you are. The form, its suggestions, and more time for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.districts import District, find_district, suggest_districts
from portal.domain.errors import HoldNotExtendable
from portal.domain.holds import extend_hold
from portal.domain.spanish_dates import local_day
from portal.domain.visits import Sent, save_draft, send_draft, stay
from portal.domain.vocabulary import DocumentType, Language, Preference
from portal.forms.details import LONGEST_MOTIVE, Details, in_order, is_ubigeo, read_details
from portal.forms.district import look_up_district
from portal.forms.state import FormState
from portal.forms.text import has_control
from portal.pages.citizen.walk import (
    DETAILS_PAGE,
    REVIEW_PAGE,
    HoldView,
    Walk,
    draft_of,
    find_walk,
    typed_in,
    view_hold,
)
from portal.pages.words import choices
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_extending
from portal.web.services import GivenServices
from portal.web.visit_cookie import read_visit_cookie

_LONGEST_SUGGESTION: Final = 60


@dataclass(frozen=True, slots=True)
class DetailsView:
    """The form with its lists. ``districts`` are those that a typed name may mean, to choose from."""

    hold: HoldView
    form: FormState
    districts: tuple[District, ...] = ()
    document_types: tuple[tuple[str, str], ...] = choices(*DocumentType)
    preferences: tuple[tuple[str, str], ...] = choices(*Preference)
    languages: tuple[tuple[str, str], ...] = choices(*Language)
    longest_motive: int = LONGEST_MOTIVE


@get(DETAILS_PAGE)
async def show_details(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """The form, with what was typed before."""
    now = services.now()
    walk = await find_walk(request, services, now)
    if not isinstance(walk, Walk):
        return walk
    typed = typed_in(walk.visit.draft)
    if is_ubigeo(typed["ubigeo"]):
        typed["ubigeo"] = str(await find_district(typed["ubigeo"]) or "")
    return _page(DetailsView(view_hold(walk.hold, services, now), FormState(typed)))


@post(DETAILS_PAGE)
async def take_details(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Read the form: back with what is wrong, or on to the review."""
    now = services.now()
    typed = await read_fields(request)
    read = read_details(typed, local_day(now))
    mistakes = () if isinstance(read, Details) else read
    district, doubt, districts = await look_up_district(typed.get("ubigeo", ""))
    if doubt is not None and not any(mistake.field == "ubigeo" for mistake in mistakes):
        mistakes = in_order((*mistakes, doubt))
    draft = draft_of(typed | ({"ubigeo": district.ubigeo} if district else {}))
    if isinstance(read, Details) and not mistakes:
        person = replace(read.person(), ubigeo=draft.ubigeo)
        sent = Sent(now, person, read.acepta_promociones, read.numero_documento.looks_mistyped)
        draft = replace(draft, sent=sent)
        if await send_draft(read_visit_cookie(request), draft, now):
            return Redirect(REVIEW_PAGE, status_code=303)
    walk = await find_walk(request, services, now, draft)
    if not isinstance(walk, Walk):
        return walk
    if mistakes:
        shown = typed | ({"ubigeo": str(district)} if district else {})
        view = DetailsView(view_hold(walk.hold, services, now), FormState(shown, mistakes), districts)
        return _page(view, HTTP_422_UNPROCESSABLE_ENTITY)
    await save_draft(walk.cookie, draft, now)
    return Redirect(REVIEW_PAGE, status_code=303)


@post("/reservar/ampliar")
async def extend(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """More time for the form; what is typed so far is kept. htmx gets the box with the time alone."""
    await limit_extending(request, services)
    now = services.now()
    typed = await read_fields(request)
    is_details = "numero_documento" in typed  # else it is the review that asks
    draft = draft_of(typed) if is_details else None
    walk = await find_walk(request, services, now, draft)
    if not isinstance(walk, Walk):
        return walk
    hold = walk.hold
    try:
        until = await extend_hold(hold.token, now, services.rules)
        hold = replace(hold, until=until, extensions=hold.extensions + 1)
    except HoldNotExtendable:
        hold = replace(hold, extensions=services.rules.hold_extensions)
    if draft is not None:
        await save_draft(walk.cookie, draft, now)
    else:
        await stay(walk.cookie, now)
    if request.headers.get("hx-request") == "true":
        return Template("citizen/_hold.html", context={"hold": view_hold(hold, services, now)})
    return Redirect(DETAILS_PAGE if is_details else REVIEW_PAGE, status_code=303)


@get("/reservar/distritos")
async def show_districts(request: AnyRequest) -> Template:
    """Districts like what is being typed, for the field's list of suggestions."""
    typed = request.query_params.get("ubigeo", "")[:_LONGEST_SUGGESTION]
    districts = [] if has_control(typed) else await suggest_districts(typed)
    return Template("citizen/_districts.html", context={"districts": districts})


def _page(view: DetailsView, status: int = HTTP_200_OK) -> Template:
    return Template("citizen/details.html", context={"details": view}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_details, take_details, extend, show_districts)
