"""The register of attentions: it writes itself, because each row is what the database knows of a cita (PE-BT-01, 08).

Rows come by start, page by page along an index, so that a page of a million rows costs what one of a hundred does.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.database.snapshot import Read
from portal.domain.modality import Modality
from portal.domain.register_filter import RegisterFilter, condition_of
from portal.domain.times import LONGEST_WAIT
from portal.domain.vocabulary import (
    AbandonMotive,
    ContactChannel,
    ContactOutcome,
    DocumentType,
    EventKind,
    Language,
    NotHeldReason,
    Origin,
    Preference,
    State,
    Topic,
)

ROWS_AT_ONCE: Final = 500
_SECONDS_OF_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Attempt:
    """The consultor tried to reach the person."""

    at: datetime
    channel: ContactChannel
    outcome: ContactOutcome


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A cita as the register tells it: its data flattened, and what was written down of it. Moments are UTC."""

    id: UUID
    code: str
    state: State
    service_name: str
    center_name: str
    modality: Modality
    channel: Modality | None
    starts_at: datetime
    ends_at: datetime
    consultant: UUID
    consultant_name: str
    attended_by: str
    document_type: DocumentType
    document_number: str
    given_names: str
    first_surname: str
    second_surname: str
    birth_date: date | None
    email: str
    phone: str
    ubigeo: str
    district: str
    province: str
    department: str
    preference: Preference | None
    language: Language
    motive: str
    has_cv: bool
    origin: Origin
    booked_by: str
    created_at: datetime
    privacy_version: str
    privacy_accepted_at: datetime | None
    promotions: bool
    meet_link: str
    notified_at: datetime | None
    reminded_at: datetime | None
    invited_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    ended_at: datetime | None
    moved_from: str
    displaced: bool
    duplicate: bool
    unrecorded: bool
    attempts: tuple[Attempt, ...]
    topics: tuple[Topic, ...]
    notes: str
    observations: str
    reason: AbandonMotive | NotHeldReason | None
    doubtful: bool
    taken_back: bool
    survey_asked_at: datetime | None
    survey_answered: bool

    @property
    def full_name(self) -> str:
        """Names and surnames in one line."""
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)

    @property
    def contact_minutes(self) -> float | None:
        """Activity 03: from the invitation until *Inicio*, or until the cita was abandoned."""
        return _minutes(self.invited_at, self._contact_ended)

    @property
    def contact_doubtful(self) -> bool:
        """Those minutes say nothing, as in the times of the procedure (portal/domain/times.py)."""
        begin, end = self.invited_at, self._contact_ended
        return self.taken_back or (begin is not None and end is not None and end - begin > LONGEST_WAIT)

    @property
    def _contact_ended(self) -> datetime | None:
        return self.started_at or (self.ended_at if self.state is State.ABANDONED else None)

    @property
    def attention_minutes(self) -> float | None:
        """Activities 04 to 06: from *Inicio* to *Final*."""
        return _minutes(self.started_at, self.finished_at)


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """Some rows, the newest first, and whether there are more on either side."""

    rows: tuple[RegisterRow, ...]
    has_newer: bool
    has_older: bool


async def read_page(
    chosen: RegisterFilter, size: int, *, older_than: UUID | None = None, newer_than: UUID | None = None
) -> RegisterPage:
    """A page of the register: the newest rows, or those beside the cita given, which only says where to go on."""
    forwards = newer_than is not None
    beside = newer_than or older_than
    after = None if beside is None else await _place_of(beside)
    rows = await _read_rows(fetch, chosen, size + 1, after, newest_first=not forwards)
    more, rows = len(rows) > size, rows[:size]
    if forwards:
        return RegisterPage(tuple(reversed(rows)), has_newer=more, has_older=True)
    return RegisterPage(tuple(rows), has_newer=after is not None, has_older=more)


async def read_all(
    chosen: RegisterFilter, read: Read = fetch, at_once: int = ROWS_AT_ONCE
) -> AsyncIterator[list[RegisterRow]]:
    """Every row by start, some at a time, so that whoever writes them down needs no more memory for more rows."""
    after: tuple[datetime, UUID] | None = None
    while rows := await _read_rows(read, chosen, at_once, after):
        yield rows
        if len(rows) < at_once:
            return
        after = rows[-1].starts_at, rows[-1].id


async def read_rows_of(citas: list[UUID]) -> list[RegisterRow]:
    """The rows of those citas, by start."""
    marks = ", ".join(["{}"] * len(citas))
    found = await fetch(f'{_SELECT} WHERE "appointment"."id" IN ({marks}) {_ORDER}', *citas) if citas else []
    return await _with_attempts(fetch, found)


async def _place_of(cita: UUID) -> tuple[datetime, UUID] | None:
    rows = await fetch('SELECT "starts_at" FROM "appointment" WHERE "id" = {}', cita)
    return (rows[0]["starts_at"], cita) if rows else None


async def _read_rows(
    read: Read,
    chosen: RegisterFilter,
    most: int,
    after: tuple[datetime, UUID] | None,
    *,
    newest_first: bool = False,
) -> list[RegisterRow]:
    condition, values = condition_of(chosen)
    if after is not None:
        condition += f' AND ("appointment"."starts_at", "appointment"."id") {"<" if newest_first else ">"} ({{}}, {{}})'
        values += after
    order = _ORDER_DOWN if newest_first else _ORDER
    return await _with_attempts(read, await read(f"{_SELECT} WHERE {condition} {order} LIMIT {{}}", *values, most))


