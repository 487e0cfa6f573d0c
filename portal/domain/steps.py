"""The one next step of a cita for the staff (PE-BT-01, activities 03 to 06)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from portal.domain.desk import DeskCita
from portal.domain.vocabulary import State


class Step(StrEnum):
    """What is due next. INVITE means: mail the link, ring the number, or call the person to the desk, by modality."""

    WAIT = "wait"
    INVITE = "invite"
    START = "start"
    ABANDON = "abandon"
    FINISH = "finish"
    RECORD = "record"
    NONE = "none"


def next_step(cita: DeskCita, now: datetime) -> Step:
    """What the staff does next with a cita at ``now`` (aware UTC)."""
    if cita.state is State.IN_ATTENTION:
        return Step.FINISH
    if cita.state is not State.RESERVED:
        return Step.NONE
    if cita.day_is_over(now):
        return Step.RECORD
    if now < cita.may_start_at:
        return Step.WAIT
    if cita.tolerance_ends is None:
        return Step.INVITE
    return Step.START if now < cita.tolerance_ends else Step.ABANDON
