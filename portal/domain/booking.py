"""Book, cancel, move: each one conditional update on the seat, in the transaction that writes the rest."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.codes import make_code
from portal.domain.errors import AlreadyReserved, AppointmentUnknown, NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.events import record_event
from portal.domain.files import hand_over_cv
from portal.domain.holds import find_candidates, give_back, was_opened
from portal.domain.modality import Modality
from portal.domain.notices import NEWS_STAY_NEWS, add_notice, queue_message
from portal.domain.people import Consent, Person, find_or_add_citizen
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, FREE, SlotKey, last_day_on_offer, nearest_slots
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import EventKind, MessageKind, Origin, State


@dataclass(frozen=True, slots=True)
class Booked:
    """A cita that now exists. ``repeated`` says that it existed before: a double click, a resend, a way back."""

    id: UUID
    code: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What is confirmed: the seat held under ``token``, for whom, in which modality, by whom."""

    token: str
    key: SlotKey
    seat: UUID
    person: Person
    consent: Consent
    origin: Origin = Origin.WEB
    booked_by: UUID | None = None


async def book(request: Request, now: datetime, rules: BookingRules) -> Booked:
    """Turn a hold into a cita (PE-BT-01, activity 01).

    Succeeds also when the hold ran out but the seat is still free. The token is the idempotency key: a second call with
    it returns the same cita. Raises SeatTaken with the nearest times (also when the day was closed meanwhile), and
    AlreadyReserved when the person has an active cita for the service.
    """
    try:
        return await _book(request, now)
    except SeatTaken:
        if (earlier := await find_booked(request.token)) is not None:
            return earlier
        raise SeatTaken(await nearest_slots(request.key, now, rules)) from None
    except AlreadyReserved:
        if (earlier := await find_booked(request.token)) is not None:
            return earlier
        raise


async def find_booked(token: str) -> Booked | None:
    """The cita that a hold's token was turned into, or None."""
    rows = await fetch('SELECT "id", "code" FROM "appointment" WHERE "hold_token" = {}', token)
    return Booked(rows[0]["id"], rows[0]["code"], repeated=True) if rows else None