async def _with_attempts(read: Read, rows: list[Row]) -> list[RegisterRow]:
    if not rows:
        return []
    marks = ", ".join(["{}"] * len(rows))
    found = await read(
        'SELECT "appointment", "at", "channel", "outcome" FROM "contact_attempt" '
        f'WHERE "appointment" IN ({marks}) ORDER BY "appointment", "at"',
        *(row["id"] for row in rows),
    )
    attempts = {
        cita: tuple(Attempt(one["at"], ContactChannel(one["channel"]), ContactOutcome(one["outcome"])) for one in tried)
        for cita, tried in groupby(found, key=lambda one: one["appointment"])
    }
    return [_view(row, attempts.get(row["id"], ())) for row in rows]


# Outer joins all the way: they keep the order of the index, and a row that refers to nothing would still be counted.
_SELECT: Final = (
    'SELECT "appointment"."id", "appointment"."code", "appointment"."state", "appointment"."modality", '
    '"appointment"."starts_at", "appointment"."ends_at", "appointment"."consultant", "appointment"."given_names", '
    '"appointment"."first_surname", "appointment"."second_surname", "appointment"."birth_date", '
    '"appointment"."email", "appointment"."phone", "appointment"."ubigeo", "appointment"."preference", '
    '"appointment"."language", "appointment"."motive", "appointment"."origin", "appointment"."created_at", '
    '"appointment"."privacy_version", "appointment"."privacy_accepted_at", "appointment"."meet_link", '
    '"appointment"."promotions_accepted" AS "promotions", "appointment"."notified_at", "appointment"."reminded_at", '
    '"appointment"."invited_at", "appointment"."started_at", "appointment"."finished_at", "appointment"."ended_at", '
    '"appointment"."displaced", "appointment"."duplicate", "appointment"."unrecorded", '
    '"service"."name" AS "service_name", "center"."name" AS "center_name", "staff"."name" AS "consultant_name", '
    '"attending"."name" AS "attended_by", "booking"."name" AS "booked_by", "citizen"."document_type", '
    '"citizen"."document_number", "district"."name" AS "district", "district"."province", "district"."department", '
    '"former"."code" AS "moved_from", "attention"."channel", "attention"."topics", "attention"."notes", '
    '"attention"."observations", "attention"."motive" AS "reason", "attention"."doubtful", '
    '"survey"."asked_at" AS "survey_asked_at", "survey"."answered_at" AS "survey_answered_at", '
    'EXISTS (SELECT 1 FROM "stored_file" WHERE "stored_file"."appointment" = "appointment"."id" '
    'AND "stored_file"."kind" = \'cv\') AS "has_cv", '
    'EXISTS (SELECT 1 FROM "appointment_event" WHERE "appointment_event"."appointment" = "appointment"."id" '
    f'AND "appointment_event"."kind" = \'{EventKind.TAKEN_BACK}\') AS "taken_back" '
    'FROM "appointment" LEFT JOIN "service" ON "service"."id" = "appointment"."service" '
    'LEFT JOIN "center" ON "center"."id" = "appointment"."center" '
    'LEFT JOIN "staff" ON "staff"."id" = "appointment"."consultant" '
    'LEFT JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
    'LEFT JOIN "staff" AS "booking" ON "booking"."id" = "appointment"."booked_by" '
    'LEFT JOIN "district" ON "district"."ubigeo" = "appointment"."ubigeo" '
    'LEFT JOIN "appointment" AS "former" ON "former"."id" = "appointment"."moved_from" '
    'LEFT JOIN "attention" ON "attention"."appointment" = "appointment"."id" '
    'LEFT JOIN "staff" AS "attending" ON "attending"."id" = "attention"."attended_by" '
    'LEFT JOIN "survey" ON "survey"."appointment" = "appointment"."id"'
)
_ORDER: Final = 'ORDER BY "appointment"."starts_at", "appointment"."id"'
_ORDER_DOWN: Final = 'ORDER BY "appointment"."starts_at" DESC, "appointment"."id" DESC'

_TEXTS: Final = (
    "attended_by",
    "booked_by",
    "district",
    "province",
    "department",
    "moved_from",
    "notes",
    "observations",
)


def _view(row: Row, attempts: tuple[Attempt, ...]) -> RegisterRow:
    values = dict(row)
    answered = values.pop("survey_answered_at")
    for name in _TEXTS:
        values[name] = values[name] or ""
    values.update(
        state=State(values["state"]),
        modality=Modality(values["modality"]),
        channel=Modality(values["channel"]) if values["channel"] else None,
        document_type=DocumentType(values["document_type"]),
        preference=Preference(values["preference"]) if values["preference"] else None,
        language=Language(values["language"]),
        origin=Origin(values["origin"]),
        has_cv=bool(values["has_cv"]),
        promotions=bool(values["promotions"]),
        displaced=bool(values["displaced"]),
        duplicate=bool(values["duplicate"]),
        unrecorded=bool(values["unrecorded"]),
        doubtful=bool(values["doubtful"]),
        taken_back=bool(values["taken_back"]),
        topics=tuple(Topic(topic) for topic in json.loads(values["topics"] or "[]")),
        reason=_reason(values["reason"]),
        survey_answered=answered is not None,
        attempts=attempts,
    )
    return RegisterRow(**values)


def _reason(code: str | None) -> AbandonMotive | NotHeldReason | None:
    if not code:
        return None
    return AbandonMotive(code) if code in set(AbandonMotive) else NotHeldReason(code)


def _minutes(begin: datetime | None, end: datetime | None) -> float | None:
    if begin is None or end is None or end < begin:
        return None
    return round((end - begin).total_seconds() / _SECONDS_OF_MINUTE, 1)
