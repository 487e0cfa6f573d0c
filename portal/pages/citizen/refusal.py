"""Why something cannot be done with a cita any more (or not in this way), and what can."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.response import Template
from litestar.status_codes import HTTP_409_CONFLICT

from portal.domain.appointments import AppointmentView, find_appointment
from portal.domain.phases import Phase, phase_of
from portal.web.access import grant_access
from portal.web.cookies import AnyRequest
from portal.web.services import Services


@dataclass(frozen=True, slots=True)
class RefusalView:
    """The cita that stands in the way, and how it stands."""

    cita: AppointmentView
    phase: Phase


async def show_refusal(
    request: AnyRequest, services: Services, cita: AppointmentView, status: int = HTTP_409_CONFLICT
) -> Template:
    """The page for whoever wants to change, print or add to a cita that is past that."""
    cita = await find_appointment(cita.code) or cita  # as it is now: somebody may have been faster
    view = RefusalView(cita, phase_of(cita, services.now()))
    answer = Template("citizen/refusal.html", context={"refusal": view}, status_code=status)
    if cita.moved_to is not None:
        answer.set_cookie(grant_access(request, services, cita.moved_to))
    return answer
