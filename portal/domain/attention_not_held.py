"""A cita that was not held, never by the citizen's fault: recorded, apologised for, three times kept for an hour.

Choosing one of them books it by the same engine as any other; what nobody chooses runs out by itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.attention_record import add_observations, note_motive, state_of
from portal.domain.booking import Request, book
from portal.domain.errors import AppointmentUnknown, NotOffered, NotReserved, SeatTaken, TooSoon
from portal.domain.events import record_event
from portal.domain.files import hand_over_cv
from portal.domain.holds import hold_seat, let_go
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.notices import NEWS_STAY_NEWS, add_notice, queue_message
from portal.domain.people import Consent, Person
from portal.domain.phases import ENTER_BEFORE
from portal.domain.rules import BookingRules
from portal.domain.slots import SlotKey, nearest_slots
from portal.domain.vocabulary import (
    DocumentType,
    EventKind,
    Language,
    MessageKind,
    NotHeldReason,
    Origin,
    Preference,
    State,
)

KEPT_FOR: Final = timedelta(hours=1)
TIMES_OFFERED: Final = 3
_TIMES_ASKED_FOR: Final = 9
"""More than are offered, since others may take some at this moment."""


@dataclass(frozen=True, slots=True)
class OfferedTime:
    """A time kept for somebody until ``expires_at`` (UTC)."""

    id: UUID
    starts_at: datetime
    expires_at: datetime


@transactional
async def record_not_held(
    appointment: UUID, staff: UUID, reason: NotHeldReason, observations: str, now: datetime, rules: BookingRules
) -> None:
    """Record that a cita was not held, from 10 minutes before its start; keep the nearest free times for an hour.

    Raises TooSoon, NotReserved, AppointmentUnknown.
    """
    rows = await fetch(
        'UPDATE "appointment" SET "state" = \'not_held\', "ended_at" = {} WHERE "id" = {} '
        "AND \"state\" IN ('reserved', 'in_attention') AND \"starts_at\" <= {} "
        'RETURNING "id", "email", "citizen", "service", "center", "modality", "starts_at"',
        *(now, appointment, now + ENTER_BEFORE),
    )
    if not rows:
        state = await state_of(appointment)
        if state is not State.RESERVED:
            raise NotReserved(state)
        [cita] = await fetch('SELECT "starts_at" FROM "appointment" WHERE "id" = {}', appointment)
        raise TooSoon(cita["starts_at"] - ENTER_BEFORE)
    await add_observations(appointment, observations, now)
    await note_motive(appointment, reason.value, now)
    await record_event(appointment, EventKind.NOT_HELD, now, staff=staff, reason=reason.value)
    if not await _has_active_cita(rows[0]):
        await _keep_times(rows[0], now, rules)
    await add_notice(appointment, MessageKind.NOT_HELD, now)
    await queue_message(appointment, MessageKind.NOT_HELD, rows[0]["email"], now, deadline=now + NEWS_STAY_NEWS)


async def _has_active_cita(cita: Row) -> bool:
    rows = await fetch(
        'SELECT "id" FROM "appointment" WHERE "citizen" = {} AND "service" = {} '
        'AND "state" IN (\'reserved\', \'in_attention\') AND NOT "duplicate" AND NOT "unrecorded" LIMIT 1',
        *(cita["citizen"], cita["service"]),
    )
    return bool(rows)


async def _keep_times(cita: Row, now: datetime, rules: BookingRules) -> None:
    key = await _key_of(cita)
    longer = replace(rules, hold=KEPT_FOR)
    kept = 0
    for slot in await nearest_slots(key, now, rules, _TIMES_ASKED_FOR):
        token = secrets.token_urlsafe(24)
        try:
            seat = await hold_seat(slot.key, token, None, now, longer)
        except (SeatTaken, NotOffered):
            continue  # somebody was faster
        await fetch(
            'INSERT INTO "offered_seat" ("id", "appointment", "seat", "hold_token", "expires_at") '
            "VALUES ({}, {}, {}, {}, {})",
            *(uuid4(), cita["id"], seat, token, now + KEPT_FOR),
        )
        kept += 1
        if kept == TIMES_OFFERED:
            return


async def _key_of(cita: Row) -> SlotKey:
    [codes] = await fetch(
        'SELECT "service"."code" AS "service", "center"."code" AS "center" FROM "service", "center" '
        'WHERE "service"."id" = {} AND "center"."id" = {}',
        *(cita["service"], cita["center"]),
    )
    return SlotKey(codes["service"], codes["center"], Modality(cita["modality"]), cita["starts_at"])


async def offered_times(appointment: UUID, now: datetime) -> tuple[OfferedTime, ...]:
    """The times that are kept for the owner of a cita that was not held, by time; none once one was chosen."""
    if await chosen_instead(appointment):
        return ()
    rows = await fetch(
        'SELECT "offered_seat"."id", "seat"."starts_at", "offered_seat"."expires_at" FROM "offered_seat" '
        'JOIN "seat" ON "seat"."id" = "offered_seat"."seat" AND "seat"."hold_token" = "offered_seat"."hold_token" '
        'WHERE "offered_seat"."appointment" = {} AND "offered_seat"."expires_at" > {} AND "seat"."is_open" '
        'AND "seat"."appointment" IS NULL ORDER BY "seat"."starts_at"',
        *(appointment, now),
    )
    return tuple(OfferedTime(row["id"], row["starts_at"], row["expires_at"]) for row in rows)


async def find_offered(appointment: UUID, offered: UUID) -> OfferedTime | None:
    """One of the times that were offered, whatever became of it since; None when it was none of this cita's."""
    rows = await fetch(
        'SELECT "offered_seat"."id", "seat"."starts_at", "offered_seat"."expires_at" FROM "offered_seat" '
        'JOIN "seat" ON "seat"."id" = "offered_seat"."seat" '
        'WHERE "offered_seat"."appointment" = {} AND "offered_seat"."id" = {}',
        *(appointment, offered),
    )
    return OfferedTime(rows[0]["id"], rows[0]["starts_at"], rows[0]["expires_at"]) if rows else None


