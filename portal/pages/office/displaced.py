"""What kiosks sold and nobody can attend as it is: citas without a seat, people with two, entries to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_409_CONFLICT
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.domain.catalogue import read_catalogue
from portal.domain.changing import cancel
from portal.domain.desk import DeskCita, find_desk_cita
from portal.domain.desk_booking import at_the_desk, upcoming_slots
from portal.domain.displaced import NotSeated, Twice, Unseated, list_displaced, list_twice, seat_again
from portal.domain.errors import AppointmentUnknown, NotOffered, NotReserved, TooLate
from portal.domain.kiosk_entries import (
    EntryView,
    find_center_of_entry,
    list_settled,
    list_waiting,
    read_printed_codes,
    settle,
)
from portal.domain.permissions import may_see, sees_center
from portal.domain.slots import Agenda, Slot, read_slot_key
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.domain.vocabulary import ACTIVE_STATES
from portal.pages.office.kiosks import STEERING
from portal.web.admission import GivenActor, GivenStaff
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices, Services

PAGE: Final = "/gestion/por-reubicar"
_MOST_TIMES: Final = 60
_CITA: Final = f"{PAGE}/{{cita:uuid}}"


@dataclass(frozen=True, slots=True)
class DisplacedPage:
    """``seated`` is the cita that was just given a seat; ``refused`` says why one was not. ``printed``: of the citas
    that got a new code, the one on their paper.
    """

    displaced: tuple[DeskCita, ...]
    twice: tuple[Twice, ...]
    entries: tuple[EntryView, ...]
    settled: tuple[EntryView, ...]
    printed: Mapping[UUID, str]
    seated: DeskCita | None = None
    refused: Unseated | None = None
    too_late: bool = False
    changed: str = ""


@dataclass(frozen=True, slots=True)
class TimesPage:
    """The free times for a cita, the soonest first."""

    cita: DeskCita
    days: tuple[tuple[date, tuple[Slot, ...]], ...]
    refused: Unseated | None = None


@get(PAGE, opt=STEERING)
async def show_displaced(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template:
    """The lists. Query: ``hecho``, and ``cita`` that got a seat."""
    now = services.now()
    await write_audit(actor, Action.DISPLACED_SEEN, now, subject=staff.center_code or "todas", once=True)
    try:
        seated = await find_desk_cita(UUID(request.query_params.get("cita", "")))
    except ValueError:
        seated = None
    return await _show(
        staff,
        seated=seated if seated is not None and may_see(staff, seated) else None,
        changed=request.query_params.get("hecho", ""),
    )


@get(f"{_CITA}/horarios", opt=STEERING)
async def show_times(services: GivenServices, staff: GivenStaff, actor: GivenActor, cita: FromPath[UUID]) -> Template:
    """The free times that it may get."""
    found = await _find(cita, staff)
    await write_audit(actor, Action.CITA_SEEN, services.now(), appointment=cita, once=True)
    return await _show_times(found, services)


@post(f"{_CITA}/reubicar", opt=STEERING)
async def take_seat(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, cita: FromPath[UUID]
) -> Template | Redirect:
    """Give it a seat: of the time in ``horario``, or without one the nearest to its own."""
    found, typed = await _find(cita, staff), (await read_fields(request)).get("horario", "")
    try:
        key = read_slot_key(typed) if typed else None
        await seat_again(cita, key, actor, services.now(), services.rules)
    except NotOffered:
        return await _show_times(found, services, Unseated.TAKEN)
    except NotSeated as refusal:
        if typed and refusal.why is Unseated.TAKEN:
            return await _show_times(found, services, refusal.why)
        return await _show(staff, refused=refusal.why)
    return Redirect(f"{PAGE}?hecho=reubicada&cita={cita}", status_code=303)


@post(f"{_CITA}/anular", opt=STEERING)
async def cancel_one(
    services: GivenServices, staff: GivenStaff, actor: GivenActor, cita: FromPath[UUID]
) -> Template | Redirect:
    """Cancel one of two citas; the one that is left is the person's cita then."""
    found, now = await _find(cita, staff), services.now()
    try:
        await cancel(found.code, now, at_the_desk(services.rules), staff.id)
    except (TooLate, NotReserved, AppointmentUnknown):
        return await _show(staff, too_late=True)
    await write_audit(actor, Action.CITA_CHANGED, now, appointment=cita, step="anular")
    return Redirect(f"{PAGE}?hecho=anulada", status_code=303)


@post(f"{PAGE}/entradas/{{entry:uuid}}", opt=STEERING)
async def take_settled(
    services: GivenServices, staff: GivenStaff, actor: GivenActor, entry: FromPath[UUID]
) -> Redirect:
    """Somebody has dealt with an entry."""
    center = await find_center_of_entry(entry)
    if center is None or not sees_center(staff, center):
        raise NotFoundException
    await settle(entry, actor, services.now())
    return Redirect(f"{PAGE}?hecho=cerrada", status_code=303)


async def _find(cita: UUID, staff: StaffView) -> DeskCita:
    """A cita that is listed here. Raises NotFoundException, alike for foreign and unknown ones."""
    found = await find_desk_cita(cita)
    if found is None or not may_see(staff, found):
        raise NotFoundException
    return found


async def _show(
    staff: StaffView,
    *,
    seated: DeskCita | None = None,
    refused: Unseated | None = None,
    too_late: bool = False,
    changed: str = "",
) -> Template:
    displaced, twice = await list_displaced(staff), await list_twice(staff)
    shown = [*displaced, *(cita for one in twice for cita in (one.cita, one.other)), seated]
    page = DisplacedPage(
        displaced=tuple(displaced),
        twice=tuple(twice),
        entries=tuple(await list_waiting(staff)),
        settled=tuple(await list_settled(staff)),
        printed=await read_printed_codes({cita.id for cita in shown if cita is not None}),
        seated=seated if seated is not None and seated.state in ACTIVE_STATES else None,
        refused=refused,
        too_late=too_late,
        changed=changed,
    )
    status = HTTP_409_CONFLICT if refused or too_late else HTTP_200_OK
    return Template("office/displaced.html", context={"page": page}, status_code=status)


async def _show_times(cita: DeskCita, services: Services, refused: Unseated | None = None) -> Template:
    now, catalogue = services.now(), await read_catalogue()
    center = next((one for one in catalogue.centers if one.id == cita.center), None)
    service = next((one for one in catalogue.services if one.name == cita.service_name), None)
    slots: list[Slot] = []
    if center is not None and service is not None:
        agenda = Agenda(service, center, cita.modality)
        slots = await upcoming_slots(agenda, None, None, now, at_the_desk(services.rules), _MOST_TIMES)
    days = tuple((day, tuple(of_day)) for day, of_day in groupby(slots, lambda slot: local_day(slot.starts_at)))
    page = TimesPage(cita, days, refused)
    return Template(
        "office/displaced_times.html", context={"page": page}, status_code=HTTP_409_CONFLICT if refused else HTTP_200_OK
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (show_displaced, show_times, take_seat, cancel_one, take_settled)
