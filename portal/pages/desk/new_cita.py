"""Book for a caller or a person at the desk, by the same engine as citizens (PE-BT-01, activity 01).

One form on one address. What is not asked for at a step travels in it unseen, so nothing typed is lost whatever
happens, and no address ever tells whose document it is.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_409_CONFLICT, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, Actor, write_audit
from portal.domain.booking import Request, book, find_booked
from portal.domain.catalogue import read_catalogue
from portal.domain.desk import DeskCita, find_desk_cita
from portal.domain.desk_booking import (
    DeskHold,
    at_the_desk,
    find_active_cita,
    find_desk_hold,
    free_document,
    upcoming_slots,
)
from portal.domain.errors import AlreadyReserved, HoldNotExtendable, NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.holds import extend_hold, hold_seat, let_go
from portal.domain.people import Consent
from portal.domain.permissions import may_see
from portal.domain.privacy import PRIVACY_VERSION
from portal.domain.rules import BookingRules
from portal.domain.slots import Agenda, Slot, read_slot_key
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.forms.agenda import EVERYBODY, Wanted, read_wanted
from portal.forms.contact import phone_in_words
from portal.forms.details import Details, in_order
from portal.forms.district import look_up_district
from portal.forms.new_cita import Asked, of_another, read_asked, read_desk_details
from portal.forms.state import FormState, Mistake
from portal.pages.desk.new_cita_view import NEW_CITA_PAGE, DoneView, NewCitaView, Stage, view_desk_hold
from portal.pages.desk.scope import Scope, read_scope
from portal.web import metrics
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices

_LONGEST_CODE: Final = 32


@get(NEW_CITA_PAGE, opt=only_staff())
async def show_new_cita(request: AnyRequest, staff: GivenStaff) -> Template:
    """The first question: whose document."""
    scope = await read_scope(staff, _anybody(request.query_params.get("sede", "")))
    view = await _begin(scope, FormState({"consultor": EVERYBODY, "sede": scope.center.code}))
    return _page(view)


@post(NEW_CITA_PAGE, opt=only_staff())
async def take_step(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Whatever button was pressed: look for times, keep one, ask for more time, set a document free, book."""
    typed = await read_fields(request)
    return await Counter(typed, staff, actor, services.now(), at_the_desk(services.rules)).serve()


@get(f"{NEW_CITA_PAGE}/{{cita:uuid}}", opt=only_staff())
async def show_done(services: GivenServices, staff: GivenStaff, actor: GivenActor, cita: FromPath[UUID]) -> Template:
    """The code in large letters, and the slip to print."""
    found = await find_desk_cita(cita)
    if found is None or not may_see(staff, found):
        raise NotFoundException
    await write_audit(actor, Action.CITA_SEEN, services.now(), appointment=found.id, once=True)
    view = DoneView(found, phone_in_words(found.phone) if found.phone else "")
    return Template("desk/new_cita_done.html", context={"done": view})


