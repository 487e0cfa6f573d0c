"""The kiosks: the list, a new one, the code that pairs a machine, giving one up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_409_CONFLICT, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.domain.catalogue import CenterInfo, read_catalogue
from portal.domain.epochs import PausedCenter, find_unchecked_restore, list_paused, note_checked
from portal.domain.exchange import Standing
from portal.domain.kiosks import (
    PAIRING_LASTS,
    KioskUnknown,
    KioskView,
    LentSeat,
    list_kiosks,
    make_kiosk,
    make_pairing_code,
    revoke,
    what_may_collide,
)
from portal.domain.leases import recall
from portal.domain.permissions import sees_center
from portal.domain.staff import StaffView
from portal.domain.vocabulary import Role
from portal.forms.kiosk import read_new_kiosk
from portal.forms.state import FormState
from portal.web.admission import GivenActor, GivenStaff, only
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices, Services

PAGE: Final = "/gestion/modulos"
STEERING: Final = only(Role.SUPERVISOR, Role.ADMINISTRATOR)
_ADMINISTRATOR: Final = only(Role.ADMINISTRATOR)
_ONE: Final = f"{PAGE}/{{kiosk:uuid}}"
_MOST_OFF_SECONDS: Final = 120
_SECONDS_OF_MINUTE: Final = 60
_MINUTES_TOLD: Final = 60
_COPY_IS_NEWS: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KioskLine:
    """A kiosk in the list. ``minutes_ago`` is None where a time says it better, or nothing does. ``copied``: a machine
    with an older copy of it asked lately.
    """

    kiosk: KioskView
    minutes_ago: int | None
    clock_minutes: int
    ahead: bool
    lent: int
    copied: bool

    @property
    def address(self) -> str:
        return f"{PAGE}/{self.kiosk.id}"


@dataclass(frozen=True, slots=True)
class KiosksPage:
    """``changed`` names what was just done. ``restored``: the portal was, and nobody has checked the list since."""

    lines: tuple[KioskLine, ...]
    paused: tuple[PausedCenter, ...]
    centers: tuple[CenterInfo, ...]
    may_make: bool
    changed: str
    restored: datetime | None


@dataclass(frozen=True, slots=True)
class KioskPage:
    """One kiosk. ``seats`` are those that it may have sold without our knowing."""

    line: KioskLine
    seats: tuple[LentSeat, ...]
    may_make: bool
    changed: str


@get(PAGE, opt=STEERING)
async def show_kiosks(request: AnyRequest, services: GivenServices, staff: GivenStaff) -> Template:
    """All kiosks of the sedes that one steers, and which sedes wait for theirs."""
    now = services.now()
    kiosks = [kiosk for kiosk in await list_kiosks() if sees_center(staff, kiosk.center)]
    centers = (await read_catalogue()).centers
    page = KiosksPage(
        lines=tuple([await _line(kiosk, now) for kiosk in kiosks]),
        paused=tuple(paused for paused in await list_paused() if sees_center(staff, paused.id)),
        centers=tuple(center for center in centers if sees_center(staff, center.id)),
        may_make=staff.role is Role.ADMINISTRATOR,
        changed=request.query_params.get("hecho", ""),
        restored=await find_unchecked_restore() if kiosks else None,
    )
    return Template("office/kiosks.html", context={"page": page})


@post(f"{PAGE}/revisados", opt=_ADMINISTRATOR)
async def take_check(request: AnyRequest, services: GivenServices, actor: GivenActor) -> Redirect:
    """Somebody has looked through the list since the restore that the page told of."""
    restored = await find_unchecked_restore()
    if restored is None or (await read_fields(request)).get("restaurado") != restored.isoformat():
        return Redirect(PAGE, status_code=303)  # done already, or restored again: the page says so
    await note_checked(restored, actor, services.now())
    return Redirect(f"{PAGE}?hecho=revisados", status_code=303)


@get(f"{PAGE}/nuevo", opt=_ADMINISTRATOR)
async def show_new_kiosk() -> Template:
    """The form of a new kiosk."""
    centers = (await read_catalogue()).centers
    return _show_form(FormState({"sede": centers[0].code if len(centers) == 1 else ""}), centers)


@post(f"{PAGE}/nuevo", opt=_ADMINISTRATOR)
async def take_new_kiosk(request: AnyRequest, services: GivenServices, actor: GivenActor) -> Template | Redirect:
    """Make a kiosk; it has no machine yet."""
    fields, centers = await read_fields(request), (await read_catalogue()).centers
    read = read_new_kiosk(fields, centers)
    if isinstance(read, tuple):
        return _show_form(FormState(fields, read), centers)
    kiosk = await make_kiosk(read.name, read.center)
    await write_audit(actor, Action.KIOSK_CHANGED, services.now(), subject=str(kiosk), change="added")
    return _back(kiosk, "nuevo")


@get(_ONE, opt=STEERING)
async def show_kiosk(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, kiosk: FromPath[UUID]
) -> Template:
    """How one kiosk stands, and what may be done about it."""
    return await _show(await find_kiosk(kiosk, staff), services, staff, request.query_params.get("hecho", ""))


@post(f"{_ONE}/codigo", opt=_ADMINISTRATOR)
async def show_code(services: GivenServices, staff: GivenStaff, actor: GivenActor, kiosk: FromPath[UUID]) -> Template:
    """Make a pairing code; no page shows it again, and an earlier one is void."""
    found, now = await find_kiosk(kiosk, staff), services.now()
    try:
        code = await make_pairing_code(kiosk, actor.staff, now)
    except KioskUnknown:
        return await _show(found, services, staff, "emparejado", HTTP_409_CONFLICT)
    await write_audit(actor, Action.KIOSK_CHANGED, now, subject=str(kiosk), change="pairing_code")
    context = {"kiosk": found, "code": code, "until": now + PAIRING_LASTS, "address": services.settings.origin}
    return Template("office/kiosk_code.html", context=context, status_code=HTTP_200_OK)


@get(f"{_ONE}/baja", opt=_ADMINISTRATOR)
async def show_revoking(services: GivenServices, staff: GivenStaff, kiosk: FromPath[UUID]) -> Template | Redirect:
    """What giving a kiosk up means, and which seats may be sold twice by it."""
    found = await find_kiosk(kiosk, staff)
    if found.standing is Standing.REVOKED:
        return _back(kiosk, "")
    context = {"kiosk": found, "seats": await what_may_collide(kiosk, services.now())}
    return Template("office/kiosk_revoke.html", context=context)


@post(f"{_ONE}/baja", opt=_ADMINISTRATOR)
async def take_revoking(
    services: GivenServices, staff: GivenStaff, actor: GivenActor, kiosk: FromPath[UUID]
) -> Redirect:
    """Trust it no more, from its next exchange on."""
    await find_kiosk(kiosk, staff)
    now = services.now()
    if await revoke(kiosk, now):
        await write_audit(actor, Action.KIOSK_CHANGED, now, subject=str(kiosk), change="revoked")
    return _back(kiosk, "baja")


@post(f"{_ONE}/retirar", opt=STEERING)
async def recall_all(services: GivenServices, staff: GivenStaff, actor: GivenActor, kiosk: FromPath[UUID]) -> Redirect:
    """Ask for its unsold seats back."""
    await find_kiosk(kiosk, staff)
    now = services.now()
    number = await recall(kiosk, now)
    await write_audit(actor, Action.LEASES_CHANGED, now, subject=str(kiosk), change="recalled", number=str(number))
    return _back(kiosk, "retirar")


async def find_kiosk(kiosk: UUID, staff: StaffView) -> KioskView:
    """The kiosk, if it is of a sede that this person steers. Raises NotFoundException."""
    found = next((one for one in await list_kiosks() if one.id == kiosk), None)
    if found is None or not sees_center(staff, found.center):
        raise NotFoundException
    return found


async def _line(kiosk: KioskView, now: datetime) -> KioskLine:
    minutes = None if kiosk.seen_at is None else int((now - kiosk.seen_at).total_seconds()) // _SECONDS_OF_MINUTE
    off = abs(kiosk.offset_seconds)
    return KioskLine(
        kiosk=kiosk,
        minutes_ago=minutes if minutes is not None and minutes < _MINUTES_TOLD else None,
        clock_minutes=round(off / _SECONDS_OF_MINUTE) if off > _MOST_OFF_SECONDS else 0,
        ahead=kiosk.offset_seconds > 0,
        lent=len(await what_may_collide(kiosk.id, now)),
        copied=kiosk.copy_seen_at is not None and now - kiosk.copy_seen_at < _COPY_IS_NEWS,
    )


async def _show(
    kiosk: KioskView, services: Services, staff: StaffView, changed: str, status: int = HTTP_200_OK
) -> Template:
    now = services.now()
    page = KioskPage(
        line=await _line(kiosk, now),
        seats=tuple(await what_may_collide(kiosk.id, now)),
        may_make=staff.role is Role.ADMINISTRATOR,
        changed=changed,
    )
    return Template("office/kiosk.html", context={"page": page}, status_code=status)


def _show_form(form: FormState, centers: tuple[CenterInfo, ...]) -> Template:
    context = {"form": form, "centers": tuple((center.code, center.name) for center in centers)}
    status = HTTP_422_UNPROCESSABLE_ENTITY if form.mistakes else HTTP_200_OK
    return Template("office/kiosk_form.html", context=context, status_code=status)


def _back(kiosk: UUID, changed: str) -> Redirect:
    return Redirect(f"{PAGE}/{kiosk}?hecho={changed}" if changed else f"{PAGE}/{kiosk}", status_code=303)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    show_kiosks,
    take_check,
    show_new_kiosk,
    take_new_kiosk,
    show_kiosk,
    show_code,
    show_revoking,
    take_revoking,
    recall_all,
)
