"""Who may open a page of the kiosk: deny by default. A route says ``ANYBODY``, ``AT_THE_DESK`` or ``ALSO_LOCKED``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from kiosk.banner import Banner, read_banner
from kiosk.services import DeskServices
from kiosk.sittings import Sitting, find_sitting, note_presence
from kiosk.state import KioskLocked, NotPaired
from kiosk.unfinished import keep_typed
from portal.database.errors import DatabaseFullError
from portal.domain.exchange import Standing
from portal.forms.details import FIELDS
from portal.web.cookies import AnyRequest, cookie_header, read_cookie
from portal.web.csrf import refuse_forged_forms
from portal.web.fields import read_fields

COOKIE: Final = "kiosk_personal"
CSRF_COOKIE: Final = "kiosk_csrf"
_LONGEST_COOKIE: Final = 64
_ACCESS: Final = "kiosk_access"
_KEEPS: Final = "kiosk_keeps_form"
_SITTING: Final = "kiosk_sitting"
_BANNER: Final = "kiosk_banner"
_CHOSEN_FROM_THE_START: Final = ("tipo_documento", "idioma")
_BESIDE: Final = ("llenado", "ficha", "servicio", "modalidad", "consultor", "fecha", "horario")
_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})

ANYBODY: Final[Mapping[str, Any]] = {_ACCESS: "anybody"}
"""The ``opt`` of what shows nothing personal: signing in, pairing, the banner."""

AT_THE_DESK: Final[Mapping[str, Any]] = {_ACCESS: "desk"}
"""The ``opt`` of pages for whoever is signed in, at a kiosk in good standing."""

ALSO_LOCKED: Final[Mapping[str, Any]] = {_ACCESS: "locked"}
"""The ``opt`` of pages for whoever is signed in, also when the kiosk is revoked or forked: nothing personal on them."""


class SignInNeeded(PermissionDeniedException):
    """Nobody is at the desk."""


KEEPS_FORM: Final[Mapping[str, Any]] = {**AT_THE_DESK, _KEEPS: True}
"""The same, of the form to book: what comes after the lock has fallen is kept for whoever types the PIN."""


class PinNeeded(PermissionDeniedException):
    """Somebody is, and the screen is locked. ``kept``: what they sent waits for the PIN."""

    def __init__(self, *, kept: bool = False) -> None:
        super().__init__()
        self.kept = kept


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of every route. Raises NotPaired, SignInNeeded, PinNeeded, KioskLocked, or PermissionDeniedException."""
    request: AnyRequest = connection  # type: ignore[assignment]  # there are no websockets here
    if urlsplit(f"//{request.headers.get('host', '')}").hostname not in _HERE:
        raise NotFoundException  # a name of somebody else's that leads here
    access = handler.opt.get(_ACCESS)
    if access is None:
        raise PermissionDeniedException
    services: DeskServices = request.app.state.services
    now = await services.now()
    banner = await read_banner(now, silent=services.sync.is_kept_waiting)
    request.scope["state"][_BANNER] = banner
    sitting = await _read_sitting(request, services)
    if sitting is not None:
        request.scope["state"][_SITTING] = sitting
    if access == ANYBODY[_ACCESS]:
        return
    if banner.standing is Standing.UNPAIRED:
        raise NotPaired
    if sitting is None:
        raise SignInNeeded
    if sitting.locked:
        raise PinNeeded(kept=_KEEPS in handler.opt and await _keep(request, handler, sitting))
    with suppress(DatabaseFullError):  # then the page itself says what cannot be written
        await note_presence(sitting, now, services.settings.idle)
    if access == AT_THE_DESK[_ACCESS] and banner.standing is not Standing.GOOD:
        raise KioskLocked(banner.standing)


async def _keep(request: AnyRequest, handler: BaseRouteHandler, sitting: Sitting) -> bool:
    """Keep the form that came too late, if it is one of ours; whether there was anything in it. Raises ForgedForm."""
    await refuse_forged_forms(request, handler)
    typed = worth_keeping(await read_fields(request))
    await keep_typed(sitting, typed)
    return bool(typed)


async def _read_sitting(request: AnyRequest, services: DeskServices) -> Sitting | None:
    value = read_cookie(cookie_header(request), COOKIE)
    if not value or len(value) > _LONGEST_COOKIE:
        return None
    return await find_sitting(value, await services.now(), services.settings.idle)


def worth_keeping(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of the form to book; none of them when nobody had typed anything yet, or it is another form."""
    if not any(fields.get(name, "").strip() for name in FIELDS if name not in _CHOSEN_FROM_THE_START):
        return {}
    return {name: fields[name] for name in (*FIELDS, *_BESIDE) if fields.get(name)}


def sitting_of(request: AnyRequest) -> Sitting | None:
    """Who is at the desk, locked or not."""
    found: Sitting | None = request.scope["state"].get(_SITTING)
    return found


def provide_sitting(request: AnyRequest) -> Sitting:
    """For handlers behind a sitting: whose it is."""
    found: Sitting = request.scope["state"][_SITTING]
    return found


GivenSitting: TypeAlias = NamedDependency[SkipValidation[Sitting]]
"""The annotation of the parameter ``sitting``."""


def banner_for(context: Mapping[str, Any], /) -> Banner | None:
    """For templates: what the page says of the kiosk; None on pages that no guard has seen."""
    banner: Banner | None = context["request"].scope["state"].get(_BANNER)
    return banner


def sitting_for(context: Mapping[str, Any], /) -> Sitting | None:
    """For templates: who is at the desk."""
    return sitting_of(context["request"])