class Counter:
    """One press of a button on the form."""

    def __init__(
        self, typed: dict[str, str], staff: StaffView, actor: Actor, now: datetime, rules: BookingRules
    ) -> None:
        self._typed = typed
        self._staff = staff
        self._actor = actor
        self._now = now
        self._rules = rules

    async def serve(self) -> Template | Redirect:
        """Read the first part, then do what the button says."""
        token = self._typed.get("apartado", "")
        if token and (booked := await find_booked(token)) is not None:
            return Redirect(f"{NEW_CITA_PAGE}/{booked.id}", status_code=303)  # the same press again
        asked = read_asked(self._typed)
        view = await _begin(await self._read_scope(), FormState(self._typed))
        if not isinstance(asked, Asked):
            return _page(view.with_mistakes(asked), HTTP_422_UNPROCESSABLE_ENTITY)
        service = next((one for one in view.services if one.code == asked.service), view.services[0])
        agenda = Agenda(service, view.scope.center, asked.modality)
        view = replace(view, service=service, asked=asked)
        step = self._typed.get("paso", "")
        active = await find_active_cita(asked.document_type, asked.document_number, service.id)
        if active is not None and step != "liberar":
            return await self._show_active(view, active)
        if active is not None and (refused := await self._free(active)):
            return await self._show_active(view, active, refused=refused)
        if "horario" in self._typed:
            return await self._hold(view, agenda)
        if step in ("reservar", "ampliar"):
            return await self._go_on(view, agenda, asked, step)
        if step == "otro" and token:
            await let_go(token)
        return await self._offer(view, agenda, freed=active is not None)

    async def _read_scope(self) -> Scope:
        """The sede, and the consultor if one of that sede was chosen; the lists may have changed since."""
        wanted = read_wanted(self._typed)
        scope = await read_scope(self._staff, _anybody(wanted.center))
        chosen = next((one for one in scope.consultants if one.id == wanted.consultant), None)
        return replace(scope, consultant=chosen)

    async def _show_active(self, view: NewCitaView, active: DeskCita, *, refused: str = "") -> Template:
        """The person has a cita already: this is the one page on which staff sees it by its document."""
        await write_audit(self._actor, Action.CITA_SEEN, self._now, appointment=active.id, once=True)
        may_open = may_see(self._staff, active)
        return _page(replace(view, active=active, may_open=may_open, refused=refused), HTTP_409_CONFLICT)

    async def _free(self, active: DeskCita) -> str:
        """Set the document free; else a word for why not."""
        try:
            await free_document(active, self._actor, self._now, self._rules)
        except (TooLate, NotReserved):
            return "begun"
        return ""

    async def _offer(
        self, view: NewCitaView, agenda: Agenda, *, freed: bool = False, lost: str = "", nearest: tuple[Slot, ...] = ()
    ) -> Template:
        """The nearest times; ``lost`` says that the one that was chosen is gone."""
        consultant = None if lost else self._consultant_of(view)
        first = view.asked.day if view.asked else None
        slots = await upcoming_slots(agenda, first, consultant, self._now, self._rules)
        shown = replace(view, stage=Stage.TIMES, slots=tuple(slots), nearest=nearest, lost=lost, freed=freed)
        if lost:
            shown = replace(shown, form=FormState({**self._typed, "consultor": EVERYBODY, "apartado": ""}))
        return _page(shown, HTTP_409_CONFLICT if lost else HTTP_200_OK)

    async def _hold(self, view: NewCitaView, agenda: Agenda) -> Template:
        """Keep a seat of the chosen time while the details are asked for."""
        token = secrets.token_urlsafe(24)
        try:
            key = read_slot_key(self._typed["horario"])
            former = self._typed.get("apartado") or None
            await hold_seat(
                replace(key, modality=agenda.modality), token, former, self._now, self._rules, self._consultant_of(view)
            )
        except NotOffered:
            return await self._offer(view, agenda, lost="not_offered")
        except SeatTaken as lost:
            metrics.count(metrics.Outcome.SEAT_TAKEN)
            return await self._offer(view, agenda, lost="taken", nearest=lost.nearest)
        held = await find_desk_hold(token, agenda.modality)
        if held is None:
            return await self._offer(view, agenda, lost="taken")
        return self._ask_details(view, held)

    def _ask_details(self, view: NewCitaView, held: DeskHold, mistakes: tuple[Mistake, ...] = ()) -> Template:
        form = FormState({**self._typed, "apartado": held.token, "elegido": str(held.key)}, mistakes)
        hold = view_desk_hold(held, self._now, self._rules)
        status = HTTP_422_UNPROCESSABLE_ENTITY if mistakes else HTTP_200_OK
        return _page(replace(view, stage=Stage.DETAILS, form=form, hold=hold), status)

    async def _go_on(self, view: NewCitaView, agenda: Agenda, asked: Asked, step: str) -> Template | Redirect:
        """More time, or book; the seat may be gone by now."""
        held = await find_desk_hold(self._typed.get("apartado", ""), asked.modality)
        if held is None:
            return await self._offer_after_loss(view, agenda)
        if step == "ampliar":
            try:
                await extend_hold(held.token, self._now, self._rules)
            except HoldNotExtendable:
                return self._ask_details(view, replace(held, extensions=self._rules.hold_extensions))
            return self._ask_details(view, await find_desk_hold(held.token, asked.modality) or held)
        read = read_desk_details(self._typed, local_day(self._now))
        mistakes = () if isinstance(read, Details) else read
        district, doubt, districts = await look_up_district(self._typed.get("ubigeo", ""))
        if doubt is not None and not any(mistake.field == "ubigeo" for mistake in mistakes):
            mistakes = in_order((*mistakes, *of_another((doubt,))))
        if mistakes or not isinstance(read, Details):
            return self._ask_details(replace(view, districts=districts), held, mistakes)
        person = replace(read.person(), ubigeo=district.ubigeo if district else "")
        consent = Consent(PRIVACY_VERSION, self._now, read.acepta_promociones)
        request = Request(
            held.token,
            held.key,
            held.seat,
            person,
            consent,
            origin=asked.origin,
            booked_by=self._staff.id,
            consultant=self._consultant_of(view),
        )
        try:
            booked = await book(request, self._now, self._rules)
        except SeatTaken as lost:
            metrics.count(metrics.Outcome.SEAT_TAKEN)
            return await self._offer(view, agenda, lost="taken", nearest=lost.nearest)
        except AlreadyReserved:
            active = await find_active_cita(asked.document_type, asked.document_number, agenda.service.id)
            return await (self._show_active(view, active) if active else self._offer(view, agenda))
        if not booked.repeated:
            metrics.count(metrics.Outcome.BOOKED)
            await write_audit(
                self._actor, Action.CITA_BOOKED, self._now, appointment=booked.id, origin=asked.origin.value
            )
        return Redirect(f"{NEW_CITA_PAGE}/{booked.id}", status_code=303)

    @staticmethod
    def _consultant_of(view: NewCitaView) -> UUID | None:
        return view.scope.consultant.id if view.scope.consultant else None

    async def _offer_after_loss(self, view: NewCitaView, agenda: Agenda) -> Template:
        """The hold ran out and somebody took the seat: the times around it."""
        try:
            wished = replace(read_slot_key(self._typed.get("elegido", "")), modality=agenda.modality)
            token = secrets.token_urlsafe(24)  # another seat at the same time does as well
            await hold_seat(wished, token, None, self._now, self._rules, self._consultant_of(view))
        except NotOffered:
            return await self._offer(view, agenda, lost="not_offered")
        except SeatTaken as lost:
            return await self._offer(view, agenda, lost="taken", nearest=lost.nearest)
        held = await find_desk_hold(token, agenda.modality)
        return self._ask_details(view, held) if held else await self._offer(view, agenda, lost="taken")


def _anybody(center: str) -> Wanted:
    return Wanted(center[:_LONGEST_CODE], everybody=True)


async def _begin(scope: Scope, form: FormState) -> NewCitaView:
    services = (await read_catalogue()).services
    if not services:
        raise NotFoundException
    return NewCitaView(scope, services, services[0], form)


def _page(view: NewCitaView, status: int = HTTP_200_OK) -> Template:
    return Template("desk/new_cita.html", context={"new": view}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_new_cita, take_step, show_done)
