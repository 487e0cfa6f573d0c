"""Citas at the desk: looked up by code, QR or document; printed again, cancelled, moved, offline too."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_409_CONFLICT,
    HTTP_410_GONE,
    HTTP_422_UNPROCESSABLE_ENTITY,
)
from litestar.types import ControllerRouterHandler

from kiosk.changing import MoveOrder, cancel_offline
from kiosk.claiming import ClaimUnanswered, claim_and_move
from kiosk.finding import ListedCita, citas_of_day, citas_of_document, find_listed, read_scan
from kiosk.looks import note_look
from kiosk.pages.admission import AT_THE_DESK, GivenSitting
from kiosk.pages.counter import JUST_BOOKED
from kiosk.pages.scanning import show_scanned
from kiosk.pages.times import TimesView, read_choice, read_wish, view_times
from kiosk.print_jobs import PrintJob, print_again, read_jobs_of
from kiosk.printing import NoSlip
from kiosk.services import DeskServices, GivenServices
from kiosk.sittings import Sitting
from portal.database.errors import DatabaseFullError
from portal.documents.slip import Paper
from portal.domain.appointments import AppointmentView, find_appointment, find_former
from portal.domain.codes import is_code, normalise_code
from portal.domain.errors import NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.exchange import LookKind
from portal.domain.people import normalise_document
from portal.domain.slots import Slot
from portal.domain.vocabulary import GIVEN_BACK_STATES
from portal.forms.contact import phone_in_words
from portal.forms.state import FormState, Mistake
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields

_SLIP: Final = {"content-disposition": 'inline; filename="constancia.pdf"'}
_LONGEST: Final = 600
_LONGEST_TOKEN: Final = 64


@dataclass(frozen=True, slots=True)
class LookupView:
    """``found`` are the citas of a document; ``today`` those of the day."""

    form: FormState
    today: tuple[ListedCita, ...]
    found: tuple[ListedCita, ...] = ()


@dataclass(frozen=True, slots=True)
class CitaView:
    """A cita on its page. ``job`` is its last slip on the way to paper; ``new``: it was booked, or became
    this one, a moment ago."""

    cita: AppointmentView
    marks: ListedCita | None
    former: AppointmentView | None
    job: PrintJob | None
    has_printer: bool
    paper: Paper
    may_change: bool
    new: bool = False
    refused: str = ""

    @property
    def is_pulled(self) -> bool:
        """Whether the portal told of it, in the fewest fields that the desk needs."""
        return not self.cita.first_surname

    @property
    def phone(self) -> str:
        """As people read it."""
        return phone_in_words(self.cita.phone) if self.cita.phone else ""

    @property
    def stands(self) -> bool:
        """Whether a slip may be made of it."""
        return self.cita.state not in GIVEN_BACK_STATES

    @property
    def is_coming(self) -> bool:
        """Whether its slip is on its way: then the page asks for news."""
        return self.has_printer and self.job is not None and self.job.is_open


@dataclass(frozen=True, slots=True)
class MoveView:
    cita: AppointmentView
    times: TimesView | None
    token: str


@get("/citas", opt=AT_THE_DESK)
async def show_lookup(services: GivenServices, sitting: GivenSitting) -> Template:
    """One field for code, document and QR; the citas of the day."""
    return await _show_lookup(services, sitting, FormState())


@post("/citas", opt=AT_THE_DESK)
async def look_up(request: AnyRequest, services: GivenServices, sitting: GivenSitting) -> Template | Redirect:
    """Tell a QR, a code and a document apart, and show what the kiosk knows of it."""
    typed = (await read_fields(request)).get("buscar", "")[:_LONGEST].strip()
    scanned = read_scan(typed)
    if scanned is not None:
        return await show_scanned(services, sitting, scanned)
    code = normalise_code(typed)
    if is_code(code) and await find_appointment(code) is not None:
        return Redirect(f"/citas/{code}", status_code=303)
    found = await citas_of_document(normalise_document(typed)) if typed else []
    if typed:
        await note_look(sitting, LookKind.SEARCH, await services.now(), [cita.id for cita in found])
    form = FormState({"buscar": typed})
    if not found:
        form = FormState(form.values, (Mistake("buscar", "not_found" if typed else "missing"),))
    status = HTTP_200_OK if found else HTTP_422_UNPROCESSABLE_ENTITY
    return await _show_lookup(services, sitting, form, tuple(found), status)


@get("/citas/{code:str}", opt=AT_THE_DESK)
async def show_cita(
    request: AnyRequest, services: GivenServices, sitting: GivenSitting, code: FromPath[str]
) -> Template:
    """The cita with its code in large letters, and its slip's way to paper."""
    cita = await _find(code)
    await note_look(sitting, LookKind.CITA, await services.now(), (cita.id,))
    return await _show_cita(services, cita, new=JUST_BOOKED in request.query_params)


