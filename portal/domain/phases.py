"""Where a cita stands for its owner at a moment: what the page tells them to do now (DOMAIN, windows)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from portal.domain.appointments import AppointmentView
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import State

TOLERANCE = timedelta(minutes=5)
"""How long the consultor waits, from the later of start and invitation (PE-BT-01, activity 03)."""

ENTER_BEFORE = timedelta(minutes=10)
"""*Inicio* may be pressed from then on, so whoever is early is not told to come back later."""


def tolerance_ends(starts_at: datetime, invited_at: datetime) -> datetime:
    """Until when the consultor waits: five minutes from the later of start and invitation."""
    return max(starts_at, invited_at) + TOLERANCE


class Phase(StrEnum):
    """Of a reserved cita its time decides; of any other its state."""

    AHEAD = "ahead"
    TODAY = "today"
    BEGINNING = "beginning"
    READY = "ready"
    UNANSWERED = "unanswered"
    BEHIND = "behind"
    UNDER_WAY = "under_way"
    ATTENDED = "attended"
    CANCELLED = "cancelled"
    MOVED = "moved"
    ABANDONED = "abandoned"
    NOT_HELD = "not_held"


_OF_STATE = {
    State.IN_ATTENTION: Phase.UNDER_WAY,
    State.ATTENDED: Phase.ATTENDED,
    State.CANCELLED: Phase.CANCELLED,
    State.RESCHEDULED: Phase.MOVED,
    State.ABANDONED: Phase.ABANDONED,
    State.NOT_HELD: Phase.NOT_HELD,
}


def phase_of(cita: AppointmentView, now: datetime) -> Phase:
    """The phase of a cita at ``now`` (aware).

    READY: the consultor invited, and waits; UNANSWERED: nobody invited its owner within the tolerance after the start;
    BEHIND: reserved still, on a later day.
    """
    if cita.state is not State.RESERVED:
        return _OF_STATE[cita.state]
    if now < cita.starts_at - ENTER_BEFORE:
        return Phase.TODAY if days_left(cita, now) == 0 else Phase.AHEAD
    if days_left(cita, now) < 0:
        return Phase.BEHIND
    if cita.invited_at is not None:
        return Phase.READY
    return Phase.UNANSWERED if now >= cita.starts_at + TOLERANCE else Phase.BEGINNING


def days_left(cita: AppointmentView, now: datetime) -> int:
    """Midnights in Lima between now and the cita: 0 today, 1 tomorrow, negative when its day is over."""
    return (local_day(cita.starts_at) - local_day(now)).days
