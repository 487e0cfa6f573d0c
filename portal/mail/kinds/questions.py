"""Mails about a doubt that a citizen sent (PE-BT-01, activity 05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from portal.domain.files import MediaType
from portal.domain.incidents import find_incident
from portal.domain.questions import QuestionView, find_question
from portal.domain.spanish_dates import moment_in_words
from portal.domain.vocabulary import QuestionState
from portal.mail.contents import CitaErrand, Contents, NothingToSay, WorkErrand
from portal.mail.message import Attachment

COPY_NAMES: Final = {
    MediaType.PDF: "documento.pdf",
    MediaType.JPEG: "documento.jpg",
    MediaType.PNG: "documento.png",
}


@dataclass(frozen=True, slots=True)
class QuestionDetails:
    """A doubt, and where the staff answers it."""

    question: QuestionView
    address: str


@dataclass(frozen=True, slots=True)
class ForwardedDetails:
    """A doubt that a consultor forwarded, and where the responsable answers it."""

    code: str
    when: str
    citizen: str
    text: str
    consultant: str
    note: str
    due: str
    address: str


async def gather_question_for_staff(errand: CitaErrand) -> Contents:
    """The question with the copy of the document; an answer to the mail goes to who asked."""
    question = await _find(errand.message.reference)
    attachments: tuple[Attachment, ...] = ()
    if question.copy is not None:
        copy = question.copy
        attachments = (Attachment(COPY_NAMES[copy.media_type], copy.media_type.value, copy.content),)
    address = _address(errand.tools.origin, errand.message.reference)
    return Contents(QuestionDetails(question, address), attachments, reply_to=errand.cita.email)


async def gather_question_forwarded(errand: WorkErrand) -> Contents:
    """The question with the consultor's note. Raises NothingToSay when somebody answered it meanwhile."""
    incident = await find_incident(UUID(errand.message.reference), errand.staff, errand.now)
    if incident is None or incident.state is not QuestionState.FORWARDED:
        raise NothingToSay
    cita = incident.cita
    details = ForwardedDetails(
        code=cita.code,
        when=moment_in_words(cita.starts_at),
        citizen=cita.full_name,
        text=incident.text,
        consultant=incident.forwarded_by_name,
        note=incident.forward_note,
        due=moment_in_words(incident.due_at),
        address=_address(errand.tools.origin, errand.message.reference),
    )
    return Contents(details)


async def gather_question_answered(errand: CitaErrand) -> Contents:
    """The question, and the answer to it."""
    return Contents(await _find(errand.message.reference))


async def _find(reference: str) -> QuestionView:
    question = await find_question(UUID(reference))
    if question is None:
        raise NothingToSay
    return question


def _address(origin: str, question: str) -> str:
    return f"{origin}/incidencias/{question}"
