"""Where a browser stands on its way to a cita: its visit, its held seat, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from math import ceil

from litestar.response import Redirect, Template

from portal.domain.booking import find_booked
from portal.domain.holds import was_opened
from portal.domain.modality import Modality
from portal.domain.slots import Slot, SlotKey, nearest_slots
from portal.domain.visits import Draft, Hold, Visit, find_visit, save_draft
from portal.pages.citizen.taken import TakenView, show_taken
from portal.web.access import grant_access
from portal.web.cookies import AnyRequest
from portal.web.services import Services
from portal.web.visit_cookie import read_visit_cookie

DETAILS_PAGE = "/reservar/datos"
REVIEW_PAGE = "/reservar/confirmar"
NOTHING_HELD = "/reservar?aviso=sin-cupo"

_TYPED = tuple(field.name for field in fields(Draft) if field.name != "sent")
_TICKED = "si"


@dataclass(frozen=True, slots=True)
class Walk:
    """A browser with its visit and the seat that it holds, or held until a moment ago."""

    cookie: str
    visit: Visit
    hold: Hold


@dataclass(frozen=True, slots=True)
class HoldView:
    """A held seat as the pages of the walk show it. Times are UTC."""

    token: str
    service_name: str
    center_name: str
    center_address: str
    modality: Modality
    starts_at: datetime
    until: datetime
    seconds_left: int
    extensions_left: int


async def find_walk(
    request: AnyRequest, services: Services, now: datetime, typed: Draft | None = None
) -> Walk | Template | Redirect:
    """Where this browser stands, or the page that it needs instead.

    That is the picker, or the cita that came of its hold, or the nearest times because somebody took the seat; then
    what was ``typed`` just now is kept for the next one.
    """
    cookie = read_visit_cookie(request)
    visit = await find_visit(cookie, now)
    if visit is None:
        return Redirect(NOTHING_HELD, status_code=303)
    if visit.hold is not None:
        return Walk(cookie, visit, visit.hold)
    booked = await find_booked(visit.hold_token)
    if booked is not None:
        return to_appointment(request, services, booked.code)
    if typed is not None:
        await save_draft(cookie, typed, now)
        visit = replace(visit, draft=typed)
    return await _look_around(visit, services, now)


async def find_held(request: AnyRequest, services: Services, now: datetime) -> HoldView | None:
    """The seat that this browser holds, while its time lasts."""
    visit = await find_visit(read_visit_cookie(request), now)
    hold = visit.hold if visit is not None else None
    return view_hold(hold, services, now) if hold is not None and not hold.has_run_out(now) else None


async def _look_around(visit: Visit, services: Services, now: datetime) -> Template | Redirect:
    """What is near the time of a hold that is lost."""
    if visit.key is None:
        return Redirect(NOTHING_HELD, status_code=303)
    nearest = await nearest_slots(visit.key, now, services.rules)
    return await show_lost(visit.key, nearest, now, keeps_details=visit.draft != Draft())


async def show_lost(key: SlotKey, nearest: tuple[Slot, ...], now: datetime, *, keeps_details: bool) -> Template:
    """The page for a time that was held: somebody else has it now, or nobody can have it any more."""
    gone = key.starts_at <= now or not await was_opened(key)
    return await show_taken(TakenView(key, nearest, ran_out=True, keeps_details=keeps_details, gone=gone))


def to_appointment(request: AnyRequest, services: Services, code: str) -> Redirect:
    """To the page of a cita that this browser booked."""
    answer = Redirect(f"/citas/{code}", status_code=303)
    answer.set_cookie(grant_access(request, services, code))
    return answer


def view_hold(hold: Hold, services: Services, now: datetime) -> HoldView:
    """What the pages show of a hold."""
    return HoldView(
        token=hold.token,
        service_name=hold.service_name,
        center_name=hold.center_name,
        center_address=hold.center_address,
        modality=hold.key.modality,
        starts_at=hold.key.starts_at,
        until=hold.until,
        seconds_left=max(0, ceil((hold.until - now).total_seconds())),
        extensions_left=max(0, services.rules.hold_extensions - hold.extensions),
    )


def draft_of(typed: dict[str, str]) -> Draft:
    """What was typed, as the visit keeps it."""
    draft = Draft(**{name: typed.get(name, "") for name in _TYPED}, sent=None)
    return replace(draft, aviso_privacidad=_TICKED if draft.aviso_privacidad else "")


def typed_in(draft: Draft) -> dict[str, str]:
    """The same the other way round."""
    return {name: getattr(draft, name) for name in _TYPED}
