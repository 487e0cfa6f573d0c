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

LONGEST_QUESTION = 2_000


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


@dataclass(frozen=True, slots=True)
class AskedView:
    """A question as the page of its cita shows it; ``asked_at`` in UTC."""

    text: str
    asked_at: datetime
    has_copy: bool


@transactional
async def ask_question(
    appointment: UUID,
    email: str,
    consultant_email: str,
    text: str,
    copy: CheckedFile | None,
    now: datetime,
    question: UUID | None = None,
) -> UUID:
    """Keep a question about a cita, whatever its state, and queue the mails: to who answers, and to who asked.

    ``email`` and ``consultant_email`` are the cita's; without the latter the sede gets the mail. ``question`` is the
    id that the form carries: the same form sent twice asks once. Returns the question's id.
    """
    question = question or uuid4()
    inserted = await fetch(
        'INSERT INTO "question" ("id", "appointment", "text", "asked_at") VALUES ({}, {}, {}, {}) '
        'ON CONFLICT ("id") DO NOTHING RETURNING "id"',
        *(question, appointment, text, now),
    )
    if not inserted:
        return question
    if copy is not None:
        file = await store_file(appointment, FileKind.QUESTION, copy, now)
        await fetch('UPDATE "question" SET "file" = {} WHERE "id" = {}', file, question)
    await record_event(appointment, EventKind.QUESTION_RECEIVED, now)
    await add_notice(appointment, MessageKind.QUESTION_RECEIVED, now)
    for kind, recipient in (
        (MessageKind.QUESTION_FOR_STAFF, consultant_email or await _email_of_center(appointment)),
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


async def questions_of(appointment: UUID) -> list[AskedView]:
    """The questions that were asked about a cita, newest first."""
    rows = await fetch(
        'SELECT "text", "asked_at", "file" FROM "question" WHERE "appointment" = {} ORDER BY "asked_at" DESC',
        appointment,
    )
    return [AskedView(row["text"], row["asked_at"], has_copy=row["file"] is not None) for row in rows]


async def _email_of_center(appointment: UUID) -> str:
    rows = await fetch(
        'SELECT "center"."email" FROM "appointment" JOIN "center" ON "center"."id" = "appointment"."center" '
        'WHERE "appointment"."id" = {}',
        appointment,
    )
    return str(rows[0]["email"])