@get("/citas/{code:str}/impresion", opt=AT_THE_DESK)
async def tell_print(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template:
    """For htmx: how far the slip is."""
    view = await _view(services, await _find(code), new=JUST_BOOKED in request.query_params)
    return Template("kiosk/_print.html", context={"page": view})


@post("/citas/{code:str}/imprimir", opt=AT_THE_DESK)
async def print_once_more(services: GivenServices, sitting: GivenSitting, code: FromPath[str]) -> Template | Redirect:
    """Order another slip."""
    cita = await _find(code)
    if cita.state in GIVEN_BACK_STATES:
        return await _refuse(services, cita, "not_standing")
    await note_look(sitting, LookKind.SLIP, await services.now(), (cita.id,))
    await print_again(cita.id, services.settings.paper, await services.now())
    return Redirect(f"/citas/{cita.code}", status_code=303)


@get("/citas/{code:str}/constancia.pdf", opt=AT_THE_DESK)
async def print_slip(
    request: AnyRequest, services: GivenServices, sitting: GivenSitting, code: FromPath[str]
) -> Response[bytes] | Template:
    """The slip, signed now by this kiosk: A5, or ``?formato=ticket`` for the roll. 410 when it stands no more."""
    cita = await _find(code)
    await note_look(sitting, LookKind.SLIP, await services.now(), (cita.id,))
    paper = Paper.TICKET if request.query_params.get("formato") == Paper.TICKET else Paper.A5
    try:
        pdf = await services.press.print_slip(cita.id, paper, await services.now())
    except NotReserved:
        return await _refuse(services, cita, "not_standing", HTTP_410_GONE)
    except NoSlip:
        return await _refuse(services, cita, "no_slip", 503)
    return Response(pdf, media_type="application/pdf", headers=_SLIP)


@get("/citas/{code:str}/anular", opt=AT_THE_DESK)
async def ask_to_cancel(services: GivenServices, sitting: GivenSitting, code: FromPath[str]) -> Template:
    """The question before it is cancelled."""
    cita = await _find(code)
    await note_look(sitting, LookKind.CITA, await services.now(), (cita.id,))
    if not cita.may_change(await services.now()):
        return await _refuse(services, cita, "too_late")
    return Template("kiosk/cancel.html", context={"cita": cita})


@post("/citas/{code:str}/anular", opt=AT_THE_DESK)
async def cancel(services: GivenServices, sitting: GivenSitting, code: FromPath[str]) -> Template | Redirect:
    """Cancel; again does nothing."""
    cita = await _find(code)
    try:
        await cancel_offline(cita.code, sitting.staff, await services.now())
    except (TooLate, NotReserved):
        return await _refuse(services, cita, "too_late")
    services.sync.wake()
    return Redirect(f"/citas/{cita.code}", status_code=303)


@get("/citas/{code:str}/reprogramar", opt=AT_THE_DESK)
async def show_move(services: GivenServices, sitting: GivenSitting, code: FromPath[str]) -> Template:
    """The same times as for a new cita, in the modality that it has."""
    cita = await _find(code)
    await note_look(sitting, LookKind.CITA, await services.now(), (cita.id,))
    return await _show_move(services, cita, {})


@post("/citas/{code:str}/reprogramar", opt=AT_THE_DESK)
async def move(
    request: AnyRequest, services: GivenServices, sitting: GivenSitting, code: FromPath[str]
) -> Template | Redirect:
    """Move, and print the new slip; or show other times, as the button says, or when it has that one.
    Pressed twice it moves once."""
    cita = await _find(code)
    typed = await read_fields(request)
    if typed.get("paso") == "horarios":
        return await _show_move(services, cita, typed)
    token = typed.get("ficha", "")[:_LONGEST_TOKEN] or secrets.token_urlsafe(24)
    try:
        wish = await read_wish(typed, service=cita.service_code, modality=cita.modality)
        order = MoveOrder(token, cita.code, read_choice(typed, wish), sitting.staff, wish.consultant)
        moved = await claim_and_move(order, services.sync, services.settings.paper)
    except SeatTaken as lost:
        return await _show_move(services, cita, typed, lost="taken", nearest=lost.nearest)
    except NotOffered:
        return await _show_move(services, cita, typed, lost="not_offered")
    except ClaimUnanswered:
        return await _show_move(services, cita, typed, lost="unanswered")
    except DatabaseFullError:
        return await _show_move(services, cita, typed, lost="full")
    except (TooLate, NotReserved):
        return await _refuse(services, cita, "too_late")
    if moved.code == cita.code:
        return await _show_move(services, cita, typed, lost="same")
    services.sync.wake()
    return Redirect(f"/citas/{moved.code}?{JUST_BOOKED}=si", status_code=303)


@post("/citas/{code:str}/horarios", opt=AT_THE_DESK)
async def tell_times_to_move(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template:
    """For htmx: the times of another modality, day or consultor."""
    cita = await _find(code)
    times = await _times_to_move(services, cita, await read_fields(request))
    return Template("kiosk/_times.html", context={"times": times})


async def _find(code: str) -> AppointmentView:
    cita = await find_appointment(normalise_code(code))
    if cita is None:
        raise NotFoundException
    return cita


async def _show_lookup(
    services: DeskServices,
    sitting: Sitting,
    form: FormState,
    found: tuple[ListedCita, ...] = (),
    status: int = HTTP_200_OK,
) -> Template:
    now = await services.now()
    await note_look(sitting, LookKind.AGENDA, now)
    view = LookupView(form, tuple(await citas_of_day(now)), found)
    return Template("kiosk/lookup.html", context={"page": view}, status_code=status)


async def _view(services: DeskServices, cita: AppointmentView, *, new: bool = False, refused: str = "") -> CitaView:
    jobs = await read_jobs_of(cita.id)
    return CitaView(
        cita=cita,
        marks=await find_listed(cita.id),
        former=await find_former(cita.id),
        job=jobs[-1] if jobs else None,
        has_printer=bool(services.settings.printer),
        paper=services.settings.paper,
        may_change=cita.may_change(await services.now()),
        new=new,
        refused=refused,
    )


async def _show_cita(
    services: DeskServices, cita: AppointmentView, status: int = HTTP_200_OK, *, new: bool = False, refused: str = ""
) -> Template:
    view = await _view(services, cita, new=new, refused=refused)
    return Template("kiosk/cita.html", context={"page": view}, status_code=status)


async def _refuse(services: DeskServices, cita: AppointmentView, why: str, status: int = HTTP_409_CONFLICT) -> Template:
    """The cita as it stands now, with a word for why not."""
    return await _show_cita(services, await _find(cita.code), status, refused=why)


async def _show_move(
    services: DeskServices,
    cita: AppointmentView,
    typed: Mapping[str, str],
    *,
    lost: str = "",
    nearest: tuple[Slot, ...] = (),
) -> Template:
    if not cita.may_change(await services.now()):
        return await _refuse(services, cita, "too_late")
    times = await _times_to_move(services, cita, typed, lost=lost, nearest=nearest)
    view = MoveView(cita, times, secrets.token_urlsafe(24))
    return Template("kiosk/move.html", context={"page": view}, status_code=HTTP_409_CONFLICT if lost else HTTP_200_OK)


async def _times_to_move(
    services: DeskServices,
    cita: AppointmentView,
    typed: Mapping[str, str],
    *,
    lost: str = "",
    nearest: tuple[Slot, ...] = (),
) -> TimesView | None:
    try:
        wish = await read_wish(typed, service=cita.service_code, modality=cita.modality)
    except NotOffered:
        return None
    return await view_times(services, wish, typed, lost=lost, nearest=nearest, moving=cita)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    show_lookup,
    look_up,
    show_cita,
    tell_print,
    print_once_more,
    print_slip,
    ask_to_cancel,
    cancel,
    show_move,
    move,
    tell_times_to_move,
)
