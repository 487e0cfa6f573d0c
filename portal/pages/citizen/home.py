"""The first page: what the service is, what to bring, and the next free day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from litestar import get
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from portal.domain.catalogue import read_catalogue
from portal.domain.modality import Modality
from portal.domain.slots import Agenda, next_free_day
from portal.web.services import GivenServices


@dataclass(frozen=True, slots=True)
class HomeView:
    """``next_day`` is the first local day with a free seat for the first service at the first sede, by video call.
    ``paused``: there is none because the sede sells nothing online for a while.
    """

    next_day: date | None
    paused: bool


@get("/")
async def show_home(services: GivenServices) -> Template:
    """What the service is, that it is free, what to bring, how long it takes."""
    catalogue = await read_catalogue()
    next_day, paused = None, False
    if catalogue.services and catalogue.centers:
        agenda = Agenda(catalogue.services[0], catalogue.centers[0], Modality.VIRTUAL)
        next_day = await next_free_day(agenda, services.now(), services.rules)
        paused = next_day is None and agenda.center.is_paused
    return Template("citizen/home.html", context={"home": HomeView(next_day, paused)})


ROUTES: tuple[ControllerRouterHandler, ...] = (show_home,)
