"""Cancel and move at the desk, also offline, any cita that the kiosk knows, until its start (ARCHITECTURE, rules 4, 5).

Whoever cancels or moves it, its seat returns only at the portal: the kiosk never sells it again. A move sells a seat
that the kiosk holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from kiosk.log import append
from kiosk.print_jobs import queue_print
from kiosk.reference import read_rules
from kiosk.selling import Sold, columns_of, describe_sale, find_sold, take_seat
from kiosk.state import require_good_standing
from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.documents.slip import Paper
from portal.domain import exchange
from portal.domain.changing import end_reserved, state_of, why_not_ended
from portal.domain.errors import AppointmentUnknown, NotOffered, NotReserved, SeatTaken
from portal.domain.events import record_event
from portal.domain.holds import find_candidates, is_on_offer, was_opened
from portal.domain.new_appointment import add_appointment
from portal.domain.slots import SlotKey, nearest_slots
from portal.domain.vocabulary import EventKind, State


@dataclass(frozen=True, slots=True)
class MoveOrder:
    """A cita that is moved, where to, by whom. ``token`` is the form's own: the same one twice moves once."""

    token: str
    code: str
    key: SlotKey
    moved_by: UUID
    consultant: UUID | None = None


@transactional
async def cancel_offline(code: str, staff: UUID, now: datetime) -> None:
    """Cancel a cita that the kiosk knows, until its start. Cancelling twice does nothing.

    Raises KioskLocked, AppointmentUnknown, TooLate, NotReserved.
    """
    await require_good_standing()
    ended = await end_reserved(code, State.CANCELLED, now)
    if ended is None:
        state = await state_of(code)
        if state is State.CANCELLED:
            return
        raise why_not_ended(state)
    await record_event(ended["id"], EventKind.CANCELLED, now, staff=staff)
    await append(exchange.Cancellation(code=code, cancelled_by=staff), now, ended["id"])


async def move_offline(order: MoveOrder, now: datetime, paper: Paper) -> Sold:
    """Move a cita that the kiosk knows to a time of the same service that it holds, and order the new slip.

    Raises KioskLocked, AppointmentUnknown, TooLate, NotReserved; NotOffered and SeatTaken as a sale does.
    """
    if (moved := await find_sold(order.token)) is not None:
        return moved
    await require_good_standing()
    if (same := await _find_same(order)) is not None:
        return same
    rules = await read_rules()
    if not is_on_offer(order.key, now, rules):
        raise NotOffered
    for candidate in await find_candidates(order.key, now, consultant=order.consultant):
        try:
            return await _move(order, candidate.seat, now, paper)
        except SeatTaken:
            continue
        except NotReserved:
            # Perhaps by this very form, pressed twice.
            if (moved := await find_sold(order.token)) is not None:
                return moved
            raise
    state = await state_of(order.code)
    if state is not State.RESERVED:
        raise NotReserved(state)
    if not await was_opened(order.key):
        raise NotOffered
    raise SeatTaken(await nearest_slots(order.key, now, rules))


async def _find_same(order: MoveOrder) -> Sold | None:
    """The cita itself, when it is at that time in that modality already."""
    rows = await fetch(
        'SELECT "id", "consultant" FROM "appointment" WHERE "code" = {} AND "state" = \'reserved\' '
        'AND "starts_at" = {} AND "modality" = {}',
        *(order.code, order.key.starts_at, order.key.modality.value),
    )
    if not rows or order.consultant not in (None, rows[0]["consultant"]):
        return None
    return Sold(rows[0]["id"], order.code, repeated=True)


@transactional
async def _move(order: MoveOrder, seat: UUID, now: datetime, paper: Paper) -> Sold:
    await require_good_standing()
    appointment, modality = uuid4(), order.key.modality
    former = await _find_former(order.code)
    ended = await end_reserved(order.code, State.RESCHEDULED, now)
    if ended is None:
        raise why_not_ended(State(former["state"]))
    taken = await take_seat(seat, modality, appointment, now)
    if taken.service != former["service"]:
        raise NotOffered
    kept = {column: former[column] for column in _KEPT_BY_A_MOVE}
    await add_appointment(
        {
            **kept,
            **columns_of(taken, modality),
            "id": appointment,
            "hold_token": order.token,
            "booked_by": order.moved_by,
            "calendar_sequence": ended["calendar_sequence"],
            "moved_from": ended["id"],
        },
        now,
        taken.code,
    )
    await record_event(ended["id"], EventKind.MOVED_TO, now, staff=order.moved_by, code=taken.code)
    await record_event(appointment, EventKind.MOVED_FROM, now, staff=order.moved_by, code=order.code)
    sale = describe_sale(
        taken,
        appointment,
        order.key,
        sold_by=order.moved_by,
        person=_tell_person(former),
        consent=_tell_consent(former),
    )
    await append(exchange.Move(code=order.code, sale=sale), now, appointment, former=ended["id"])
    await queue_print(appointment, paper, now)
    return Sold(appointment, taken.code)


_KEPT_BY_A_MOVE: Final = (
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
    "calendar_uid",
)


async def _find_former(code: str) -> Row:
    rows = await fetch(
        'SELECT "appointment".*, "citizen"."document_type", "citizen"."document_number" FROM "appointment" '
        'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" WHERE "appointment"."code" = {}',
        code,
    )
    if not rows:
        raise AppointmentUnknown
    return rows[0]


def _tell_person(former: Row) -> exchange.Person:
    """Whom the cita is for, as far as it is known here: of one that was pulled, the name in one piece."""
    return exchange.Person(
        document_type=former["document_type"],
        document_number=former["document_number"],
        given_names=former["given_names"],
        first_surname=former["first_surname"],
        second_surname=former["second_surname"],
        birth_date=former["birth_date"],
        email=former["email"],
        phone=former["phone"],
        ubigeo=former["ubigeo"],
        preference=former["preference"],
        language=former["language"],
        motive=former["motive"],
    )


def _tell_consent(former: Row) -> exchange.Consent:
    """The consent that the cita was made with; without a version, the portal alone knows it."""
    return exchange.Consent(
        privacy_version=former["privacy_version"],
        privacy_accepted_at=former["privacy_accepted_at"] or former["created_at"],
        promotions=bool(former["promotions_accepted"]),
    )
