"""Cancel and move a cita: until its start, by its owner or by staff."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.errors import AppointmentUnknown, NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.events import record_event
from portal.domain.files import hand_over_cv
from portal.domain.holds import find_candidates, give_back, is_on_offer, was_opened
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked, add_appointment
from portal.domain.notices import NEWS_STAY_NEWS, add_notice, queue_message
from portal.domain.reminders import told_at_once
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, FREE, SlotKey, nearest_slots
from portal.domain.video import new_room
from portal.domain.vocabulary import EventKind, MessageKind, State


async def cancel(code: str, now: datetime, rules: BookingRules, staff: UUID | None = None) -> None:
    """Cancel a reserved cita until its start; its seat returns after a random delay. Cancelling twice does nothing.

    Raises AppointmentUnknown, TooLate, NotReserved.
    """
    await _cancel(code, now, rules, staff)


@transactional
async def _cancel(code: str, now: datetime, rules: BookingRules, staff: UUID | None) -> None:
    ended = await end_reserved(code, State.CANCELLED, now)
    if ended is None:
        state = await state_of(code)
        if state is State.CANCELLED:
            return
        raise why_not_ended(state)
    await give_back(ended["seat"], ended["id"], now, rules)
    await record_event(ended["id"], EventKind.CANCELLED, now, staff=staff)
    await add_notice(ended["id"], MessageKind.CANCELLATION, now)
    await queue_message(ended["id"], MessageKind.CANCELLATION, ended["email"], now, deadline=now + NEWS_STAY_NEWS)


async def end_reserved(code: str, state: State, now: datetime) -> dict[str, Any] | None:
    """Take a reserved cita that has not begun out of the active ones; None when it was no longer so."""
    rows = await fetch(
        'UPDATE "appointment" SET "state" = {}, "ended_at" = {}, "calendar_sequence" = "calendar_sequence" + 1 '
        'WHERE "code" = {} AND "state" = \'reserved\' AND "starts_at" > {} '
        'RETURNING "id", "seat", "email", "citizen", "starts_at", "calendar_uid", "calendar_sequence", "modality"',
        *(state.value, now, code, now),
    )
    return rows[0] if rows else None


async def state_of(code: str) -> State:
    """The state of a cita. Raises AppointmentUnknown."""
    rows = await fetch('SELECT "state" FROM "appointment" WHERE "code" = {}', code)
    if not rows:
        raise AppointmentUnknown
    return State(rows[0]["state"])


def why_not_ended(state: State) -> TooLate | NotReserved:
    """Why a cita in that state could not be ended before its start."""
    return TooLate() if state is State.RESERVED else NotReserved(state)


async def move(code: str, key: SlotKey, now: datetime, rules: BookingRules, staff: UUID | None = None) -> Booked:
    """Move a reserved cita to another time of the same service: the old one ends as moved, a new one links back to it.

    The new cita keeps the calendar's UID with a higher sequence. Another modality at the same time keeps the seat. A
    repeat returns the cita that the first call made, and the cita's own time and modality return it as it is. Raises
    SeatTaken with the nearest times, NotOffered, AppointmentUnknown, TooLate, NotReserved.
    """
    if not is_on_offer(key, now, rules):
        raise NotOffered
    try:
        moved = await _move_to_any(code, key, now, rules, staff)
    except NotReserved:
        # Perhaps a second click: the first one moved it just there.
        moved = await _find_moved(code, key)
        if moved is None:
            raise
    moved = moved or await _find_moved(code, key)
    if moved is None:
        state = await state_of(code)
        if state is not State.RESERVED:
            raise NotReserved(state)
        if not await was_opened(key):
            raise NotOffered
        raise SeatTaken(await nearest_slots(key, now, rules))
    return moved


async def _move_to_any(
    code: str, key: SlotKey, now: datetime, rules: BookingRules, staff: UUID | None
) -> Booked | None:
    own = await fetch(
        'SELECT "id", "seat", "modality" FROM "appointment" WHERE "code" = {} AND "starts_at" = {} AND "state" = {}',
        *(code, key.starts_at, State.RESERVED.value),
    )
    if own and own[0]["modality"] == key.modality.value:
        return Booked(own[0]["id"], code, repeated=True)
    seats = [row["seat"] for row in own] + [candidate.seat for candidate in await find_candidates(key, now)]
    for seat in seats:
        moved = await _move(code, key.modality, seat, now, rules, staff)
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
        'UPDATE "seat" SET "appointment" = {}, "hold_token" = NULL, "held_until" = NULL '
        f'WHERE "seat"."id" = {{}} AND {ALLOWS[modality]} '
        f'AND (({FREE}) OR "seat"."appointment" = (SELECT "id" FROM "appointment" WHERE "code" = {{}})) '
        'RETURNING "id" AS "seat", "center", "service", "consultant", "starts_at", "ends_at"',
        *(appointment, seat, now, code),
    )
    if not seats:
        return None
    old = await fetch('SELECT * FROM "appointment" WHERE "code" = {}', code)
    ended = await end_reserved(code, State.RESCHEDULED, now)
    if ended is None:
        # Leaving by an exception gives the seat back with the transaction.
        raise why_not_ended(await state_of(code))
    if old[0]["service"] != seats[0]["service"]:
        raise NotOffered
    kept = {column: old[0][column] for column in _KEPT_BY_A_MOVE}
    new_code = await add_appointment(
        {
            **kept,
            **seats[0],
            "id": appointment,
            "hold_token": secrets.token_urlsafe(24),
            "modality": modality.value,
            "meet_link": new_room(rules, modality),
            "notified_at": told_at_once(seats[0]["starts_at"], now, rules),
            "reminded_at": told_at_once(seats[0]["starts_at"], now, rules),
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
