"""One screen to book, made for a queue of people: document, time, person, *Reservar e imprimir* by the Enter key.

Everything that is typed travels in one form on one address, so nothing is lost whatever happens, and no address tells
whose document it is.
"""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from kiosk.finding import read_scan
from kiosk.pages.admission import AT_THE_DESK, KEEPS_FORM, GivenSitting, worth_keeping
from kiosk.pages.counter import Counter
from kiosk.pages.scanning import show_scanned
from kiosk.services import GivenServices
from kiosk.unfinished import keep_typed, read_typed
from portal.domain.districts import suggest_districts
from portal.domain.vocabulary import DocumentType
from portal.forms.text import has_control
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields

_RESUMED: Final = "retomar"
_DOCUMENT: Final = "numero_documento"
_LONGEST_SUGGESTION: Final = 60


@get("/", opt=AT_THE_DESK)
async def show_desk(request: AnyRequest, services: GivenServices, sitting: GivenSitting) -> Template:
    """The empty screen for the next person; ``retomar``: as it was when it was locked, or a slip was read,
    which the empty one leads to.
    """
    kept = await read_typed(sitting)
    resumed = bool(kept) and _RESUMED in request.query_params
    counter = Counter(kept if resumed else {"tipo_documento": DocumentType.DNI.value}, services, sitting)
    return await counter.show(resumed=resumed, unfinished=bool(kept) and not resumed)


@post("/", opt=KEEPS_FORM)
async def take_order(request: AnyRequest, services: GivenServices, sitting: GivenSitting) -> Template | Redirect:
    """Book and print; or look the person or the times up, as the button says. A slip's QR in the field of the document
    is looked up as in the page for that; what else was typed is there again afterwards.
    """
    typed = await read_fields(request)
    scanned = read_scan(typed.get(_DOCUMENT, ""))
    if scanned is None:
        return await Counter(typed, services, sitting).serve()
    others = worth_keeping({**typed, _DOCUMENT: ""})
    if others:
        await keep_typed(sitting, others)
    return await show_scanned(services, sitting, scanned, interrupted=bool(others))


@post("/persona", opt=AT_THE_DESK)
async def tell_person(request: AnyRequest, services: GivenServices, sitting: GivenSitting) -> Template:
    """For htmx: what is known of a document, to be filled in where nothing was typed."""
    view = await Counter(await read_fields(request), services, sitting).look_up()
    return Template("kiosk/_known.html", context={"desk": view})


@post("/horarios", opt=AT_THE_DESK)
async def tell_times(request: AnyRequest, services: GivenServices, sitting: GivenSitting) -> Template:
    """For htmx: the times of another modality, service or day."""
    times = await Counter(await read_fields(request), services, sitting).times()
    return Template("kiosk/_times.html", context={"times": times})


@get("/distritos", opt=AT_THE_DESK)
async def suggest(request: AnyRequest) -> Template:
    """For htmx: districts like what is being typed."""
    typed = request.query_params.get("ubigeo", "")[:_LONGEST_SUGGESTION]
    districts = [] if has_control(typed) else await suggest_districts(typed)
    return Template("citizen/_districts.html", context={"districts": districts})


ROUTES: tuple[ControllerRouterHandler, ...] = (show_desk, take_order, tell_person, tell_times, suggest)
