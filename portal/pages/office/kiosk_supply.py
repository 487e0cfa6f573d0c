"""What a sede lends its kiosks, and selling online again without waiting for them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.catalogue import CenterInfo, read_catalogue
from portal.domain.epochs import list_paused, waive
from portal.domain.lease_policies import ServicePolicy, list_policies, set_policy
from portal.domain.permissions import sees_center
from portal.domain.staff import StaffView
from portal.forms.kiosk import read_policy, write_policy
from portal.forms.state import FormState
from portal.pages.office.kiosks import PAGE, STEERING
from portal.web.admission import GivenActor, GivenStaff
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """The form of one service."""

    service: ServicePolicy
    form: FormState


@dataclass(frozen=True, slots=True)
class SupplyPage:
    """What a sede lends. ``wrong`` is the form to correct, if any."""

    center: CenterInfo
    policies: tuple[PolicyForm, ...]
    wrong: FormState
    saved: bool


@get(f"{PAGE}/cupos/{{center:uuid}}", opt=STEERING)
async def show_supply(request: AnyRequest, staff: GivenStaff, center: FromPath[UUID]) -> Template:
    """The policy of each service."""
    return await _show(await _find_center(center, staff), saved="hecho" in request.query_params)


@post(f"{PAGE}/cupos/{{center:uuid}}/{{service:uuid}}", opt=STEERING)
async def take_policy(
    request: AnyRequest,
    services: GivenServices,
    staff: GivenStaff,
    actor: GivenActor,
    center: FromPath[UUID],
    service: FromPath[UUID],
) -> Template | Redirect:
    """Keep the policy of one service; it holds from each kiosk's next exchange on."""
    place = await _find_center(center, staff)
    if service not in {one.service for one in await list_policies(center)}:
        raise NotFoundException
    fields = await read_fields(request)
    read = read_policy(fields)
    if isinstance(read, tuple):
        return await _show(place, wrong=service, form=FormState(fields, read))
    await set_policy(center, service, read, actor, services.now())
    return Redirect(f"{PAGE}/cupos/{center}?hecho=cupos", status_code=303)


@get(f"{PAGE}/espera/{{center:uuid}}", opt=STEERING)
async def show_waiver(staff: GivenStaff, center: FromPath[UUID]) -> Template | Redirect:
    """Which kiosks the sede waits for, and what may happen if it does not."""
    place = await _find_center(center, staff)
    paused = await list_paused(place.id)
    if not paused:
        return Redirect(PAGE, status_code=303)
    return Template("office/kiosk_waiver.html", context={"paused": paused[0]})


@post(f"{PAGE}/espera/{{center:uuid}}", opt=STEERING)
async def take_waiver(
    services: GivenServices, staff: GivenStaff, actor: GivenActor, center: FromPath[UUID]
) -> Redirect:
    """Sell online again."""
    place = await _find_center(center, staff)
    await waive(place.id, actor, services.now())
    return Redirect(f"{PAGE}?hecho=reanudada", status_code=303)


async def _find_center(center: UUID, staff: StaffView) -> CenterInfo:
    found = next((one for one in (await read_catalogue()).centers if one.id == center), None)
    if found is None or not sees_center(staff, found.id):
        raise NotFoundException
    return found


async def _show(
    center: CenterInfo, *, wrong: UUID | None = None, form: FormState | None = None, saved: bool = False
) -> Template:
    forms = tuple(
        PolicyForm(one, form if form and one.service == wrong else FormState(write_policy(one.policy)))
        for one in await list_policies(center.id)
    )
    page = SupplyPage(center, forms, form or FormState(), saved)
    status = HTTP_422_UNPROCESSABLE_ENTITY if form else HTTP_200_OK
    return Template("office/kiosk_supply.html", context={"page": page}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_supply, take_policy, show_waiver, take_waiver)
