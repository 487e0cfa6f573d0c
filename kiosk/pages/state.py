"""How the kiosk stands: for whoever is at the desk, and for whoever is called when something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from litestar import Response, get
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from kiosk.banner import count_waiting
from kiosk.finding import LeaseAtHand, ListedCita, citas_in_conflict, leases_at_hand
from kiosk.joining import read_unsent
from kiosk.looks import note_look
from kiosk.pages.admission import ALSO_LOCKED, ANYBODY, GivenSitting, sitting_of
from kiosk.pages.errors import PIN_PAGE
from kiosk.print_queue import PrinterView
from kiosk.reference import read_reference
from kiosk.services import GivenServices
from kiosk.sittings import note_presence
from kiosk.state import KioskStatus, read_status
from portal.database.node import fetch
from portal.domain.exchange import PROTOCOL, LookKind
from portal.domain.kiosks import node_name
from portal.domain.spanish_dates import local_day
from portal.web.cookies import AnyRequest
from portal.web.following import SIGN_IN_PAGE, carry, shown_address


@dataclass(frozen=True, slots=True)
class StateView:
    """``waiting`` are sales, cancellations and moves that the portal is not known to have; ``set_aside`` entries of
    kiosks that this machine was."""

    status: KioskStatus
    now: datetime
    node: str
    center_name: str
    protocol: int
    waiting: int
    set_aside: int
    leases: tuple[LeaseAtHand, ...]
    conflicts: tuple[ListedCita, ...]
    printer: PrinterView
    portal: str

    @property
    def lease_days(self) -> list[tuple[date, list[LeaseAtHand]]]:
        """The places by local day."""
        days = groupby(self.leases, key=lambda lease: local_day(lease.starts_at))
        return [(day, list(leases)) for day, leases in days]


@get("/estado", opt=ALSO_LOCKED)
async def show_state(services: GivenServices, sitting: GivenSitting) -> Template:
    """Node, last exchange, clock, leases, what waits, what the portal has to settle, the printer."""
    now = await services.now()
    status = await read_status(now)
    reference = await read_reference()
    unsent = await read_unsent()
    good = not status.is_locked
    conflicts = tuple(await citas_in_conflict()) if good else ()
    if conflicts:
        await note_look(sitting, LookKind.AGENDA, now)
    view = StateView(
        status=status,
        now=now,
        node=node_name(status.kiosk) if status.kiosk else "",
        center_name=reference.center_name if reference else "",
        protocol=PROTOCOL,
        waiting=await count_waiting(status.applied),
        set_aside=sum(len(entries) for kiosk, entries in unsent.items() if kiosk != str(status.kiosk)),
        leases=tuple(await leases_at_hand(now)) if good else (),
        conflicts=conflicts,
        printer=await services.queue.check(),
        portal=services.settings.portal,
    )
    return Template("kiosk/state.html", context={"page": view})


@get("/estado/aviso", opt=ANYBODY)
async def tell_banner(request: AnyRequest, services: GivenServices) -> Template | Response[bytes]:
    """For htmx: the banner as of now. It keeps nobody signed in by itself, and leads a page that was left alone, or
    whose person may be here no more, to the lock."""
    sitting = sitting_of(request)
    shown = shown_address(request)
    if request.query_params.get("quien") and sitting is None:
        return Response(b"", status_code=200, headers={"hx-redirect": carry(SIGN_IN_PAGE, shown)})
    if sitting is not None and sitting.locked and request.query_params.get("quien"):
        return Response(b"", status_code=200, headers={"hx-redirect": carry(PIN_PAGE, shown)})
    if sitting is not None and request.query_params.get("activo"):
        await note_presence(sitting, await services.now(), services.settings.idle)
    return Template("kiosk/_banner.html", context={})


@get("/salud", opt=ANYBODY)
async def show_health() -> Response[bytes]:
    """For whoever starts the kiosk's screen: it serves, and its file answers."""
    await fetch("SELECT 1")
    return Response(b'{"estado":"bien"}', media_type="application/json")


@get("/favicon.ico", opt=ANYBODY, sync_to_thread=False)
def show_favicon(services: GivenServices) -> Redirect:
    """For browsers that ask unbidden."""
    return Redirect(services.assets.url("img/favicon.svg"), status_code=302)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_state, tell_banner, show_health, show_favicon)
