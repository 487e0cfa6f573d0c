"""Answer a doubt, or forward it to the responsable: each once, by one conditional update (PE-BT-01, activity 05)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.errors import DomainError
from portal.domain.events import record_event
from portal.domain.incidents import Incident, find_incident
from portal.domain.notices import LONGEST_WAIT, add_notice, queue_message, queue_staff_message
from portal.domain.staff import StaffView
from portal.domain.vocabulary import EventKind, MessageKind, QuestionState, Role

LONGEST_ANSWER: Final = 2_000
LONGEST_NOTE: Final = 1_000


class IncidentUnknown(DomainError):
    """There is no such incident, or this person may not see it; always told alike."""


class IncidentMovedOn(DomainError):
    """Somebody else was faster, or it is not theirs to answer any more; ``incident`` is how it stands now."""

    def __init__(self, incident: Incident) -> None:
        super().__init__("the incident has moved on")
        self.incident = incident


async def answer_question(question: UUID, staff: StaffView, answer: str, now: datetime) -> Incident:
    """Answer for good: a consultor what is open, who steers also what was forwarded. The same again does nothing.

    The citizen is told by mail and in the page of the cita. Raises IncidentUnknown, IncidentMovedOn.
    """
    await _answer(question, staff, answer, now)
    return await _find(question, staff, now)


@transactional
async def _answer(question: UUID, staff: StaffView, answer: str, now: datetime) -> None:
    incident = await _find(question, staff, now)
    # Who steers also answers what was forwarded a moment ago; a consultor only what still waits for consultores.
    others = QuestionState.FORWARDED if staff.steers else QuestionState.OPEN
    answered = incident.may_answer and await fetch(
        'UPDATE "question" SET "state" = \'answered\', "answer" = {}, "answered_at" = {}, "answered_by" = {} '
        'WHERE "id" = {} AND "state" IN ({}, {}) RETURNING "id"',
        *(answer, now, staff.id, question, QuestionState.OPEN.value, others.value),
    )
    if not answered:
        stands = await _find(question, staff, now)
        if (stands.answered_by, stands.answer) == (staff.id, answer):
            return
        raise IncidentMovedOn(stands)
    cita = incident.cita
    await record_event(cita.id, EventKind.QUESTION_ANSWERED, now, staff=staff.id, question=str(question))
    await add_notice(cita.id, MessageKind.QUESTION_ANSWERED, now)
    await queue_message(
        cita.id, MessageKind.QUESTION_ANSWERED, cita.email, now, now + LONGEST_WAIT, dedupe=str(question)
    )


async def forward_question(question: UUID, staff: StaffView, note: str, now: datetime) -> Incident:
    """Pass an open doubt on to the responsable of the sede, who answers. The same note again does nothing.

    The responsables are told by mail, the citizen in the page of the cita. Raises IncidentUnknown, IncidentMovedOn.
    """
    await _forward(question, staff, note, now)
    return await _find(question, staff, now)


@transactional
async def _forward(question: UUID, staff: StaffView, note: str, now: datetime) -> None:
    incident = await _find(question, staff, now)
    forwarded = incident.may_forward and await fetch(
        'UPDATE "question" SET "state" = \'forwarded\', "forwarded_at" = {}, "forwarded_by" = {}, "forward_note" = {} '
        'WHERE "id" = {} AND "state" = \'open\' RETURNING "id"',
        *(now, staff.id, note, question),
    )
    if not forwarded:
        stands = await _find(question, staff, now)
        if (stands.state, stands.forwarded_by, stands.forward_note) == (QuestionState.FORWARDED, staff.id, note):
            return
        raise IncidentMovedOn(stands)
    cita = incident.cita
    await record_event(cita.id, EventKind.QUESTION_FORWARDED, now, staff=staff.id, question=str(question))
    await add_notice(cita.id, MessageKind.QUESTION_FORWARDED, now)
    for responsable in await _responsables_of(cita.center):
        await queue_staff_message(
            *(responsable["id"], MessageKind.QUESTION_FORWARDED, responsable["email"], now, now + LONGEST_WAIT),
            dedupe=str(question),
        )


async def _responsables_of(center: UUID) -> list[Row]:
    """The responsables of the sede that have a mailbox; without any those of all sedes, then the administradores."""
    rows = await fetch(
        'SELECT "id", "email", "role", "center" FROM "staff" WHERE "active" AND "email" <> \'\' '
        'AND (("role" = {} AND ("center" = {} OR "center" IS NULL)) OR "role" = {}) ORDER BY "username"',
        *(Role.SUPERVISOR.value, center, Role.ADMINISTRATOR.value),
    )
    steering = [row for row in rows if row["role"] == Role.SUPERVISOR]
    return [row for row in steering if row["center"] == center] or steering or rows


async def _find(question: UUID, staff: StaffView, now: datetime) -> Incident:
    incident = await find_incident(question, staff, now)
    if incident is None:
        raise IncidentUnknown
    return incident
