"""What machines ask: is the portal well, what are its figures, what may be indexed."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

import structlog
from litestar import Response, get
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from portal.database.errors import DatabaseError
from portal.database.node import fetch
from portal.domain.outbox import count_messages
from portal.web import metrics
from portal.web.services import GivenServices

log = structlog.get_logger("citas.http")

_PATIENCE_SECONDS = 2.0
_ROBOTS: Final = b"User-agent: *\nDisallow: /citas\nDisallow: /v\nDisallow: /salud\nDisallow: /metrics\n"


class Condition(StrEnum):
    WELL = "bien"
    ILL = "mal"


@dataclass(frozen=True, slots=True)
class Health:
    """``estado``: the process answers. ``base_de_datos``: and its database answers it, so it can take requests."""

    estado: Condition
    base_de_datos: Condition


@get("/salud", include_in_schema=True, summary="Liveness and readiness")
async def show_health() -> Response[Health]:
    """200 when the portal can serve; 503 when its database does not answer within two seconds."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await fetch("SELECT 1")
    except (DatabaseError, TimeoutError) as error:
        log.warning("health", exc_info=error)
        return Response(Health(Condition.WELL, Condition.ILL), status_code=503)
    return Response(Health(Condition.WELL, Condition.WELL))


@get("/metrics")
async def show_metrics(services: GivenServices) -> Response[bytes]:
    """Prometheus' text format, of all workers of this machine."""
    outbox = asdict(await count_messages(services.now()))
    return Response(metrics.write_metrics(outbox), media_type="text/plain; version=0.0.4")


@get("/robots.txt", sync_to_thread=False)
def show_robots() -> Response[bytes]:
    """Search engines have no business with people's citas."""
    return Response(_ROBOTS, media_type="text/plain", headers={"cache-control": "public, max-age=86400"})


@get("/favicon.ico", sync_to_thread=False)
def show_favicon(services: GivenServices) -> Redirect:
    """For browsers that ask unbidden; pages link the drawing itself."""
    headers = {"cache-control": "public, max-age=86400"}
    return Redirect(services.assets.url("img/favicon.svg"), status_code=302, headers=headers)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_health, show_metrics, show_robots, show_favicon)
