"""One attention: the procedure as steps, and the forms that take them (PE-BT-01, activities 02 to 08)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_204_NO_CONTENT,
    HTTP_403_FORBIDDEN,
    HTTP_409_CONFLICT,
    HTTP_422_UNPROCESSABLE_ENTITY,
)
from litestar.types import ControllerRouterHandler

from portal.domain.attention_record import find_record, save_notes
from portal.domain.audit import Action, write_audit
from portal.domain.desk import DeskCita, find_desk_cita
from portal.domain.errors import DomainError, NewerText
from portal.domain.permissions import may_act, may_see
from portal.domain.staff import StaffView
from portal.forms.attention import Mistakes, read_written
from portal.pages.desk.attention_steps import STEPS, Taking, Typed, explain
from portal.pages.desk.attention_view import Refusal, Refused, read_page, version_of
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.fields import read_form
from portal.web.following import read_wanted
from portal.web.services import GivenServices, Services

_AGENDA: Final = "/agenda"
_PAGE: Final = "/atenciones/{appointment:uuid}"


@get(_PAGE, opt=only_staff())
async def show_attention(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, appointment: FromPath[UUID]
) -> Template | Response[None]:
    """The page; for htmx only how the cita stands, or nothing while the ``version`` that the page shows still holds."""
    now = services.now()
    cita = await _find(appointment, staff)
    await write_audit(actor, Action.CITA_SEEN, now, appointment=appointment, once=True)
    if request.headers.get("hx-request") != "true":
        return await _show(cita, staff, services)
    if request.query_params.get("version") == version_of(cita, now):
        return Response(None, status_code=HTTP_204_NO_CONTENT)
    page = await read_page(cita, staff, now, own_rooms=bool(services.rules.jitsi_url))
    return Template("desk/_standing.html", context={"page": page, "changed": True})


@post(f"{_PAGE}/{{step:str}}", opt=only_staff())
async def take_step(
    request: AnyRequest,
    services: GivenServices,
    staff: GivenStaff,
    actor: GivenActor,
    appointment: FromPath[UUID],
    step: FromPath[str],
) -> Template | Redirect:
    """Take one step; back to the page, or to the agenda when the form says so (``volver``).

    A step that cannot be taken (any more) comes back as the page with the reason and what was typed: 422 for what was
    typed wrong, 409 when the cita moved on, 403 when it is a colleague's.
    """
    form = STEPS.get(step)
    if form is None:
        raise NotFoundException
    now, typed = services.now(), await _read(request)
    cita = await _find(appointment, staff)
    if not form.permits(staff, cita, now):
        refused = Refused(step, Refusal.NOT_YOURS, form=typed.state())
        return await _show(cita, staff, services, refused, HTTP_403_FORBIDDEN)
    try:
        await form.take(Taking(cita, staff, typed, now, services.rules, services.settings.survey_days))
    except (DomainError, Mistakes) as error:
        refused = explain(step, typed, error)
        status = HTTP_422_UNPROCESSABLE_ENTITY if refused.why is Refusal.MISTAKES else HTTP_409_CONFLICT
        return await _show(await _find(appointment, staff), staff, services, refused, status)
    await write_audit(actor, Action.CITA_CHANGED, now, appointment=appointment, step=step)
    return Redirect(_back(typed, appointment), status_code=303)


@post(f"{_PAGE}/observaciones", opt=only_staff())
async def keep_text(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, appointment: FromPath[UUID]
) -> Template:
    """Keep what was typed so far; answers how that went, for the page to put beside the text.

    409 and the newer text when another window wrote since; 422 when it cannot be kept as it is.
    """
    now, typed = services.now(), await _read(request)
    cita = await _find(appointment, staff)
    status, refused = HTTP_200_OK, None
    try:
        if not may_act(staff, cita, now):
            refused, status = Refused("temas", Refusal.NOT_YOURS), HTTP_403_FORBIDDEN
        else:
            await save_notes(appointment, read_written(typed.fields, typed.topics), now)
            await write_audit(actor, Action.CITA_CHANGED, now, appointment=appointment, once=True, step="observaciones")
    except (DomainError, Mistakes) as error:
        refused = explain("temas", typed, error)
        status = HTTP_409_CONFLICT if isinstance(error, NewerText) else HTTP_422_UNPROCESSABLE_ENTITY
    context = {"record": await find_record(appointment), "refused": refused, "kept_at": now}
    return Template("desk/_kept.html", context=context, status_code=status)


async def _find(appointment: UUID, staff: StaffView) -> DeskCita:
    """The cita, if this person may see it. Raises NotFoundException, alike for foreign and unknown ones."""
    cita = await find_desk_cita(appointment)
    if cita is None or not may_see(staff, cita):
        raise NotFoundException
    return cita


async def _read(request: AnyRequest) -> Typed:
    fields: dict[str, str] = {}
    topics = []
    for name, value in (await read_form(request)).multi_items():
        if not isinstance(value, str):
            continue
        if name == "temas":
            topics.append(value)
        fields.setdefault(name, value)
    return Typed(fields, tuple(topics))


def _back(typed: Typed, appointment: UUID) -> str:
    wanted = typed.fields.get("volver", "")
    if wanted == "agenda":
        return _AGENDA
    wanted = read_wanted(wanted)
    return wanted if wanted.startswith(_AGENDA) else f"/atenciones/{appointment}"


async def _show(
    cita: DeskCita,
    staff: StaffView,
    services: Services,
    refused: Refused | None = None,
    status: int = HTTP_200_OK,
) -> Template:
    own_rooms = bool(services.rules.jitsi_url)
    page = await read_page(cita, staff, services.now(), own_rooms=own_rooms, refused=refused)
    return Template("desk/attention.html", context={"page": page, "changed": False}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_attention, keep_text, take_step)
