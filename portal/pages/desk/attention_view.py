"""What the page of an attention shows: the procedure as steps, each with its clock, and what happened so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Final
from uuid import UUID, uuid4

from portal.domain.attention_abandonment import may_take_back
from portal.domain.attention_history import (
    Attempt,
    Happening,
    SentMessage,
    read_attempts,
    read_history,
    read_messages,
)
from portal.domain.attention_record import LONGEST_NOTES, LONGEST_OBSERVATIONS, Record, find_record
from portal.domain.attention_transfer import busy_consultants
from portal.domain.desk import FINAL_ASKED_AFTER, DeskCita
from portal.domain.files import FileView, list_files
from portal.domain.guide import Guide, read_guide
from portal.domain.modality import Modality
from portal.domain.permissions import may_act, may_record_not_held
from portal.domain.staff import StaffView, list_consultants
from portal.domain.steps import Step, next_step
from portal.domain.surveys import Standing, find_survey_of
from portal.domain.times import CitaTimes, find_times_of
from portal.domain.vocabulary import (
    ACTIVE_STATES,
    AbandonMotive,
    ContactChannel,
    ContactOutcome,
    NotHeldReason,
    State,
    Topic,
)
from portal.forms.contact import phone_in_words
from portal.forms.state import FormState
from portal.pages.words import choices

NOTHING_TYPED: Final = FormState()


class Refusal(StrEnum):
    """Why a step was not taken; the template has the sentence."""

    NOT_YOURS = "not_yours"
    TOO_SOON = "too_soon"
    TOO_LATE = "too_late"
    MOVED_ON = "moved_on"
    NOT_INVITED = "not_invited"
    NO_LINK = "no_link"
    NEWER_TEXT = "newer_text"
    HAS_ANOTHER = "has_another"
    MISTAKES = "mistakes"


@dataclass(frozen=True, slots=True)
class Refused:
    """A step that was not taken: which one, why, from when it may be (UTC), and what was typed."""

    step: str
    why: Refusal
    opens_at: datetime | None = None
    form: FormState = NOTHING_TYPED


@dataclass(frozen=True, slots=True)
class Colleague:
    """A consultor of the sede that the cita can go to; ``busy``: has another one at that time."""

    id: UUID
    name: str
    busy: bool


@dataclass(frozen=True, slots=True)
class AttentionPage:
    """The page. ``seconds_left`` of the tolerance are told by the server's clock, None while none runs.

    ``way`` is how it is held, also after a switch. ``asks_final``: it began so long ago that *Final* was perhaps
    forgotten. ``identity`` is the number of the form of an attempt; ``version`` changes when what others can do does.
    """

    cita: DeskCita
    record: Record
    step: Step
    staff: StaffView
    refused: Refused | None
    may_act: bool
    may_not_held: bool
    may_take_back: bool
    seconds_left: int | None
    tolerance_over: bool
    asks_final: bool
    way: Modality
    phone: str
    history: tuple[Happening, ...]
    attempts: tuple[Attempt, ...]
    messages: tuple[SentMessage, ...]
    files: tuple[FileView, ...]
    guide: Guide
    colleagues: tuple[Colleague, ...]
    survey: Standing | None
    times: CitaTimes | None
    own_rooms: bool
    identity: UUID
    version: str
    topics: tuple[Topic, ...] = tuple(Topic)
    channel_choices: tuple[tuple[str, str], ...] = choices(*ContactChannel)
    outcome_choices: tuple[tuple[str, str], ...] = choices(*ContactOutcome)
    motive_choices: tuple[tuple[str, str], ...] = choices(*AbandonMotive)
    reason_choices: tuple[tuple[str, str], ...] = choices(*NotHeldReason)
    modality_choices: tuple[tuple[str, str], ...] = choices(*Modality)
    longest_notes: int = LONGEST_NOTES
    longest_observations: int = LONGEST_OBSERVATIONS

    @property
    def is_active(self) -> bool:
        return self.cita.state in ACTIVE_STATES

    @property
    def may_write(self) -> bool:
        """Whether topics, notes and observations can be typed: from the invitation until the end."""
        return self.may_act and self.is_active

    @property
    def mistakes(self) -> FormState:
        """The form that came back with mistakes, for the summary; else an empty one."""
        refused = self.refused
        return refused.form if refused is not None and refused.why is Refusal.MISTAKES else NOTHING_TYPED

    def form(self, step: str) -> FormState:
        """What a step's form shows: what was typed into it when it was refused, else nothing."""
        return self.refused.form if self.refused is not None and self.refused.step == step else NOTHING_TYPED


async def read_page(
    cita: DeskCita, staff: StaffView, now: datetime, *, own_rooms: bool, refused: Refused | None = None
) -> AttentionPage:
    """The page as it stands for somebody of the staff; ``own_rooms``: the provider makes a room for each cita."""
    survey = await find_survey_of(cita.id)
    ends = cita.tolerance_ends
    waits = cita.state is State.RESERVED and ends is not None
    return AttentionPage(
        cita=cita,
        record=await find_record(cita.id),
        step=next_step(cita, now),
        staff=staff,
        refused=refused,
        may_act=may_act(staff, cita, now),
        may_not_held=may_record_not_held(staff, cita, now) and now >= cita.may_start_at,
        may_take_back=may_act(staff, cita, now) and may_take_back(cita.state, cita.starts_at, cita.ended_at, now),
        seconds_left=max(0, ceil((ends - now).total_seconds())) if waits and ends is not None else None,
        tolerance_over=waits and ends is not None and now >= ends,
        asks_final=_asks_final(cita, now),
        way=Modality(cita.channel or cita.modality),
        phone=phone_in_words(cita.phone) if cita.phone else "",
        history=tuple(await read_history(cita.id)),
        attempts=tuple(await read_attempts(cita.id)),
        messages=tuple(await read_messages(cita.id)),
        files=tuple(await list_files(cita.id)),
        guide=await read_guide(),
        colleagues=await _colleagues_for(cita),
        survey=survey.standing(now) if survey is not None else None,
        times=await find_times_of(cita.id) if cita.invited_at else None,
        own_rooms=own_rooms,
        identity=uuid4(),
        version=version_of(cita, now),
    )


def version_of(cita: DeskCita, now: datetime) -> str:
    """Another one whenever somebody took a step, the tolerance ran out, or *Final* began to be asked about."""
    step = next_step(cita, now)
    asks = "f" if _asks_final(cita, now) else ""
    invited = "i" if cita.invited_at else ""
    return f"{cita.state}-{step}-{invited}{asks}-{cita.channel}-{cita.consultant.hex[:8]}"


def _asks_final(cita: DeskCita, now: datetime) -> bool:
    return (
        cita.state is State.IN_ATTENTION and cita.started_at is not None and now >= cita.started_at + FINAL_ASKED_AFTER
    )


async def _colleagues_for(cita: DeskCita) -> tuple[Colleague, ...]:
    if cita.state not in ACTIVE_STATES:
        return ()
    others = [one for one in await list_consultants(cita.center) if one.id != cita.consultant]
    busy = await busy_consultants(cita.starts_at, cita.ends_at, cita.id, *(one.id for one in others))
    return tuple(Colleague(one.id, one.name, one.id in busy) for one in others)
