"""Who of the staff may see a cita, and who may act on it (DOMAIN, windows): the one place that says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.domain.desk import DeskCita
from portal.domain.staff import StaffView
from portal.domain.vocabulary import Role, State


def sees_all_centers(staff: StaffView) -> bool:
    """Administradores, and responsables without a sede, see all."""
    return staff.role is Role.ADMINISTRATOR or (staff.role is Role.SUPERVISOR and staff.center is None)


def sees_center(staff: StaffView, center: UUID) -> bool:
    """Everybody sees their own sede; some see all."""
    return sees_all_centers(staff) or staff.center == center


def may_see(staff: StaffView, cita: DeskCita) -> bool:
    """Whether a cita is of a sede that they see. What one may not see is answered as if it did not exist."""
    return sees_center(staff, cita.center)


def may_act(staff: StaffView, cita: DeskCita, now: datetime) -> bool:
    """Whether they may take its steps: their own, one that was transferred to them, or one that nobody cares for.

    The latter are those that nobody was invited to in time and those whose day went by without a record; the colleague
    who takes one over keeps it. Who steers may always.
    """
    if not may_see(staff, cita):
        return False
    return (
        staff.steers
        or staff.id in (cita.consultant, cita.attended_by)
        or cita.left_waiting(now)
        or cita.day_is_over(now)
    )


def may_record_not_held(staff: StaffView, cita: DeskCita, now: datetime) -> bool:
    """Whether they may record that it was not held: also a colleague, once it should have begun."""
    return cita.state in (State.RESERVED, State.IN_ATTENTION) and (
        may_act(staff, cita, now) or (may_see(staff, cita) and now >= cita.starts_at)
    )
