"""A doubt sent from the page of a cita: kept, and told to the consultor by mail (PE-BT-01, activity 05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.events import record_event
from portal.domain.files import CheckedFile, MediaType, store_file
from portal.domain.notices import LONGEST_WAIT, add_notice, queue_message
from portal.domain.vocabulary import EventKind, FileKind, MessageKind


@dataclass(frozen=True, slots=True)
class DocumentCopy:
    """The copy of an identity document that came with a question."""

    media_type: MediaType
    content: bytes


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as the mail to the consultor tells it; ``asked_at`` in UTC."""

    text: str
    asked_at: datetime
    copy: DocumentCopy | None


@transactional
async def ask_question(
    appointment: UUID, email: str, consultant_email: str, text: str, copy: CheckedFile | None, now: datetime
) -> UUID:
    """Keep a question about a cita, whatever its state, and queue the mails: to the consultor, and to who asked.

    Returns the question's id. ``email`` and ``consultant_email`` are the cita's; an empty one gets no mail.
    """
    question = uuid4()
    file = await store_file(appointment, FileKind.QUESTION, copy, now) if copy is not None else None
    await fetch(
        'INSERT INTO "question" ("id", "appointment", "text", "file", "asked_at") VALUES ({}, {}, {}, {}, {})',
        *(question, appointment, text, file, now),
    )
    await record_event(appointment, EventKind.QUESTION_RECEIVED, now)
    await add_notice(appointment, MessageKind.QUESTION_RECEIVED, now)
    for kind, recipient in (
        (MessageKind.QUESTION_FOR_STAFF, consultant_email),
        (MessageKind.QUESTION_RECEIVED, email),
    ):
        await queue_message(appointment, kind, recipient, now, now + LONGEST_WAIT, dedupe=str(question))
    return question


async def find_question(question: UUID) -> QuestionView | None:
    """The question of an id with the copy that came with it, or None."""
    rows = await fetch(
        'SELECT "question"."text", "question"."asked_at", "stored_file"."media_type", "stored_file"."content" '
        'FROM "question" LEFT JOIN "stored_file" ON "stored_file"."id" = "question"."file" '
        'WHERE "question"."id" = {}',
        question,
    )
    if not rows:
        return None
    row = rows[0]
    copy = DocumentCopy(MediaType(row["media_type"]), row["content"]) if row["media_type"] else None
    return QuestionView(row["text"], row["asked_at"], copy)
