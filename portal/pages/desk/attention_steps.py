"""The steps of an attention as its forms ask for them: fields in, one domain function called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from portal.domain.answering import IncidentMovedOn, IncidentUnknown, forward_question
from portal.domain.attention import finish, start, switch_channel
from portal.domain.attention_abandonment import abandon, take_back
from portal.domain.attention_invitation import invite, log_contact, set_link
from portal.domain.attention_mail import remind_by_hand, send_links_again
from portal.domain.attention_not_held import record_not_held
from portal.domain.attention_record import save_notes
from portal.domain.attention_transfer import transfer
from portal.domain.desk import DeskCita
from portal.domain.errors import (
    AlreadyReserved,
    ConsultantBusy,
    ConsultantUnfit,
    DomainError,
    NewerText,
    NotInvited,
    NotReserved,
    NoVideoLink,
    TooLate,
    TooSoon,
)
from portal.domain.permissions import may_act, may_record_not_held
from portal.domain.rules import BookingRules
from portal.domain.staff import StaffView
from portal.forms.answer import read_note
from portal.forms.attention import (
    Mistakes,
    read_abandonment,
    read_channel,
    read_contact,
    read_link,
    read_not_held,
    read_transfer,
    read_written,
)
from portal.forms.state import FormState, Mistake
from portal.pages.desk.attention_view import Refusal, Refused


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it came: each field's first text, and the topics that were ticked."""

    fields: Mapping[str, str]
    topics: tuple[str, ...]

    @property
    def has_text(self) -> bool:
        """Whether notes and observations came along; a button of the agenda sends none."""
        return "observaciones" in self.fields

    def state(self, *mistakes: Mistake) -> FormState:
        """What the form shows when it comes back."""
        return FormState({**self.fields, "temas": " ".join(self.topics)}, mistakes)


@dataclass(frozen=True, slots=True)
class Taking:
    """Somebody takes a step of a cita at ``now`` (aware UTC)."""

    cita: DeskCita
    staff: StaffView
    typed: Typed
    now: datetime
    rules: BookingRules
    survey_days: int


Take: TypeAlias = Callable[[Taking], Awaitable[object]]
Permits: TypeAlias = Callable[[StaffView, DeskCita, datetime], bool]


@dataclass(frozen=True, slots=True)
class StepForm:
    """How a step is taken, and who may."""

    take: Take
    permits: Permits = may_act


async def _remind(taking: Taking) -> None:
    await remind_by_hand(taking.cita.id, taking.staff.id, taking.now)


async def _invite(taking: Taking) -> None:
    again = "otra_vez" in taking.typed.fields
    await invite(taking.cita.id, taking.staff.id, taking.now, taking.rules, again=again)


async def _log_contact(taking: Taking) -> None:
    form = read_contact(taking.typed.fields)
    await log_contact(taking.cita.id, taking.staff.id, form.channel, form.outcome, form.note, taking.now, form.identity)


async def _set_link(taking: Taking) -> None:
    await set_link(taking.cita.id, taking.staff.id, read_link(taking.typed.fields, taking.rules), taking.now)


async def _start(taking: Taking) -> None:
    await start(taking.cita.id, taking.staff.id, taking.now)


async def _switch(taking: Taking) -> None:
    await switch_channel(taking.cita.id, taking.staff.id, read_channel(taking.typed.fields), taking.now)


async def _save(taking: Taking) -> None:
    await save_notes(taking.cita.id, read_written(taking.typed.fields, taking.typed.topics), taking.now)


async def _finish(taking: Taking) -> None:
    typed = taking.typed
    written = read_written(typed.fields, typed.topics) if typed.has_text else None
    await finish(
        taking.cita.id,
        taking.staff.id,
        taking.now,
        taking.survey_days,
        written,
        ended_earlier="termino_antes" in typed.fields,
    )


async def _abandon(taking: Taking) -> None:
    form = read_abandonment(taking.typed.fields)
    await abandon(taking.cita.id, taking.staff.id, form.motive, form.observations, taking.now)


async def _take_back(taking: Taking) -> None:
    await take_back(taking.cita.id, taking.staff.id, taking.now)


async def _not_held(taking: Taking) -> None:
    form = read_not_held(taking.typed.fields)
    await record_not_held(taking.cita.id, taking.staff.id, form.reason, form.observations, taking.now, taking.rules)


async def _transfer(taking: Taking) -> None:
    form = read_transfer(taking.typed.fields)
    await transfer(taking.cita.id, taking.staff.id, form.former, form.to, taking.now, although_busy=form.although_busy)


async def _forward(taking: Taking) -> None:
    """The doubt ``consulta`` of this cita goes to the responsable (PE-BT-01, activity 05)."""
    note = read_note(taking.typed.fields)
    if isinstance(note, Mistake):
        raise Mistakes(note)
    try:
        question = UUID(taking.typed.fields.get("consulta", ""))
        await forward_question(question, taking.staff, note, taking.now)
    except (ValueError, IncidentUnknown):
        raise Mistakes(Mistake("consulta", "missing")) from None


async def _send_links(taking: Taking) -> None:
    await send_links_again(taking.cita.id, taking.staff.id, taking.now)


STEPS: Final[Mapping[str, StepForm]] = {
    "avisar": StepForm(_remind),
    "invitar": StepForm(_invite),
    "contacto": StepForm(_log_contact),
    "enlace": StepForm(_set_link),
    "inicio": StepForm(_start),
    "modalidad": StepForm(_switch),
    "temas": StepForm(_save),
    "final": StepForm(_finish),
    "abandono": StepForm(_abandon),
    "recuperar": StepForm(_take_back),
    "no-realizada": StepForm(_not_held, may_record_not_held),
    "transferir": StepForm(_transfer),
    "derivar": StepForm(_forward),
    "correo-encuesta": StepForm(_send_links),
}
"""By the last part of the address that takes the form."""


def explain(step: str, typed: Typed, error: DomainError | Mistakes) -> Refused:
    """Why a step was not taken, with what was typed. What is no ordinary outcome is raised again."""
    match error:
        case Mistakes():
            return Refused(step, Refusal.MISTAKES, form=typed.state(*error.mistakes))
        case ConsultantBusy():
            return Refused(step, Refusal.MISTAKES, form=typed.state(Mistake("consultor", "busy")))
        case ConsultantUnfit():
            return Refused(step, Refusal.MISTAKES, form=typed.state(Mistake("consultor", "unfit")))
        case TooSoon():
            return Refused(step, Refusal.TOO_SOON, error.opens_at, typed.state())
    why = _WHY.get(type(error))
    if why is None:
        raise error
    return Refused(step, why, form=typed.state())


_WHY: Final[Mapping[type[Exception], Refusal]] = {
    TooLate: Refusal.TOO_LATE,
    NotReserved: Refusal.MOVED_ON,
    IncidentMovedOn: Refusal.MOVED_ON,
    NotInvited: Refusal.NOT_INVITED,
    NoVideoLink: Refusal.NO_LINK,
    NewerText: Refusal.NEWER_TEXT,
    AlreadyReserved: Refusal.HAS_ANOTHER,
}
