"""Pages for what went wrong, in plain Spanish: what happened and what to do now. Never a trace.

Litestar calls exception handlers synchronously, so these only choose a template and what it says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.response import Redirect, Template
from litestar.types import ExceptionHandlersMap

from portal.database.errors import ConstraintError, DatabaseBusyError, DatabaseError, TransactionAbortedError
from portal.documents.renderer import RendererBusy, RendererClosed
from portal.domain.errors import TooManyAttempts
from portal.domain.sessions import Stage
from portal.domain.spanish_dates import time_in_words
from portal.web import metrics
from portal.web.admission import RoleNeeded, SignInNeeded, StepNeeded
from portal.web.cookies import AnyRequest
from portal.web.csrf import ForgedForm
from portal.web.following import SIGN_IN_PAGE, carry, shown_address
from portal.web.logs import request_id
from portal.web.services import Services

log = structlog.get_logger("citas.http")

STEP_PAGES = {Stage.CODE: "/ingresar/codigo", Stage.NEW_PASSWORD: "/ingresar/clave", Stage.FULL: "/agenda"}

_OWN_PAGE = frozenset({403, 404, 405, 413, 429, 500, 503})
_RETRY_SECONDS = 10
_BROKEN_OFF = "client disconnected prematurely"
"""What Litestar calls an internal error: somebody went away while sending a form."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page tells. ``back`` is the address of the form to go back to; ``retry_at`` is a time in words."""

    status: int
    request_id: str
    back: str = "/"
    retry_at: str = ""


def show_http_error(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals: no such page, wrong method, body too large, and whatever is malformed."""
    status = error.status_code
    if error.detail == _BROKEN_OFF:
        status = HTTPStatus.BAD_REQUEST
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return show_failure(request, error)
    back = _form_of(request) if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "/"
    return _page(status, Problem(status, request_id.get(), back=back), headers=error.headers)


def show_forged_form(request: AnyRequest, _: ForgedForm) -> Response[bytes]:
    """The form was too old, or cookies are off: back to the form, which is made anew."""
    return _page(403, Problem(403, request_id.get(), back=_form_of(request)), name="form_expired")


def send_to_sign_in(request: AnyRequest, _: SignInNeeded) -> Response[bytes]:
    """Nobody is signed in: to the sign-in page, and from there to where they wanted to go."""
    return _send(request, carry(SIGN_IN_PAGE, _wanted(request)))


def send_to_step(request: AnyRequest, needed: StepNeeded) -> Response[bytes]:
    """Signed in by half, or wholly already: to the page of the next step."""
    page = STEP_PAGES[needed.stage]
    return _send(request, page if needed.stage is Stage.FULL else carry(page, _wanted(request)))


def show_not_yours(_: AnyRequest, __: RoleNeeded) -> Response[bytes]:
    """Signed in, but with another role."""
    return _page(403, Problem(403, request_id.get()), name="not_yours")


def _wanted(request: AnyRequest) -> str:
    """Where somebody wanted to go: the page they see when htmx asks for a part of it."""
    return (request.headers.get("hx-request") and shown_address(request)) or _form_of(request)


def _send(request: AnyRequest, address: str) -> Response[bytes]:
    """A redirect; htmx would put the page that it leads to into the one that asked, so it is told in its own way."""
    if request.headers.get("hx-request"):
        return Response(b"", status_code=200, headers={"hx-redirect": address})
    return Redirect(address, status_code=303)


def show_too_many_attempts(request: AnyRequest, error: TooManyAttempts) -> Response[bytes]:
    """A limit was reached: says from when it goes on."""
    metrics.count(metrics.Outcome.TOO_MANY_ATTEMPTS)
    retry_at, headers = tell_wait(request, error)
    problem = Problem(429, request_id.get(), back=_form_of(request), retry_at=retry_at)
    return _page(429, problem, headers=headers)


def tell_wait(request: AnyRequest, error: TooManyAttempts) -> tuple[str, dict[str, str]]:
    """From when on it goes on, in words, and the header that says it to programs."""
    services: Services = request.app.state.services
    wait = max(1, math.ceil((error.retry_at - services.now()).total_seconds()))
    return time_in_words(_next_minute(error.retry_at)), {"retry-after": str(wait)}


def show_database_error(request: AnyRequest, error: DatabaseError) -> Response[bytes]:
    """The database is away or overloaded: nothing was lost, try again."""
    log.error("database", exc_info=error)
    wait = 1 if isinstance(error, DatabaseBusyError) else _RETRY_SECONDS
    problem = Problem(503, request_id.get(), back=_form_of(request))
    return _page(503, problem, headers={"retry-after": str(wait)})


def show_busy(request: AnyRequest, _: RendererBusy | RendererClosed) -> Response[bytes]:
    """More documents are asked for at once than can be made, or we are just stopping: come back in a moment."""
    problem = Problem(503, request_id.get(), back=_form_of(request))
    return _page(503, problem, headers={"retry-after": str(_RETRY_SECONDS)})


def show_failure(_: AnyRequest, error: Exception) -> Response[bytes]:
    """A fault of ours: the page shows the number to report it by, the log has the rest."""
    log.error("failure", exc_info=error)
    return _page(500, Problem(500, request_id.get()))


HANDLERS: ExceptionHandlersMap = {
    ForgedForm: show_forged_form,
    SignInNeeded: send_to_sign_in,
    StepNeeded: send_to_step,
    RoleNeeded: show_not_yours,
    HTTPException: show_http_error,
    TooManyAttempts: show_too_many_attempts,
    DatabaseError: show_database_error,
    RendererBusy: show_busy,
    RendererClosed: show_busy,
    ConstraintError: show_failure,
    TransactionAbortedError: show_failure,
    Exception: show_failure,
}


def _page(status: int, problem: Problem, *, name: str = "", headers: dict[str, str] | None = None) -> Response[bytes]:
    template = name or (str(status) if status in _OWN_PAGE else "400")
    return Template(f"errors/{template}.html", context={"problem": problem}, status_code=status, headers=headers)


def _form_of(request: AnyRequest) -> str:
    """The page to go back to: the same one, or for an address that only takes forms the next one above it."""
    scope = request.scope
    if scope["method"] == "GET":
        query = scope["query_string"].decode("latin-1")
        return quote(scope["path"]) + (f"?{query}" if query else "")
    here = PurePosixPath(scope["path"])
    for path in (here, *here.parents):
        try:
            request.app.asgi_router.handle_routing(path=str(path), method="GET")
        except (NotFoundException, MethodNotAllowedException):
            continue
        return quote(str(path))
    return "/"


def _next_minute(moment: datetime) -> datetime:
    """Times are told to the minute; rounded down, the promise would be early."""
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)
