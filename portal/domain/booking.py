"""Book: a hold becomes a cita by one conditional update on the seat, in the transaction that writes the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from portal.database.errors import ConstraintError, DatabaseUnreachableError, TransactionConflictError
from portal.database.node import Write, fetch, transactional, write_at_once, writes_at_once
from portal.domain.attempts import WITHIN_LIMITS, Tries, count, counting
from portal.domain.codes import make_code
from portal.domain.errors import AlreadyReserved, SeatTaken
from portal.domain.events import event_of, record_event
from portal.domain.holds import find_candidates, is_on_offer
from portal.domain.kiosk_news import news_of
from portal.domain.new_appointment import Booked, add_appointment, complete
from portal.domain.notices import add_notice, message_of, notice_of, queue_message, tell_listeners
from portal.domain.people import ADD_CITIZEN, Consent, Person, find_or_add_citizen
from portal.domain.reminders import told_at_once
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, SlotKey, nearest_slots
from portal.domain.video import new_room
from portal.domain.visits import draft_dropped, drop_draft
from portal.domain.vocabulary import EventKind, MessageKind, Origin


@dataclass(frozen=True, slots=True)
class Request:
    """What is confirmed: the seat held under ``token``, for whom, in which modality, by whom.

    ``cookie`` names the visit it comes from, if any: what was typed there goes over to the cita. ``consultant`` is
    whom the staff chose; None: whoever is free at that time.
    """

    token: str
    key: SlotKey
    seat: UUID
    person: Person
    consent: Consent
    origin: Origin = Origin.WEB
    booked_by: UUID | None = None
    cookie: str = ""
    consultant: UUID | None = None


async def book(request: Request, now: datetime, rules: BookingRules, tries: Tries | None = None) -> Booked:
    """Turn a hold into a cita (PE-BT-01, activity 01).

    Succeeds also when the hold ran out but the seat, or another one at the same time, is still free. The token is the
    idempotency key: a second call with it returns the same cita. Raises SeatTaken with the nearest times (also when the
    day was closed meanwhile), and AlreadyReserved when the person has an active cita for the service. Counts the
    ``tries`` as well, whatever comes of it, and raises TooManyAttempts when they are too many.
    """
    if (booked := await _book_at_once(request, now, rules, tries)) is not None:
        return booked
    if tries is not None:
        await count(tries)
    try:
        return await _book(request, now, rules)
    except SeatTaken:
        booked = await find_booked(request.token) or await _book_beside(request, now, rules)
        if booked is None:
            raise SeatTaken(await nearest_slots(request.key, now, rules)) from None
        return booked
    except AlreadyReserved:
        if (earlier := await find_booked(request.token)) is not None:
            return earlier
        raise


async def _book_beside(request: Request, now: datetime, rules: BookingRules) -> Booked | None:
    """Book another consultor's free seat at the same time, if there is one. Notice and horizon bind, as for all."""
    if not is_on_offer(request.key, now, rules):
        return None
    for candidate in await find_candidates(request.key, now, consultant=request.consultant):
        try:
            return await _book(replace(request, seat=candidate.seat), now, rules)
        except SeatTaken:
            continue
    return None


async def find_booked(token: str) -> Booked | None:
    """The cita that a hold's token was turned into, or None."""
    rows = await fetch('SELECT "id", "code" FROM "appointment" WHERE "hold_token" = {}', token)
    return Booked(rows[0]["id"], rows[0]["code"], repeated=True) if rows else None


def _take_seat(request: Request, appointment: UUID, now: datetime, condition: str = "TRUE") -> Write:
    return Write(
        'UPDATE "seat" SET "appointment" = {}, "hold_token" = NULL, "held_until" = NULL '
        'WHERE "seat"."id" = {} AND "seat"."starts_at" > {} AND "seat"."is_open" AND "seat"."appointment" IS NULL '
        'AND "seat"."kiosk" IS NULL AND ("seat"."hold_token" = {} OR "seat"."held_until" IS NULL '
        f'OR "seat"."held_until" <= {{}}) AND {ALLOWS[request.key.modality]} AND {condition} '
        'RETURNING "center", "service", "consultant", "starts_at", "ends_at"',
        (appointment, request.seat, now, request.token, now),
        "taken",
    )


_OF_SEAT = ("center", "service", "consultant", "starts_at", "ends_at")


