"""The satisfaction survey of one attended cita: asked once, answered once, until it expires (PE-BT-01, activity 07).

Whether somebody answered is kept with the cita; what they answered is kept apart, with nothing that leads back. Time
and order would: therefore an answer knows its month alone, and so does the mark that there was one.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.errors import DomainError
from portal.domain.notices import queue_message
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import MessageKind, State

LONGEST_COMMENT: Final = 1_000
WORST, BEST = 1, 5

REMIND_AFTER: Final = timedelta(days=4)
"""How long after it was sent a survey that nobody answered is asked for once more."""
_REMIND_UNTIL: Final = timedelta(days=11)
"""A worker that was away for longer than the week between leaves it be."""

_ID_BYTES: Final = 16
_SIGNATURE_BYTES: Final = 16
_TOKEN_LENGTH: Final = 43


class Aspect(StrEnum):
    """What is asked, each answered from 1 to 5; the names are the columns of the answers."""

    COURTESY = "courtesy"
    INFORMATION = "information"
    TIME = "time"
    ACCESS = "access"
    OUTCOME = "outcome"
    TRUST = "trust"
    OVERALL = "overall"


class Standing(StrEnum):
    """How a survey's link stands at a moment."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class SurveyClosed(DomainError):
    """The survey takes no answer (any more); ``standing`` says why."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(f"the survey is {standing}")
        self.standing = standing


@dataclass(frozen=True, slots=True)
class SurveyView:
    """What is known of the survey of a cita; ``expires_at`` in UTC."""

    id: UUID
    expires_at: datetime
    answered: bool

    def standing(self, now: datetime) -> Standing:
        """How it stands at ``now`` (aware UTC)."""
        if self.answered:
            return Standing.ANSWERED
        return Standing.OPEN if now < self.expires_at else Standing.EXPIRED


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody answered; an aspect that is not in ``marks``, and ``resolved`` None, were left out."""

    marks: dict[Aspect, int]
    resolved: bool | None = None
    comment: str = ""


def survey_token(survey: UUID, key: bytes) -> str:
    """What the link of a survey ends with; ``key`` is our own for surveys. It names nobody and needs no row."""
    return urlsafe_b64encode(survey.bytes + _sign(survey.bytes, key)).decode().rstrip("=")


def read_survey_token(token: str, key: bytes) -> UUID | None:
    """The survey whose link ends so, or None when we did not write it. Never raises, whatever it is given."""
    if len(token) != _TOKEN_LENGTH or not token.isascii():
        return None
    try:
        raw = urlsafe_b64decode(token + "=")
    except ValueError:
        return None
    survey, signature = raw[:_ID_BYTES], raw[_ID_BYTES:]
    return UUID(bytes=survey) if hmac.compare_digest(signature, _sign(survey, key)) else None


def survey_address(origin: str, survey: UUID, key: bytes) -> str:
    """The link that a mail carries; ``origin`` is the public one."""
    return f"{origin}/encuesta/{survey_token(survey, key)}"


def _sign(survey: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"survey/" + survey, "sha256")[:_SIGNATURE_BYTES]


async def ask_survey(appointment: UUID, now: datetime, days: int) -> None:
    """Ask about an attended cita, once, until ``days`` from ``now`` (UTC); in the transaction that ends it."""
    await fetch(
        'INSERT INTO "survey" ("id", "appointment", "asked_at", "expires_at") VALUES ({}, {}, {}, {}) '
        'ON CONFLICT ("appointment") DO NOTHING',
        *(uuid4(), appointment, now, now + timedelta(days=days)),
    )


async def find_survey_of(appointment: UUID) -> SurveyView | None:
    """The survey of a cita, or None when it was not asked about."""
    return await _find('"appointment" = {}', appointment)


async def find_survey(survey: UUID) -> SurveyView | None:
    """The survey of that id, or None."""
    return await _find('"id" = {}', survey)


async def _find(condition: str, value: UUID) -> SurveyView | None:
    rows = await fetch(f'SELECT "id", "expires_at", "answered_at" FROM "survey" WHERE {condition}', value)
    return SurveyView(rows[0]["id"], rows[0]["expires_at"], rows[0]["answered_at"] is not None) if rows else None


async def answer_survey(survey: UUID, answers: Answers, now: datetime) -> None:
    """Take the answers, once and before it expires. Raises SurveyClosed."""
    if not await _take(survey, answers, now):
        found = await find_survey(survey)
        raise SurveyClosed(found.standing(now) if found else Standing.UNKNOWN)


@transactional
async def _take(survey: UUID, answers: Answers, now: datetime) -> bool:
    taken = await fetch(
        'UPDATE "survey" SET "answered_at" = {} WHERE "id" = {} AND "answered_at" IS NULL AND "expires_at" > {} '
        'RETURNING "appointment"',
        *(datetime.combine(_month_of(now), time(), LIMA), survey, now),
    )
    if not taken:
        return False
    (cita,) = await fetch(
        'SELECT "appointment"."service", "appointment"."center", "appointment"."consultant", "appointment"."modality", '
        '"appointment"."starts_at", "attention"."attended_by", "attention"."channel" FROM "appointment" '
        'LEFT JOIN "attention" ON "attention"."appointment" = "appointment"."id" WHERE "appointment"."id" = {}',
        taken[0]["appointment"],
    )
    columns = ", ".join(f'"{aspect}"' for aspect in Aspect)
    await fetch(
        f'INSERT INTO "survey_answer" ("id", "service", "center", "consultant", "modality", "month", {columns}, '
        f'"resolved", "comment") VALUES ({", ".join(["{}"] * (8 + len(Aspect)))})',
        *(uuid4(), cita["service"], cita["center"], cita["attended_by"] or cita["consultant"]),
        *(cita["channel"] or cita["modality"], _month_of(cita["starts_at"])),
        *(answers.marks.get(aspect) for aspect in Aspect),
        *(answers.resolved, answers.comment),
    )
    return True


def _month_of(moment: datetime) -> date:
    return local_day(moment).replace(day=1)


async def remind_of_surveys(now: datetime) -> int:
    """Queue one reminder for each survey that nobody answered for some days; returns how many.

    At most one each, never once it expired: the mail's deadline is the survey's.
    """
    rows = await fetch(
        'SELECT "survey"."appointment", "survey"."expires_at", "appointment"."email" FROM "survey" '
        'JOIN "appointment" ON "appointment"."id" = "survey"."appointment" '
        'WHERE "survey"."answered_at" IS NULL AND "survey"."expires_at" > {} '
        'AND "survey"."asked_at" <= {} AND "survey"."asked_at" > {} '
        'AND "appointment"."email" <> \'\' AND "appointment"."state" = {} '
        'AND NOT EXISTS (SELECT 1 FROM "outbox_message" WHERE "outbox_message"."appointment" = "survey"."appointment" '
        'AND "outbox_message"."kind" = {})',
        *(now, now - REMIND_AFTER, now - _REMIND_UNTIL, State.ATTENDED.value, MessageKind.SURVEY_REMINDER.value),
    )
    for row in rows:
        await queue_message(
            row["appointment"], MessageKind.SURVEY_REMINDER, row["email"], now, deadline=row["expires_at"]
        )
    return len(rows)
