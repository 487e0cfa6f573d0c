"""Who may ask for an address: deny by default. Every route says ``EVERYBODY`` or names the roles that it is for.

    @get("/agenda", opt=only(Role.CONSULTANT, Role.SUPERVISOR))
    async def show_agenda(staff: GivenStaff) -> Template: ...

A route that says neither answers 403 to all. Whoever has not signed in is sent to the sign-in page and, after it, to
where they wanted to go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from portal.domain.audit import Actor
from portal.domain.displaced import count_to_settle
from portal.domain.incidents import count_waiting
from portal.domain.sessions import Ended, Session, Stage, find_session, why_ended
from portal.domain.staff import StaffView
from portal.domain.vocabulary import Role
from portal.web.cookies import AnyRequest, cookie_header, read_cookie, session_cookie
from portal.web.limits import origin_of
from portal.web.services import Services

COOKIE: Final = "citas_personal"
ACCESS: Final = "access"
_SCOPE_KEY: Final = "citas_staff"
_WAITING_KEY: Final = "citas_doubts_waiting"
_TO_SETTLE_KEY: Final = "citas_to_settle"
_LONGEST_COOKIE: Final = 64

EVERYBODY: Final[Mapping[str, Any]] = {ACCESS: None}
"""The ``opt`` of what the public may see."""

ROLES: Final = (Role.CONSULTANT, Role.SUPERVISOR, Role.ADMINISTRATOR)


class SignInNeeded(PermissionDeniedException):
    """Nobody is signed in, or the session has run out."""


class StepNeeded(PermissionDeniedException):
    """Signed in, but a code or a new password is still asked for."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(detail=stage.value)
        self.stage = stage


class RoleNeeded(PermissionDeniedException):
    """Signed in, but the page is for other roles."""


def only(*roles: Role, stage: Stage = Stage.FULL) -> dict[str, Any]:
    """The ``opt`` of a route for those roles. ``stage`` other than FULL is for the pages of the sign-in itself."""
    return {ACCESS: frozenset(roles), "stage": stage}


def only_staff(stage: Stage = Stage.FULL) -> dict[str, Any]:
    """The ``opt`` of a route for whoever works here."""
    return only(*ROLES, stage=stage)


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of every route. Raises SignInNeeded, StepNeeded, RoleNeeded, or PermissionDeniedException."""
    if ACCESS not in handler.opt:
        raise PermissionDeniedException
    roles = handler.opt[ACCESS]
    if roles is None:
        return
    request: AnyRequest = connection  # type: ignore[assignment]  # there are no websockets here
    session = await read_session(request)
    if session is None:
        raise SignInNeeded
    if session.stage is not handler.opt.get("stage", Stage.FULL):
        raise StepNeeded(session.stage)
    if session.staff.role not in roles:
        raise RoleNeeded
    request.scope["state"][_SCOPE_KEY] = session
    if session.stage is Stage.FULL and not request.headers.get("hx-request"):
        request.scope["state"][_WAITING_KEY] = await count_waiting(session.staff)  # a whole page shows it
        request.scope["state"][_TO_SETTLE_KEY] = await count_to_settle(session.staff)


async def read_session(request: AnyRequest) -> Session | None:
    """The session that the browser's cookie names, if it still is one."""
    value = _cookie_of(request)
    services: Services = request.app.state.services
    if not value:
        return None
    return await find_session(value, services.now(), services.session_rules, by_itself=_asks_by_itself(request))


def _asks_by_itself(request: AnyRequest) -> bool:
    """Whether a page refreshes itself, with the version that it shows: nobody need sit before it."""
    return bool(request.headers.get("hx-request")) and "version" in request.query_params


async def read_ended(request: AnyRequest) -> Ended | None:
    """Why the session that the browser's cookie names is none any more; None when it names none, or one that is."""
    value = _cookie_of(request)
    if not value or await read_session(request) is not None:
        return None
    services: Services = request.app.state.services
    return await why_ended(value, services.now(), services.session_rules)


def _cookie_of(request: AnyRequest) -> str:
    value = read_cookie(cookie_header(request), COOKIE)
    return value if len(value) <= _LONGEST_COOKIE else ""


def session_of(request: AnyRequest) -> Session:
    """The session that ``admit`` let in."""
    session: Session = request.scope["state"][_SCOPE_KEY]
    return session


def provide_staff(request: AnyRequest) -> StaffView:
    """For handlers: who is signed in."""
    return session_of(request).staff


def provide_actor(request: AnyRequest) -> Actor:
    """For handlers that write the audit: who it is, from where, in which session."""
    session = session_of(request)
    return Actor(session.staff.id, origin_of(request, request.app.state.services), session.key)


GivenStaff: TypeAlias = NamedDependency[SkipValidation[StaffView]]
GivenActor: TypeAlias = NamedDependency[SkipValidation[Actor]]
"""The annotations of the parameters ``staff`` and ``actor``."""


def signed_in(context: Mapping[str, Any], /) -> StaffView | None:
    """For templates: who is signed in on this page; None on the pages of the public and of the sign-in itself."""
    session: Session | None = context["request"].scope["state"].get(_SCOPE_KEY)
    return session.staff if session and session.stage is Stage.FULL else None


def doubts_waiting(context: Mapping[str, Any], /) -> int:
    """For templates: how many doubts of citizens wait for who is signed in."""
    waiting: int = context["request"].scope["state"].get(_WAITING_KEY, 0)
    return waiting


def to_settle(context: Mapping[str, Any], /) -> int:
    """For templates: how much of what kiosks sold waits for a decision of who is signed in."""
    waiting: int = context["request"].scope["state"].get(_TO_SETTLE_KEY, 0)
    return waiting


def staff_cookie(value: str, *, secure: bool) -> Cookie:
    """The cookie of a session."""
    return session_cookie(COOKIE, value, secure=secure)
