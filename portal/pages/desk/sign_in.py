"""Sign in and out."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY, HTTP_429_TOO_MANY_REQUESTS
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Actor
from portal.domain.errors import TooManyAttempts
from portal.domain.sessions import Ended, Stage, end_session
from portal.domain.signing_in import SignedIn, SignInRefused, sign_in, sign_out
from portal.forms.state import FormState, Mistake
from portal.web.admission import EVERYBODY, read_ended, read_session, staff_cookie
from portal.web.cookies import AnyRequest
from portal.web.errors import STEP_PAGES, tell_wait
from portal.web.fields import read_fields
from portal.web.following import FIELD, SIGN_IN_PAGE, SIGN_OUT, carry, read_wanted
from portal.web.known_browser import know_browser
from portal.web.limits import limit_signing_in, origin_of
from portal.web.services import GivenServices, Services

HOME = STEP_PAGES[Stage.FULL]
LONGEST_USERNAME = 40


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The form. ``ended`` says why somebody has to sign in again, ``retry_at`` (words) from when on one may."""

    form: FormState
    wanted: str
    ended: Ended | None = None
    retry_at: str = ""
    idle_minutes: int = 0


@get(SIGN_IN_PAGE, opt=EVERYBODY)
async def show_sign_in(request: AnyRequest, services: GivenServices) -> Template:
    """The form, and why somebody has to sign in again."""
    wanted = read_wanted(request.query_params.get(FIELD, ""))
    idle_minutes = services.settings.staff_idle_minutes
    return _show(SignInPage(FormState(), wanted, await read_ended(request), idle_minutes=idle_minutes))


@post(SIGN_IN_PAGE, opt=EVERYBODY)
async def enter(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """To where they wanted to go, or back with one sentence for a wrong name and a wrong password."""
    fields = await read_fields(request)
    username = read_username(fields.get("usuario", ""))
    wanted = read_wanted(fields.get(FIELD, ""))
    typed = {"usuario": username}
    try:
        await limit_signing_in(request, services, username)
    except TooManyAttempts as error:
        retry_at, headers = tell_wait(request, error)
        page = SignInPage(FormState(typed), wanted, retry_at=retry_at)
        return _show(page, HTTP_429_TOO_MANY_REQUESTS, headers)
    origin = origin_of(request, services)
    try:
        opened = await sign_in(username, fields.get("clave", ""), origin, services.now(), services.session_rules)
    except SignInRefused:
        page = SignInPage(FormState(typed, (Mistake("usuario", "refused"),)), wanted)
        return _show(page, HTTP_422_UNPROCESSABLE_ENTITY)
    former = await read_session(request)
    if former is not None:
        await end_session(former.key)
    return go_on(request, services, opened, wanted, username)


@post(SIGN_OUT, opt=EVERYBODY)
async def leave(request: AnyRequest, services: GivenServices) -> Redirect:
    """End the session; again does nothing."""
    session = await read_session(request)
    if session is not None:
        actor = Actor(session.staff.id, origin_of(request, services), session.key)
        await sign_out(session, actor, services.now())
    answer = Redirect(SIGN_IN_PAGE, status_code=303)
    answer.set_cookie(staff_cookie("", secure=services.settings.secure_cookies))
    return answer


def go_on(request: AnyRequest, services: Services, opened: SignedIn, wanted: str, username: str) -> Redirect:
    """On to what is still asked for, or to where they wanted to go, with the cookie of the session just opened."""
    full = opened.stage is Stage.FULL
    address = (read_wanted(wanted) or HOME) if full else carry(STEP_PAGES[opened.stage], wanted)
    answer = Redirect(address, status_code=303)
    answer.set_cookie(staff_cookie(opened.value, secure=services.settings.secure_cookies))
    if opened.stage is not Stage.CODE:
        answer.set_cookie(know_browser(request, services, username))
    return answer


def read_username(typed: str) -> str:
    """A name as it is looked up: names are kept in small letters, and nobody's holds what cannot be printed."""
    return "".join(letter for letter in typed.strip().lower() if letter.isprintable())[:LONGEST_USERNAME]


def _show(page: SignInPage, status: int = HTTP_200_OK, headers: dict[str, str] | None = None) -> Template:
    return Template("desk/sign_in.html", context={"page": page}, status_code=status, headers=headers)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_sign_in, enter, leave)
