"""The slip of a cita for the staff: to print again, or for who has no e-mail."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from portal.documents.slip import Paper
from portal.documents.slip_of import Signer, slip_of
from portal.domain.appointments import find_appointment_by_id
from portal.domain.audit import Action, write_audit
from portal.domain.desk import find_desk_cita
from portal.domain.permissions import may_see
from portal.domain.vocabulary import ACTIVE_STATES
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices

_HEADERS: Final = {"content-disposition": 'inline; filename="constancia.pdf"'}


@get("/atenciones/{cita:uuid}/constancia.pdf", opt=only_staff())
async def print_slip(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, cita: FromPath[UUID]
) -> Response[bytes] | Redirect:
    """The slip, signed now: A5, or ``?formato=ticket`` for the roll. A cita that is over has none: back to its page."""
    found, view = await find_desk_cita(cita), await find_appointment_by_id(cita)
    if found is None or view is None or not may_see(staff, found):
        raise NotFoundException
    if found.state not in ACTIVE_STATES:
        return Redirect(f"/atenciones/{cita}", status_code=303)
    now = services.now()
    await write_audit(actor, Action.FILE_OPENED, now, appointment=cita, subject="constancia")
    paper = Paper.TICKET if request.query_params.get("formato") == Paper.TICKET else Paper.A5
    signer = Signer(services.settings.node_name, services.keys.signing.private)
    pdf = await services.renderer.slip_pdf(slip_of(view, services.settings.origin, signer, now), paper)
    return Response(pdf, media_type="application/pdf", headers=_HEADERS)


ROUTES: tuple[ControllerRouterHandler, ...] = (print_slip,)
