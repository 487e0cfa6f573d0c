"""What was sent to whom and with what fate, whom to call instead, and sending again by hand (PE-BT-01, activity 02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from litestar import get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_409_CONFLICT, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.attention_invitation import log_contact
from portal.domain.audit import Action, write_audit
from portal.domain.catalogue import CenterInfo, read_catalogue
from portal.domain.desk import DeskCita, find_desk_cita
from portal.domain.errors import NotReserved
from portal.domain.ledger import Fate, Ledger, LedgerQuery, read_ledger
from portal.domain.permissions import may_act, may_see, sees_center
from portal.domain.resending import Resent, find_message_cita, resend
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.domain.unreached import Unreached, list_unreached
from portal.domain.vocabulary import ContactChannel, MessageKind
from portal.forms.contact import phone_in_words
from portal.forms.messages import MessagesQuery, Told, read_messages_query, read_outcome
from portal.forms.question import read_identity
from portal.forms.state import FormState
from portal.pages.words import choices
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices, Services

_PAGE: Final = "/avisos"


@dataclass(frozen=True, slots=True)
class ToCall:
    """Somebody to call, with the number as one reads it. ``click`` names the press of a button beside it."""

    unreached: Unreached
    phone: str
    click: UUID


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """``query`` leads back to what is shown, ``click`` names the press of a button. ``refused``: why it was none."""

    ledger: Ledger
    to_call: tuple[ToCall, ...]
    day: date
    is_today: bool
    number: int
    form: FormState
    centers: tuple[CenterInfo, ...]
    query: str
    other_day: str
    click: UUID
    told: Told | None = None
    refused: Resent | None = None
    kind_choices: tuple[tuple[str, str], ...] = choices(*MessageKind)
    fate_choices: tuple[tuple[str, str], ...] = choices(*Fate)

    @property
    def before(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def after(self) -> date:
        return self.day + timedelta(days=1)

    @property
    def center_choices(self) -> tuple[tuple[str, str], ...]:
        return tuple((center.code, center.name) for center in self.centers)


@get(_PAGE, opt=only_staff())
async def show_messages(request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor) -> Template:
    """The page. Query: ``fecha``, ``estado``, ``tipo``, ``sede``, ``pagina``; ``hecho`` is what was just done."""
    now = services.now()
    await write_audit(actor, Action.MESSAGES_SEEN, now, subject=staff.center_code or "todas", once=True)
    return await _show(request, services, staff)


@post(f"{_PAGE}/{{message:uuid}}/reenviar", opt=only_staff())
async def send_again(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, message: FromPath[UUID]
) -> Template | Redirect:
    """Send a message about a cita once more; 409 with the reason where it would be of no use."""
    now, fields = services.now(), await read_fields(request)
    cita = await _find(await find_message_cita(message), staff)
    if not may_act(staff, cita, now):
        raise PermissionDeniedException
    outcome = await resend(message, staff.id, read_identity(fields), now)
    if outcome not in (Resent.DONE, Resent.ALREADY):
        return await _show(request, services, staff, refused=outcome, status=HTTP_409_CONFLICT)
    if outcome is Resent.DONE:
        await write_audit(actor, Action.MESSAGE_RESENT, now, appointment=cita.id, subject=str(message))
    return _back(request, services, Told.RESENT)


@post(f"{_PAGE}/llamadas/{{appointment:uuid}}", opt=only_staff())
async def note_call(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, appointment: FromPath[UUID]
) -> Template | Redirect:
    """Note a call and how it ended (field ``resultado``); whoever was reached leaves the list."""
    now, fields = services.now(), await read_fields(request)
    cita = await _find(appointment, staff)
    if not may_act(staff, cita, now):
        raise PermissionDeniedException
    outcome = read_outcome(fields)
    if outcome is None:
        return await _show(request, services, staff, status=HTTP_422_UNPROCESSABLE_ENTITY)
    try:
        await log_contact(appointment, staff.id, ContactChannel.PHONE, outcome, "", now, read_identity(fields))
    except NotReserved:
        return await _show(request, services, staff, refused=Resent.NO_LONGER_TRUE, status=HTTP_409_CONFLICT)
    await write_audit(actor, Action.CITA_CHANGED, now, appointment=appointment, step="contacto")
    return _back(request, services, Told.CALL_NOTED)


async def _find(appointment: UUID | None, staff: StaffView) -> DeskCita:
    """The cita, if this person may see it. Raises NotFoundException, alike for foreign and unknown ones."""
    cita = await find_desk_cita(appointment) if appointment is not None else None
    if cita is None or not may_see(staff, cita):
        raise NotFoundException
    return cita


async def _show(
    request: AnyRequest,
    services: Services,
    staff: StaffView,
    *,
    refused: Resent | None = None,
    status: int = HTTP_200_OK,
) -> Template:
    now, wanted = services.now(), read_messages_query(request.query_params)
    today = local_day(now)
    day = wanted.day or today
    catalogue = await read_catalogue()
    centers = tuple(center for center in catalogue.centers if sees_center(staff, center.id))
    center = next((one.id for one in centers if one.code == wanted.center), None)
    ledger = await read_ledger(staff, LedgerQuery(day, wanted.fate, wanted.kind, center, wanted.page), now)
    to_call = [
        ToCall(one, phone_in_words(one.cita.phone) if one.cita.phone else "", uuid4())
        for one in await list_unreached(staff, now, center)
    ]
    chosen = _chosen(wanted)
    page = MessagesPage(
        ledger=ledger,
        to_call=tuple(to_call),
        day=day,
        is_today=day == today,
        number=wanted.page,
        form=FormState({"fecha": day.isoformat(), **chosen}),
        centers=centers if len(centers) > 1 else (),
        query=urlencode({"fecha": day.isoformat(), **chosen}),
        other_day=urlencode(chosen),
        click=uuid4(),
        told=wanted.told if request.method == "GET" else None,
        refused=refused,
    )
    return Template("desk/messages.html", context={"page": page}, status_code=status)


def _chosen(wanted: MessagesQuery) -> dict[str, str]:
    """The filters but the day, as they stand in addresses."""
    filters = {"estado": wanted.fate or "", "tipo": wanted.kind or "", "sede": wanted.center}
    return {name: str(value) for name, value in filters.items() if value}


def _back(request: AnyRequest, services: Services, told: Told) -> Redirect:
    wanted = read_messages_query(request.query_params)
    day = wanted.day or local_day(services.now())
    query = urlencode({"fecha": day.isoformat(), **_chosen(wanted), "hecho": told.value})
    return Redirect(f"{_PAGE}?{query}", status_code=303)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_messages, send_again, note_call)
