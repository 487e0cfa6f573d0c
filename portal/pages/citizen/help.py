"""Pages that explain: help, the privacy notice, accessibility, and the Cartilla."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from litestar import Response, get
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from portal.domain.catalogue import CenterInfo, read_catalogue
from portal.domain.privacy import PRIVACY_SINCE, PRIVACY_VERSION
from portal.web.services import GivenServices

# The Cartilla is the same for everybody and changes with a release alone.
_LEAFLET: Final = {
    "content-disposition": 'inline; filename="cartilla-videollamada.pdf"',
    "cache-control": "public, max-age=86400",
}


@dataclass(frozen=True, slots=True)
class HelpView:
    """What the explaining pages need to know. ``centers`` are where one can ask."""

    centers: tuple[CenterInfo, ...]
    notice_minutes: int
    horizon_days: int
    hold_minutes: int


@dataclass(frozen=True, slots=True)
class PrivacyView:
    """The notice in force, and where to turn to."""

    version: str
    since: date
    centers: tuple[CenterInfo, ...]


@get("/ayuda")
async def show_help(services: GivenServices) -> Template:
    """How to book, how to connect, and what people ask."""
    rules = services.rules
    view = HelpView(
        centers=(await read_catalogue()).centers,
        notice_minutes=int(rules.notice.total_seconds()) // 60,
        horizon_days=rules.horizon_days,
        hold_minutes=int(rules.hold.total_seconds()) // 60,
    )
    return Template("citizen/help.html", context={"help": view})


@get("/privacidad")
async def show_privacy() -> Template:
    """The privacy notice that the booking form asks to accept."""
    view = PrivacyView(PRIVACY_VERSION, PRIVACY_SINCE, (await read_catalogue()).centers)
    return Template("citizen/privacy.html", context={"privacy": view})


@get("/accesibilidad")
async def show_accessibility() -> Template:
    """The accessibility statement."""
    return Template("citizen/accessibility.html", context={"centers": (await read_catalogue()).centers})


@get("/cartilla.pdf")
async def print_leaflet(services: GivenServices) -> Response[bytes]:
    """The Cartilla on how to enter the video call."""
    return Response(await services.renderer.leaflet_pdf(), media_type="application/pdf", headers=_LEAFLET)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_help, show_privacy, show_accessibility, print_leaflet)
