"""The page of a cita: its state, what to do now, and everything that its owner can take from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from litestar.types import ControllerRouterHandler

from portal.domain.appointments import AppointmentView, NoticeView, find_former
from portal.domain.files import FileView, find_cv
from portal.domain.phases import Phase, days_left
from portal.domain.questions import AskedView, questions_of
from portal.domain.vocabulary import ACTIVE_STATES, MessageKind
from portal.forms.contact import phone_in_words
from portal.forms.state import FormState
from portal.pages.citizen.live import Live, read_live
from portal.pages.citizen.own import find_own
from portal.web.access import grant_access
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices, Services

NEWS_LAST: Final = timedelta(minutes=15)
"""How long the page says on top what its owner has just done."""

NO_FORM: Final = FormState()
# A cita begins with one of the latter two, and may end with the first.
_NEWS: Final = (MessageKind.CANCELLATION, MessageKind.MOVE, MessageKind.CONFIRMATION)
_BYTES_OF_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CitaPage:
    """What the page shows.

    ``news`` is what happened a moment ago; ``former`` the cita that this one was moved from; ``is_coming`` says that
    slip and CV are still of use.
    """

    cita: AppointmentView
    now: datetime
    phase: Phase
    days_left: int
    phone: str
    news: MessageKind | None
    former: AppointmentView | None
    cv: FileView | None
    asked: tuple[AskedView, ...]
    form: FormState
    live: Live
    may_change: bool
    is_active: bool
    is_coming: bool
    most_megabytes: int


@get("/citas/{code:str}")
async def show_appointment(
    request: AnyRequest, services: GivenServices, code: FromPath[str]
) -> Template | Redirect | Response[None]:
    """The page of a cita, for its owner; for htmx how it stands, or nothing while the ``version`` shown still holds."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    view = await _read(cita, services, NO_FORM)
    if request.headers.get("hx-request") == "true":
        if request.query_params.get("version") == view.live.version:
            return Response(None, status_code=HTTP_204_NO_CONTENT)
        page = Template("citizen/_now.html", context={"page": view})
    else:
        page = Template("citizen/my_appointment.html", context={"page": view})
    newer = cita.moved_to or view.live.chosen
    if newer is not None:
        page.set_cookie(grant_access(request, services, newer))  # the page has a link to it
    return page


async def show_page(
    cita: AppointmentView, services: Services, form: FormState = NO_FORM, status: int = HTTP_200_OK
) -> Template:
    """The page, with what was wrong with the CV that was sent, if so."""
    view = await _read(cita, services, form)
    return Template("citizen/my_appointment.html", context={"page": view}, status_code=status)


async def _read(cita: AppointmentView, services: Services, form: FormState) -> CitaPage:
    now = services.now()
    live = await read_live(cita, now, services.keys.surveys)
    kinds = {notice.kind for notice in cita.notices}  # each of them tells what else there is to ask for
    return CitaPage(
        cita=cita,
        now=now,
        phase=live.phase,
        days_left=days_left(cita, now),
        phone=phone_in_words(cita.phone) if cita.phone else "",
        news=_newest(cita.notices, now),
        former=await find_former(cita.id) if MessageKind.MOVE in kinds else None,
        cv=await find_cv(cita.id) if cita.has_cv else None,
        asked=tuple(await questions_of(cita.id)) if MessageKind.QUESTION_RECEIVED in kinds else (),
        form=form,
        live=live,
        may_change=cita.may_change(now),
        is_active=cita.state in ACTIVE_STATES,
        is_coming=cita.state in ACTIVE_STATES and live.phase is not Phase.BEHIND,
        most_megabytes=services.settings.upload_max_bytes // _BYTES_OF_MEGABYTE,
    )


def _newest(notices: tuple[NoticeView, ...], now: datetime) -> MessageKind | None:
    recent = {notice.kind for notice in notices if now < notice.at + NEWS_LAST}
    return next((kind for kind in _NEWS if kind in recent), None)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_appointment,)
