"""Book: a hold becomes a cita by one conditional update on the seat, in the transaction that writes the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.errors import AlreadyReserved, SeatTaken
from portal.domain.events import record_event
from portal.domain.holds import find_candidates, is_on_offer
from portal.domain.new_appointment import Booked, add_appointment
from portal.domain.notices import add_notice, queue_message
from portal.domain.people import Consent, Person, find_or_add_citizen
from portal.domain.reminders import told_at_once
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, SlotKey, nearest_slots
from portal.domain.video import new_room
from portal.domain.visits import drop_draft
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


async def book(request: Request, now: datetime, rules: BookingRules) -> Booked:
    """Turn a hold into a cita (PE-BT-01, activity 01).

    Succeeds also when the hold ran out but the seat, or another one at the same time, is still free. The token is the
    idempotency key: a second call with it returns the same cita. Raises SeatTaken with the nearest times (also when the
    day was closed meanwhile), and AlreadyReserved when the person has an active cita for the service.
    """
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


@transactional
async def _book(request: Request, now: datetime, rules: BookingRules) -> Booked:
    appointment = uuid4()
    seats = await fetch(
        'UPDATE "seat" SET "appointment" = {}, "hold_token" = NULL, "held_until" = NULL '
        'WHERE "seat"."id" = {} AND "seat"."starts_at" > {} AND "seat"."is_open" AND "seat"."appointment" IS NULL '
        'AND "seat"."kiosk" IS NULL AND ("seat"."hold_token" = {} OR "seat"."held_until" IS NULL '
        f'OR "seat"."held_until" <= {{}}) AND {ALLOWS[request.key.modality]} '
        'RETURNING "center", "service", "consultant", "starts_at", "ends_at"',
        *(appointment, request.seat, now, request.token, now),
    )
    if not seats:
        raise SeatTaken
    citizen = await find_or_add_citizen(request.person.document_type, request.person.document_number, now)
    person, consent = request.person, request.consent
    code = await add_appointment(
        {
            "id": appointment,
            "hold_token": request.token,
            "citizen": citizen,
            "seat": request.seat,
            **seats[0],
            "modality": request.key.modality.value,
            "meet_link": new_room(rules, request.key.modality),
            "notified_at": told_at_once(seats[0]["starts_at"], now, rules),
            "reminded_at": told_at_once(seats[0]["starts_at"], now, rules),
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
        },
        now,
    )
    await record_event(appointment, EventKind.RESERVED, now, staff=request.booked_by, origin=request.origin.value)
    await add_notice(appointment, MessageKind.CONFIRMATION, now)
    await queue_message(appointment, MessageKind.CONFIRMATION, person.email, now, deadline=seats[0]["starts_at"])
    if request.cookie:
        await drop_draft(request.cookie)  # the visit itself stays, so that a resend finds the cita
    return Booked(appointment, code)
