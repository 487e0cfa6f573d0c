"""Read a cita: what its page, its slip and its messages show."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.catalogue import split_lines
from portal.domain.codes import is_code, normalise_code
from portal.domain.errors import AppointmentUnknown
from portal.domain.events import record_event
from portal.domain.modality import Modality
from portal.domain.notices import NEWS_STAY_NEWS, queue_message
from portal.domain.people import normalise_document
from portal.domain.vocabulary import DocumentType, EventKind, MessageKind, State

_DNI_WITH_CHECK = 9


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A message in the citizen's page."""

    kind: MessageKind
    at: datetime


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """A cita, joined with its service, sede and consultor, with its notices, newest first. Times are UTC."""

    id: UUID
    code: str
    state: State
    displaced: bool
    modality: Modality
    starts_at: datetime
    ends_at: datetime
    service_code: str
    service_name: str
    procedure_code: str
    bring: tuple[str, ...]
    center_code: str
    center_name: str
    center_address: str
    center_reference: str
    center_phone: str
    center_email: str
    consultant_name: str
    consultant_email: str
    meet_link: str
    document_type: DocumentType
    document_number: str
    given_names: str
    first_surname: str
    second_surname: str
    email: str
    phone: str
    calendar_uid: UUID
    calendar_sequence: int
    created_at: datetime
    reminded_at: datetime | None
    invited_at: datetime | None
    moved_to: str | None
    has_cv: bool
    notices: tuple[NoticeView, ...]

    @property
    def full_name(self) -> str:
        """Names and surnames in one line."""
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)

    def may_change(self, now: datetime) -> bool:
        """Whether it can still be cancelled or moved: reserved, and not begun (DOMAIN, windows)."""
        return self.state is State.RESERVED and now < self.starts_at


async def find_appointment(code: str) -> AppointmentView | None:
    """The cita of a normalised code, or None."""
    return await _find('"appointment"."code" = {}', code)


async def find_appointment_by_id(appointment: UUID) -> AppointmentView | None:
    """The cita of an id, or None."""
    return await _find('"appointment"."id" = {}', appointment)


async def find_former(appointment: UUID) -> AppointmentView | None:
    """The cita that this one was moved from, or None."""
    moved_from = '(SELECT "moved"."moved_from" FROM "appointment" "moved" WHERE "moved"."id" = {})'
    return await _find(f'"appointment"."id" = {moved_from}', appointment)


async def _find(condition: str, value: object) -> AppointmentView | None:
    # With the notices in one question, a row for each: each question more costs its page more than all of this.
    rows = await fetch(
        'SELECT "appointment"."id", "appointment"."code", "appointment"."state", "appointment"."displaced", '
        '"appointment"."modality", "appointment"."starts_at", "appointment"."ends_at", "appointment"."given_names", '
        '"appointment"."first_surname", "appointment"."second_surname", "appointment"."email", "appointment"."phone", '
        '"appointment"."calendar_uid", "appointment"."calendar_sequence", "appointment"."created_at", '
        '"appointment"."reminded_at", "appointment"."invited_at", '
        '"appointment"."meet_link", "service"."code" AS "service_code", "service"."name" AS "service_name", '
        '"service"."procedure_code", "service"."bring", "center"."code" AS "center_code", '
        '"center"."name" AS "center_name", "center"."address" AS "center_address", '
        '"center"."reference" AS "center_reference", "center"."phone" AS "center_phone", '
        '"center"."email" AS "center_email", '
        '"staff"."name" AS "consultant_name", "staff"."email" AS "consultant_email", '
        '"staff"."meet_link" AS "staff_meet_link", "citizen"."document_type", "citizen"."document_number", '
        '(SELECT "newer"."code" FROM "appointment" "newer" WHERE "newer"."moved_from" = "appointment"."id" '
        'ORDER BY "newer"."created_at" LIMIT 1) AS "moved_to", '
        'EXISTS (SELECT 1 FROM "stored_file" WHERE "stored_file"."appointment" = "appointment"."id" '
        'AND "stored_file"."kind" = \'cv\') AS "has_cv", '
        '"notice"."kind" AS "notice_kind", "notice"."at" AS "notice_at" FROM "appointment" '
        'JOIN "service" ON "service"."id" = "appointment"."service" '
        'JOIN "center" ON "center"."id" = "appointment"."center" '
        'JOIN "staff" ON "staff"."id" = "appointment"."consultant" '
        'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
        'LEFT JOIN "notice" ON "notice"."appointment" = "appointment"."id" '
        f'WHERE {condition} ORDER BY "notice"."at" DESC',
        value,
    )
    if not rows:
        return None
    of_notices = [(row.pop("notice_kind"), row.pop("notice_at")) for row in rows]
    row = rows[0]
    staff_meet_link = row.pop("staff_meet_link")
    return AppointmentView(
        **{
            **row,
            "displaced": bool(row["displaced"]),
            "state": State(row["state"]),
            "modality": Modality(row["modality"]),
            "document_type": DocumentType(row["document_type"]),
            "bring": split_lines(row["bring"]),
            "meet_link": row["meet_link"] or staff_meet_link,
            "has_cv": bool(row["has_cv"]),
            "notices": tuple(NoticeView(MessageKind(kind), at) for kind, at in of_notices if kind is not None),
        }
    )


async def look_up(typed_code: str, typed_document: str) -> AppointmentView:
    """The cita of a code and a document number, as typed. Raises AppointmentUnknown, whichever of the two is wrong.

    One query and one constant-time comparison in every case, so that the time taken does not tell which.
    """
    code = normalise_code(typed_code)
    # What cannot be a code is asked for as an empty one: it may hold what the database refuses, such as NUL.
    appointment = await find_appointment(code if is_code(code) else "")
    held = appointment.document_number if appointment is not None else ""
    given = normalise_document(typed_document)[:32]
    if appointment is not None and appointment.document_type is DocumentType.DNI and len(given) == _DNI_WITH_CHECK:
        given = given[:-1]  # the check character beside the number on the card, which is not part of it
    matches = hmac.compare_digest(held.encode().ljust(32), given.encode().ljust(32))
    if appointment is None or not held or not matches:
        raise AppointmentUnknown
    return appointment


@transactional
async def send_code_again(document_type: DocumentType, document_number: str, service: str, now: datetime) -> None:
    """Mail the code of a person's active cita for a service to the contact held with it (and to nobody else).

    Nothing happens, and nothing is told, when there is no such cita or it has no e-mail. At most once an hour.
    """
    rows = await fetch(
        'SELECT "appointment"."id", "appointment"."email" FROM "appointment" '
        'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
        'JOIN "service" ON "service"."id" = "appointment"."service" '
        'WHERE "citizen"."document_type" = {} AND "citizen"."document_number" = {} AND "service"."code" = {} '
        'AND "appointment"."state" = \'reserved\' AND NOT "appointment"."duplicate" AND NOT "appointment"."unrecorded"',
        *(document_type.value, document_number, service),
    )
    for row in rows:
        hour = f"{now:%Y%m%d%H}"
        deadline = now + NEWS_STAY_NEWS  # also of a cita that has begun: it blocks its person until the day is over
        await queue_message(row["id"], MessageKind.CODE_AGAIN, row["email"], now, deadline, dedupe=hour)
        await record_event(row["id"], EventKind.CODE_SENT_AGAIN, now)
