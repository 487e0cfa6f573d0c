"""Look up what the story knows to be there."""

from __future__ import annotations

from uuid import UUID

from portal.domain.desk import DeskCita, find_desk_cita
from portal.domain.errors import AppointmentUnknown
from portal.domain.staff import StaffView, find_staff


async def the_cita(cita: UUID) -> DeskCita:
    """The cita of an id. Raises AppointmentUnknown."""
    found = await find_desk_cita(cita)
    if found is None:
        raise AppointmentUnknown
    return found


async def the_person(staff: UUID) -> StaffView:
    """The active person of the staff of an id. Raises LookupError."""
    found = await find_staff(staff)
    if found is None:
        raise LookupError(staff)
    return found
