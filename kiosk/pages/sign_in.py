"""Sign in at the kiosk, lock and unlock the screen, sign out (ARCHITECTURE, rule 13)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from litestar import Response, get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY, HTTP_429_TOO_MANY_REQUESTS
from litestar.types import ControllerRouterHandler

from kiosk.pages.admission import ANYBODY, COOKIE, sitting_of, worth_keeping
from kiosk.pages.errors import PIN_PAGE, RESUME
from kiosk.services import GivenServices
from kiosk.sittings import (
    PinRefused,
    SecretsExpired,
    SignInRefused,
    Sitting,
    SittingOver,
    leave,
    lock,
    sign_in,
    unlock,
)
from kiosk.state import NotPaired, read_status
from kiosk.unfinished import keep_typed
from portal.domain.errors import TooManyAttempts
from portal.domain.exchange import Standing
from portal.domain.spanish_dates import time_in_words
from portal.forms.state import FormState, Mistake
from portal.web.cookies import AnyRequest, session_cookie
from portal.web.fields import read_fields
from portal.web.following import FIELD, SIGN_IN_PAGE, SIGN_OUT, carry, read_wanted

_LONGEST_NAME: Final = 40
_LONGEST_SECRET: Final = 128


@dataclass(frozen=True, slots=True)
class SignInView:
    """``why`` says what ended the last sitting; ``retry_at`` is a time in words."""

    form: FormState = field(default_factory=FormState)
    wanted: str = ""
    why: str = ""
    retry_at: str = ""


@dataclass(frozen=True, slots=True)
class PinView:
    name: str
    minutes: int
    form: FormState = field(default_factory=FormState)
    wanted: str = ""


@get(SIGN_IN_PAGE, opt=ANYBODY)
async def show_sign_in(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """The form; whoever sits there already is led on."""
    if (await read_status(await services.now())).standing is Standing.UNPAIRED:
        raise NotPaired
    wanted = read_wanted(request.query_params.get(FIELD, ""))
    sitting = sitting_of(request)
    if sitting is not None:
        return Redirect(carry(PIN_PAGE, wanted) if sitting.locked else wanted or "/", status_code=303)
    why = "pin" if request.query_params.get("motivo") == "pin" else ""
    return _show(SignInView(wanted=wanted, why=why))


@post(SIGN_IN_PAGE, opt=ANYBODY)
async def take_sign_in(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """In, or back to the form: a wrong name and a wrong secret get the same answer."""
    typed = await read_fields(request)
    wanted = read_wanted(typed.get(FIELD, ""))
    form = FormState({"usuario": typed.get("usuario", "")[:_LONGEST_NAME]})
    now = await services.now()
    try:
        value = await sign_in(
            form.value("usuario"), typed.get("clave", "")[:_LONGEST_SECRET], now, services.keys.attempts
        )
    except TooManyAttempts as error:
        retry_at = time_in_words(error.retry_at)
        return _show(SignInView(form, wanted, retry_at=retry_at), HTTP_429_TOO_MANY_REQUESTS)
    except SecretsExpired:
        return _refuse(form, wanted, "expired")
    except SignInRefused:
        return _refuse(form, wanted, "wrong")
    if (former := sitting_of(request)) is not None:
        await leave(former)
    cookie = session_cookie(COOKIE, value, secure=False)
    return Redirect(wanted or "/", status_code=303, cookies=[cookie])


@get(PIN_PAGE, opt=ANYBODY)
async def show_pin(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """The locked screen: nothing personal, a name and a field."""
    sitting = sitting_of(request)
    wanted = read_wanted(request.query_params.get(FIELD, ""))
    if sitting is None or not sitting.locked:
        return Redirect(wanted or "/", status_code=303)
    return _show_pin(PinView(sitting.name, services.settings.lock_minutes, wanted=wanted))


@post(PIN_PAGE, opt=ANYBODY)
async def take_pin(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """Open the screen; after five wrong PINs the secret is asked for."""
    sitting = sitting_of(request)
    typed = await read_fields(request)
    wanted = read_wanted(typed.get(FIELD, ""))
    if sitting is None or not sitting.locked:
        return Redirect(wanted or "/", status_code=303)
    try:
        await unlock(sitting, typed.get("pin", "")[:_LONGEST_SECRET], await services.now(), services.keys.attempts)
    except SittingOver:
        return Redirect(f"{SIGN_IN_PAGE}?motivo=pin", status_code=303)
    except SecretsExpired:
        return _refuse(FormState(), wanted, "expired")
    except PinRefused:
        form = FormState(mistakes=(Mistake("pin", "wrong"),))
        view = PinView(sitting.name, services.settings.lock_minutes, form, wanted)
        return _show_pin(view, HTTP_422_UNPROCESSABLE_ENTITY)
    return Redirect(wanted or "/", status_code=303)


@post("/bloquear", opt=ANYBODY)
async def lock_now(request: AnyRequest) -> Redirect:
    """Somebody leaves the desk for a moment, or has left it: the script then hands in what they were typing."""
    sitting = sitting_of(request)
    if sitting is None:
        return Redirect(PIN_PAGE, status_code=303)
    await lock(sitting)
    typed = worth_keeping(await read_fields(request))
    await keep_typed(sitting, typed)
    return Redirect(carry(PIN_PAGE, RESUME if typed else ""), status_code=303)


@post(SIGN_OUT, opt=ANYBODY)
async def sign_out(request: AnyRequest) -> Response[None]:
    """Out, and to the sign-in page."""
    sitting: Sitting | None = sitting_of(request)
    if sitting is not None:
        await leave(sitting)
    return Redirect(SIGN_IN_PAGE, status_code=303)


def _refuse(form: FormState, wanted: str, code: str) -> Template:
    form = FormState(form.values, (Mistake("usuario", code),))
    return _show(SignInView(form, wanted), HTTP_422_UNPROCESSABLE_ENTITY)


def _show(view: SignInView, status: int = HTTP_200_OK) -> Template:
    return Template("kiosk/sign_in.html", context={"page": view}, status_code=status)


def _show_pin(view: PinView, status: int = HTTP_200_OK) -> Template:
    return Template("kiosk/pin.html", context={"page": view}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_sign_in, take_sign_in, show_pin, take_pin, lock_now, sign_out)