@transactional
async def _book(request: Request, now: datetime) -> Booked:
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
    code = await _insert_appointment(
        {
            "id": appointment,
            "hold_token": request.token,
            "citizen": citizen,
            "seat": request.seat,
            **seats[0],
            "modality": request.key.modality.value,
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
    return Booked(appointment, code)


async def _insert_appointment(values: dict[str, Any], now: datetime) -> str:
    """Insert the row under a fresh code. Raises AlreadyReserved when a wall (one active cita per person) refuses it."""
    fixed = {
        "state": State.RESERVED.value,
        "displaced": False,
        "duplicate": False,
        "meet_link": "",
        "created_at": now,
    }
    row = {**fixed, **values}
    columns = ", ".join(f'"{column}"' for column in ("code", *row))
    marks = ", ".join("{}" for _ in range(len(row) + 1))
    # A second try with another code tells a collision of codes (about one in 10^10) from a wall.
    for code in (make_code(), make_code()):
        inserted = await fetch(
            f'INSERT INTO "appointment" ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING "id"',
            *(code, *row.values()),
        )
        if inserted:
            return code
        if not await _code_exists(code):
            break
    raise AlreadyReserved


async def _code_exists(code: str) -> bool:
    return bool(await fetch('SELECT "id" FROM "appointment" WHERE "code" = {}', code))


async def cancel(code: str, now: datetime, rules: BookingRules, staff: UUID | None = None) -> None:
    """Cancel a reserved cita until its start; its seat returns after a random delay. Cancelling twice does nothing.

    Raises AppointmentUnknown, TooLate, NotReserved.
    """
    await _cancel(code, now, rules, staff)


@transactional
async def _cancel(code: str, now: datetime, rules: BookingRules, staff: UUID | None) -> None:
    ended = await _end(code, State.CANCELLED, now)
    if ended is None:
        refusal = await _refusal(code)
        if isinstance(refusal, NotReserved) and refusal.state is State.CANCELLED:
            return
        raise refusal
    await give_back(ended["seat"], ended["id"], now, rules)
    await record_event(ended["id"], EventKind.CANCELLED, now, staff=staff)
    await add_notice(ended["id"], MessageKind.CANCELLATION, now)
    await queue_message(ended["id"], MessageKind.CANCELLATION, ended["email"], now, deadline=now + NEWS_STAY_NEWS)


async def _end(code: str, state: State, now: datetime) -> dict[str, Any] | None:
    """Take a reserved cita that has not begun out of the active ones; None when it was no longer so."""
    rows = await fetch(
        'UPDATE "appointment" SET "state" = {}, "ended_at" = {}, "calendar_sequence" = "calendar_sequence" + 1 '
        'WHERE "code" = {} AND "state" = \'reserved\' AND "starts_at" > {} '
        'RETURNING "id", "seat", "email", "citizen", "starts_at", "calendar_uid", "calendar_sequence", "modality"',
        *(state.value, now, code, now),
    )
    return rows[0] if rows else None


async def _refusal(code: str) -> AppointmentUnknown | TooLate | NotReserved:
    """Why a cita could not be ended."""
    rows = await fetch('SELECT "state" FROM "appointment" WHERE "code" = {}', code)
    if not rows:
        return AppointmentUnknown()
    state = State(rows[0]["state"])
    return TooLate() if state is State.RESERVED else NotReserved(state)


async def move(code: str, key: SlotKey, now: datetime, rules: BookingRules, staff: UUID | None = None) -> Booked:
    """Move a reserved cita to another time of the same service: the old one ends as moved, a new one links back to it.

    The new cita keeps the calendar's UID with a higher sequence. A repeat returns the cita that the first call made.
    Raises SeatTaken with the nearest times, NotOffered, AppointmentUnknown, TooLate, NotReserved.
    """
    if key.starts_at < now + rules.notice or local_day(key.starts_at) > last_day_on_offer(now, rules):
        raise NotOffered
    try:
        moved = await _move_to_any(code, key, now, rules, staff)
    except NotReserved:
        # Perhaps a second click: the first one moved it just there.
        moved = await _find_moved(code, key)
        if moved is None:
            raise
    moved = moved or await _find_moved(code, key)
    if moved is None and not await was_opened(key):
        raise NotOffered
    if moved is None:
        raise SeatTaken(await nearest_slots(key, now, rules))
    return moved


async def _move_to_any(
    code: str, key: SlotKey, now: datetime, rules: BookingRules, staff: UUID | None
) -> Booked | None:
    for candidate in await find_candidates(key, now):
        moved = await _move(code, key.modality, candidate.seat, now, rules, staff)
        if moved is not None:
            return moved
    return None


@transactional
async def _move(
    code: str, modality: Modality, seat: UUID, now: datetime, rules: BookingRules, staff: UUID | None
) -> Booked | None:
    """One attempt with one seat: None when the seat was taken meanwhile."""
    appointment = uuid4()
    seats = await fetch(
        f'UPDATE "seat" SET "appointment" = {{}}, "hold_token" = NULL, "held_until" = NULL '
        f'WHERE "seat"."id" = {{}} AND {FREE} '
        'RETURNING "id" AS "seat", "center", "service", "consultant", "starts_at", "ends_at"',
        *(appointment, seat, now),
    )
    if not seats:
        return None
    old = await fetch('SELECT * FROM "appointment" WHERE "code" = {}', code)
    ended = await _end(code, State.RESCHEDULED, now)
    if ended is None:
        # Leaving by an exception gives the seat back with the transaction.
        raise await _refusal(code)
    if old[0]["service"] != seats[0]["service"]:
        raise NotOffered
    kept = {column: old[0][column] for column in _KEPT_BY_A_MOVE}
    new_code = await _insert_appointment(
        {
            **kept,
            **seats[0],
            "id": appointment,
            "hold_token": secrets.token_urlsafe(24),
            "modality": modality.value,
            "calendar_sequence": ended["calendar_sequence"],
            "moved_from": ended["id"],
        },
        now,
    )
    await hand_over_cv(ended["id"], appointment)
    await give_back(ended["seat"], ended["id"], now, rules)
    await record_event(ended["id"], EventKind.MOVED_TO, now, staff=staff, code=new_code)
    await record_event(appointment, EventKind.MOVED_FROM, now, staff=staff, code=code)
    await add_notice(appointment, MessageKind.MOVE, now)
    await queue_message(appointment, MessageKind.MOVE, ended["email"], now, deadline=seats[0]["starts_at"])
    return Booked(appointment, new_code)


_KEPT_BY_A_MOVE = (
    "citizen",
    "given_names",
    "first_surname",
    "second_surname",
    "birth_date",
    "email",
    "phone",
    "ubigeo",
    "preference",
    "language",
    "motive",
    "privacy_version",
    "privacy_accepted_at",
    "promotions_accepted",
    "origin",
    "booked_by",
    "calendar_uid",
)


async def _find_moved(code: str, key: SlotKey) -> Booked | None:
    rows = await fetch(
        'SELECT "new"."id", "new"."code" FROM "appointment" "new" '
        'JOIN "appointment" "old" ON "new"."moved_from" = "old"."id" '
        'WHERE "old"."code" = {} AND "new"."starts_at" = {} AND "new"."modality" = {}',
        *(code, key.starts_at, key.modality.value),
    )
    return Booked(rows[0]["id"], rows[0]["code"], repeated=True) if rows else None
