"""A doubt sent from the page of a cita: kept, and told to the consultor by mail (PE-BT-01, activity 05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.events import record_event
from portal.domain.files import CheckedFile, MediaType, store_file
from portal.domain.notices import LONGEST_WAIT, add_notice, queue_message
from portal.domain.vocabulary import EventKind, FileKind, MessageKind, QuestionState

LONGEST_QUESTION = 2_000


@dataclass(frozen=True, slots=True)
class DocumentCopy:
    """The copy of an identity document that came with a question."""

    media_type: MediaType
    content: bytes


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as mails tell it; ``asked_at`` in UTC. ``answered_by`` is the name of who answered it, if so."""

    text: str
    asked_at: datetime
    copy: DocumentCopy | None
    answer: str = ""
    answered_by: str = ""


@dataclass(frozen=True, slots=True)
class AskedView:
    """A question as the page of its cita shows it, with what became of it; times in UTC."""

    text: str
    asked_at: datetime
    has_copy: bool
    state: QuestionState = QuestionState.OPEN
    forwarded_at: datetime | None = None
    answer: str = ""
    answered_at: datetime | None = None


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
        'SELECT "question"."text", "question"."asked_at", "question"."answer", "staff"."name" AS "answered_by", '
        '"stored_file"."media_type", "stored_file"."content" '
        'FROM "question" LEFT JOIN "stored_file" ON "stored_file"."id" = "question"."file" '
        'LEFT JOIN "staff" ON "staff"."id" = "question"."answered_by" WHERE "question"."id" = {}',
        question,
    )
    if not rows:
        return None
    row = rows[0]
    copy = DocumentCopy(MediaType(row["media_type"]), row["content"]) if row["media_type"] else None
    return QuestionView(row["text"], row["asked_at"], copy, row["answer"], row["answered_by"] or "")


async def questions_of(appointment: UUID) -> list[AskedView]:
    """The questions that were asked about a cita, and about those that it was moved from, newest first."""
    rows = await fetch(
        'WITH RECURSIVE "chain" ("id") AS (SELECT "id" FROM "appointment" WHERE "id" = {} '
        'UNION ALL SELECT "newer"."moved_from" FROM "appointment" "newer" '
        'JOIN "chain" ON "chain"."id" = "newer"."id" WHERE "newer"."moved_from" IS NOT NULL) '
        'SELECT "question"."text", "question"."asked_at", "question"."file", "question"."state", '
        '"question"."forwarded_at", "question"."answer", "question"."answered_at" FROM "question" '
        'JOIN "chain" ON "chain"."id" = "question"."appointment" ORDER BY "question"."asked_at" DESC',
        appointment,
    )
    return [
        AskedView(
            row["text"],
            row["asked_at"],
            row["file"] is not None,
            QuestionState(row["state"]),
            row["forwarded_at"],
            row["answer"],
            row["answered_at"],
        )
        for row in rows
    ]


async def _email_of_center(appointment: UUID) -> str:
    rows = await fetch(
        'SELECT "center"."email" FROM "appointment" JOIN "center" ON "center"."id" = "appointment"."center" '
        'WHERE "appointment"."id" = {}',
        appointment,
    )
    return str(rows[0]["email"])