def _values(
    request: Request, appointment: UUID, starts_at: datetime, now: datetime, rules: BookingRules
) -> dict[str, Any]:
    """The columns of the new row but for its citizen and what it has of its seat."""
    person, consent = request.person, request.consent
    return {
        "id": appointment,
        "hold_token": request.token,
        "seat": request.seat,
        "modality": request.key.modality.value,
        "meet_link": new_room(rules, request.key.modality),
        "notified_at": told_at_once(starts_at, now, rules),
        "reminded_at": told_at_once(starts_at, now, rules),
        "given_names": person.given_names,
        "first_surname": person.first_surname,
        "second_surname": person.second_surname,
        "birth_date": person.birth_date,
        "email": person.email,
        "phone": person.phone,
        "ubigeo": person.ubigeo,
        "preference": person.preference.value if person.preference else "",
        "language": person.language.value,
        "motive": person.motive,
        "privacy_version": consent.privacy_version,
        "privacy_accepted_at": consent.privacy_accepted_at,
        "promotions_accepted": consent.promotions,
        "origin": request.origin.value,
        "booked_by": request.booked_by,
        "calendar_uid": appointment,
        "calendar_sequence": 0,
        "moved_from": None,
    }


async def _book_at_once(request: Request, now: datetime, rules: BookingRules, tries: Tries | None) -> Booked | None:
    """Book by one statement, where that can be done and nothing stands in the way; else None, and nothing is written
    (or, when the line broke, perhaps): ``_book`` then finds out what it is.
    """
    if not writes_at_once():
        return None
    appointment, code, starts_at = uuid4(), make_code(), request.key.starts_at
    row = {"code": code, **complete(_values(request, appointment, starts_at, now, rules), now)}
    columns = ", ".join(f'"{column}"' for column in ("citizen", *_OF_SEAT, *row))
    of_seat = ", ".join(f'"taken"."{column}"' for column in _OF_SEAT)
    marks = ", ".join("{}" for _ in row)
    person, kind = request.person, MessageKind.CONFIRMATION
    citizen = ADD_CITIZEN.replace("{values}", 'SELECT {}, {}, {}, {} FROM "taken"')
    cita = (
        f'INSERT INTO "appointment" ({columns}) SELECT "person"."id", {of_seat}, {marks} FROM "taken", "person" '
        'WHERE "taken"."starts_at" = {} RETURNING "id", "center"'
    )
    # What follows a cita that was not written has nothing to refer to: a foreign key then refuses the whole.
    writes = [
        *([counting(tries)] if tries is not None else []),
        _take_seat(request, appointment, now, WITHIN_LIMITS if tries is not None else "TRUE"),
        Write(citizen, (uuid4(), person.document_type.value, person.document_number, now), "person"),
        Write(cita, (*row.values(), starts_at), "cita"),
        news_of(appointment, source="cita"),
        notice_of(appointment, kind, now),
    ]
    if person.email:
        writes.append(message_of(appointment, kind, person.email, now, deadline=starts_at))
    if request.cookie:
        writes.append(draft_dropped(request.cookie))
    event = event_of(appointment, EventKind.RESERVED, now, staff=request.booked_by, origin=request.origin.value)
    try:
        await write_at_once(*writes, event)
    except (ConstraintError, TransactionConflictError, DatabaseUnreachableError):
        return None
    tell_listeners()
    return Booked(appointment, code)


@transactional
async def _book(request: Request, now: datetime, rules: BookingRules) -> Booked:
    appointment = uuid4()
    taking = _take_seat(request, appointment, now)
    seats = await fetch(taking.sql, *taking.values)
    if not seats:
        raise SeatTaken
    citizen = await find_or_add_citizen(request.person.document_type, request.person.document_number, now)
    starts_at = seats[0]["starts_at"]
    values = {**_values(request, appointment, starts_at, now, rules), "citizen": citizen, **seats[0]}
    code = await add_appointment(values, now)
    await record_event(appointment, EventKind.RESERVED, now, staff=request.booked_by, origin=request.origin.value)
    await add_notice(appointment, MessageKind.CONFIRMATION, now)
    await queue_message(appointment, MessageKind.CONFIRMATION, request.person.email, now, deadline=starts_at)
    if request.cookie:
        await drop_draft(request.cookie)  # the visit itself stays, so that a resend finds the cita
    return Booked(appointment, code)
