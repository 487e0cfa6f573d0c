"""What changes on the page of a cita while its owner looks at it, on the day of the cita and after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from math import ceil
from typing import Final

from portal.domain.appointments import AppointmentView
from portal.domain.attention_abandonment import TAKEN_BACK_WITHIN
from portal.domain.attention_not_held import OfferedTime, chosen_instead, offered_times
from portal.domain.phases import Phase, phase_of, tolerance_ends
from portal.domain.surveys import Standing, find_survey_of, survey_token
from portal.domain.vocabulary import MessageKind

_OFTEN: Final = 15
_SOMETIMES: Final = 60
_NEAR: Final = timedelta(minutes=15)
_AWAITED: Final = frozenset({Phase.BEGINNING, Phase.READY, Phase.UNANSWERED, Phase.UNDER_WAY})


@dataclass(frozen=True, slots=True)
class Live:
    """How a cita stands at a moment.

    ``seconds_left`` of the tolerance are told by the server's clock. ``offered`` are the times kept after a cita that
    was not held, ``chosen`` the code of the one that was taken. ``survey`` is the address of an open survey. The page
    asks again after ``refresh`` seconds (0: never), with the ``version`` that it shows.
    """

    phase: Phase
    tolerance_ends: datetime | None
    seconds_left: int
    offered: tuple[OfferedTime, ...]
    chosen: str | None
    survey: str
    may_still_come: bool
    refresh: int
    version: str


async def read_live(cita: AppointmentView, now: datetime, surveys_key: bytes) -> Live:
    """How it stands now; what only some citas have is asked for only where a notice tells of it."""
    kinds = {notice.kind for notice in cita.notices}
    phase = phase_of(cita, now)
    not_held = phase is Phase.NOT_HELD and MessageKind.NOT_HELD in kinds
    ends = tolerance_ends(cita.starts_at, cita.invited_at) if phase is Phase.READY and cita.invited_at else None
    left = max(0, ceil((ends - now).total_seconds())) if ends else 0
    offered = await offered_times(cita.id, now) if not_held else ()
    chosen = await chosen_instead(cita.id) if not_held else None
    survey = await _survey_of(cita, now, surveys_key) if phase is Phase.ATTENDED and MessageKind.LINKS in kinds else ""
    may_still_come = phase is Phase.ABANDONED and any(
        notice.kind is MessageKind.ABANDONMENT and now < notice.at + TAKEN_BACK_WITHIN for notice in cita.notices
    )
    refresh = _refresh(phase, cita, now, waits=may_still_come or bool(offered))
    shown = (phase, bool(left), cita.invited_at, cita.meet_link, len(offered), chosen, bool(survey), refresh)
    version = blake2b(repr(shown).encode(), digest_size=6).hexdigest()
    return Live(phase, ends, left, offered, chosen, survey, may_still_come, refresh, version)


def _refresh(phase: Phase, cita: AppointmentView, now: datetime, *, waits: bool) -> int:
    if phase in _AWAITED or (phase is Phase.TODAY and now >= cita.starts_at - _NEAR):
        return _OFTEN
    return _SOMETIMES if phase is Phase.TODAY or waits else 0


async def _survey_of(cita: AppointmentView, now: datetime, key: bytes) -> str:
    survey = await find_survey_of(cita.id)
    if survey is None or survey.standing(now) is not Standing.OPEN:
        return ""
    return f"/encuesta/{survey_token(survey.id, key)}"
