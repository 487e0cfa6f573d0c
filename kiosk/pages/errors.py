"""Pages for what went wrong at the desk, in plain Spanish. Litestar calls these synchronously."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template
from litestar.types import ExceptionHandlersMap

from kiosk.pages.admission import PinNeeded, SignInNeeded
from kiosk.settings import KioskSettingsError
from kiosk.state import KioskLocked, NotPaired
from portal.database.errors import DatabaseError
from portal.domain.errors import TooManyAttempts
from portal.domain.exchange import Standing
from portal.domain.spanish_dates import time_in_words
from portal.web.cookies import AnyRequest
from portal.web.csrf import ForgedForm
from portal.web.following import SIGN_IN_PAGE, carry, shown_address
from portal.web.logs import request_id

log = structlog.get_logger("citas.kiosk")

PIN_PAGE: Final = "/bloqueo"
RESUME: Final = "/?retomar=si"
"""Where somebody finds what they had typed when the screen was locked."""
PAIRING_PAGE: Final = "/emparejar"
_KNOWN: Final = frozenset({400, 403, 404, 405, 413})


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the page tells. ``kind`` is a status, or ``form``, ``key``; ``retry_at`` a time in words."""

    kind: str
    request_id: str
    back: str = "/"
    retry_at: str = ""


@dataclass(frozen=True, slots=True)
class LockedView:
    standing: Standing


def _send(request: AnyRequest, address: str) -> Response[bytes]:
    """A redirect, which htmx is told in its own way."""
    if request.headers.get("hx-request"):
        return Response(b"", status_code=200, headers={"hx-redirect": address})
    return Redirect(address, status_code=303)


def _wanted(request: AnyRequest) -> str:
    if request.headers.get("hx-request"):
        return shown_address(request)
    return request.scope["path"] if request.scope["method"] == "GET" else "/"


def _to_sign_in(request: AnyRequest, _: SignInNeeded) -> Response[bytes]:
    return _send(request, carry(SIGN_IN_PAGE, _wanted(request)))


def _to_pin(request: AnyRequest, needed: PinNeeded) -> Response[bytes]:
    return _send(request, carry(PIN_PAGE, RESUME if needed.kept else _wanted(request)))


def _to_pairing(request: AnyRequest, _: NotPaired) -> Response[bytes]:
    return _send(request, PAIRING_PAGE)


def _show_locked(_: AnyRequest, locked: KioskLocked) -> Response[bytes]:
    return Template("kiosk/locked.html", context={"page": LockedView(locked.standing)}, status_code=403)


def _show_forged_form(request: AnyRequest, _: ForgedForm) -> Response[bytes]:
    return _page("form", 403, back=request.scope["path"] if request.scope["path"] == SIGN_IN_PAGE else "/")


def _show_many(_: AnyRequest, error: TooManyAttempts) -> Response[bytes]:
    return _page("429", 429, retry_at=time_in_words(error.retry_at))


def _show_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _show_failure(request, error)
    kind = str(error.status_code) if error.status_code in _KNOWN else "400"
    return _page(kind, error.status_code)


def _show_disk(_: AnyRequest, error: DatabaseError) -> Response[bytes]:
    log.error("database", exc_info=error)
    return _page("503", 503)


def _show_key(_: AnyRequest, error: KioskSettingsError) -> Response[bytes]:
    log.error("keys", exc_info=error)
    return _page("key", 503)


def _show_failure(_: AnyRequest, error: Exception) -> Response[bytes]:
    log.error("failure", exc_info=error)
    return _page("500", 500)


def _page(kind: str, status: int, *, back: str = "/", retry_at: str = "") -> Response[bytes]:
    trouble = Trouble(kind, request_id.get(), back, retry_at)
    return Template("kiosk/trouble.html", context={"trouble": trouble}, status_code=status)


HANDLERS: Final[ExceptionHandlersMap] = {
    ForgedForm: _show_forged_form,
    SignInNeeded: _to_sign_in,
    PinNeeded: _to_pin,
    NotPaired: _to_pairing,
    KioskLocked: _show_locked,
    TooManyAttempts: _show_many,
    HTTPException: _show_http,
    DatabaseError: _show_disk,
    KioskSettingsError: _show_key,
    Exception: _show_failure,
}