async def chosen_instead(appointment: UUID) -> str | None:
    """The code of the cita that one of the offered times became, or None."""
    rows = await fetch(
        'SELECT "chosen"."code" FROM "offered_seat" '
        'JOIN "appointment" "chosen" ON "chosen"."hold_token" = "offered_seat"."hold_token" '
        'WHERE "offered_seat"."appointment" = {} LIMIT 1',
        appointment,
    )
    return rows[0]["code"] if rows else None


async def choose_offered(appointment: UUID, offered: UUID, now: datetime, rules: BookingRules) -> Booked:
    """Book one of the offered times for the same person and let go of the others; the same again returns the cita.

    Raises SeatTaken with the nearest times, AlreadyReserved, AppointmentUnknown (no such offer).
    """
    rows = await fetch(
        'SELECT "appointment".*, "citizen"."document_type", "citizen"."document_number", "offered_seat"."seat" AS '
        '"offered_seat", "offered_seat"."hold_token" AS "offered_token", "seat"."starts_at" AS "offered_start" '
        'FROM "offered_seat" JOIN "appointment" ON "appointment"."id" = "offered_seat"."appointment" '
        'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
        'JOIN "seat" ON "seat"."id" = "offered_seat"."seat" '
        'WHERE "offered_seat"."id" = {} AND "appointment"."id" = {}',
        *(offered, appointment),
    )
    if not rows:
        raise AppointmentUnknown
    former = rows[0]
    key = replace(await _key_of(former), starts_at=former["offered_start"])
    consent = Consent(
        former["privacy_version"], former["privacy_accepted_at"] or now, bool(former["promotions_accepted"])
    )
    request = Request(
        former["offered_token"],
        key,
        former["offered_seat"],
        _person_of(former),
        consent,
        Origin(former["origin"]),
        former["booked_by"],
    )
    booked = await book(request, now, rules)
    if not booked.repeated:
        await hand_over_cv(appointment, booked.id)
        await record_event(appointment, EventKind.MOVED_TO, now, code=booked.code)
    await _let_go_of_others(appointment)
    return booked


async def _let_go_of_others(appointment: UUID) -> None:
    for row in await fetch('SELECT "hold_token" FROM "offered_seat" WHERE "appointment" = {}', appointment):
        await let_go(row["hold_token"])


def _person_of(cita: Row) -> Person:
    return Person(
        document_type=DocumentType(cita["document_type"]),
        document_number=cita["document_number"],
        given_names=cita["given_names"],
        first_surname=cita["first_surname"],
        second_surname=cita["second_surname"],
        birth_date=cita["birth_date"],
        email=cita["email"],
        phone=cita["phone"],
        ubigeo=cita["ubigeo"],
        preference=Preference(cita["preference"]) if cita["preference"] else None,
        language=Language(cita["language"]),
        motive=cita["motive"],
    )
