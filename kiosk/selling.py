"""Sell at the desk: a lease becomes a cita, in one local transaction, whatever the network does (ARCHITECTURE, escrow).

Seat, person, cita, event, the lease's end, the log's entry and the order to print are written together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from kiosk.log import append
from kiosk.print_jobs import queue_print
from kiosk.reference import read_rules
from kiosk.state import require_good_standing
from portal.database.node import fetch, transactional
from portal.documents.slip import Paper
from portal.domain import exchange
from portal.domain.booking import find_booked
from portal.domain.catalogue import read_catalogue
from portal.domain.days_on_offer import days_between
from portal.domain.desk_booking import upcoming_slots
from portal.domain.errors import AlreadyReserved, NotOffered, SeatTaken
from portal.domain.events import record_event
from portal.domain.holds import find_candidates, is_on_offer, was_opened
from portal.domain.modality import Modality
from portal.domain.new_appointment import add_appointment
from portal.domain.people import Consent, Person, find_or_add_citizen
from portal.domain.slots import ALLOWS, FREE, Agenda, Day, Slot, SlotKey, nearest_slots
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import EventKind, Origin

_MOST_TIMES: Final = 600


@dataclass(frozen=True, slots=True)
class Order:
    """What is sold: a time, to whom, by whom. ``token`` is the form's own: the same one twice sells once.

    ``consultant`` is whom the person asked for; None: whoever has the fewest citas that day.
    """

    token: str
    key: SlotKey
    person: Person
    consent: Consent
    sold_by: UUID
    consultant: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """A cita that now exists, on disk. ``repeated``: it existed before."""

    appointment: UUID
    code: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class TakenSeat:
    """A seat that was just sold, with its lease. Times are UTC."""

    lease: UUID
    code: str
    seat: UUID
    center: UUID
    service: UUID
    consultant: UUID
    starts_at: datetime
    ends_at: datetime


async def offers(
    service: str, modality: Modality, first: date, last: date, now: datetime, consultant: UUID | None = None
) -> tuple[list[Day], list[Slot]]:
    """The local days from first to last with the places at hand, and their times, soonest first.

    The times are of one consultor when that is given. Raises NotOffered for a service that the sede does not have.
    """
    agenda, rules = await _agenda(service, modality), await read_rules()
    days = await days_between(agenda, first, last, now, rules)
    slots = await upcoming_slots(agenda, first, consultant, now, rules, _MOST_TIMES)
    return days, [slot for slot in slots if local_day(slot.starts_at) <= last]


async def soonest(
    service: str, modality: Modality, now: datetime, most: int = 12, consultant: UUID | None = None
) -> list[Slot]:
    """The next times at hand, at most that many, soonest first. Raises NotOffered."""
    agenda = await _agenda(service, modality)
    return await upcoming_slots(agenda, None, consultant, now, await read_rules(), most)


async def _agenda(service: str, modality: Modality) -> Agenda:
    catalogue = await read_catalogue()
    found = catalogue.service(service)
    if found is None or not catalogue.centers:
        raise NotOffered
    return Agenda(found, catalogue.centers[0], modality)


async def sell(order: Order, now: datetime, paper: Paper) -> Sold:
    """Sell a place that the kiosk holds, and order its slip; ``now`` is the corrected time.

    Raises KioskLocked, NotOffered (past, beyond the horizon, not lent), SeatTaken with the nearest times at hand, and
    AlreadyReserved when the person, as far as the kiosk knows, has an active cita for the service.
    """
    if (sold := await find_sold(order.token)) is not None:
        return sold
    await require_good_standing()
    rules = await read_rules()
    if not is_on_offer(order.key, now, rules):
        raise NotOffered
    for candidate in await find_candidates(order.key, now, consultant=order.consultant):
        try:
            return await _sell(order, candidate.seat, now, paper)
        except SeatTaken:
            continue
        except AlreadyReserved:
            # Perhaps by this very form, pressed twice.
            if (sold := await find_sold(order.token)) is not None:
                return sold
            raise
    if not await was_opened(order.key):
        raise NotOffered
    raise SeatTaken(await nearest_slots(order.key, now, rules))


async def find_sold(token: str) -> Sold | None:
    """What a form's token was turned into, or None."""
    booked = await find_booked(token)
    return Sold(booked.id, booked.code, repeated=True) if booked else None


@transactional
async def _sell(order: Order, seat: UUID, now: datetime, paper: Paper) -> Sold:
    await require_good_standing()  # again: an answer may have locked the kiosk meanwhile
    appointment, person, consent = uuid4(), order.person, order.consent
    taken = await take_seat(seat, order.key.modality, appointment, now)
    await add_appointment(
        {
            **columns_of(taken, order.key.modality),
            "id": appointment,
            "hold_token": order.token,
            "citizen": await find_or_add_citizen(person.document_type, person.document_number, now),
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
            "booked_by": order.sold_by,
            "calendar_uid": appointment,
            "calendar_sequence": 0,
            "moved_from": None,
        },
        now,
        taken.code,
    )
    await record_event(appointment, EventKind.RESERVED, now, staff=order.sold_by, origin=Origin.KIOSK.value)
    sale = describe_sale(
        taken, appointment, order.key, sold_by=order.sold_by, person=tell_person(person), consent=tell_consent(consent)
    )
    await append(sale, now, appointment)
    await queue_print(appointment, paper, now)
    return Sold(appointment, taken.code)


async def take_seat(seat: UUID, modality: Modality, appointment: UUID, now: datetime) -> TakenSeat:
    """Turn a held lease and its seat into a cita's, inside the transaction that writes the rest. Raises SeatTaken."""
    seats = await fetch(
        f'UPDATE "seat" SET "appointment" = {{}} WHERE "seat"."id" = {{}} AND "seat"."starts_at" > {{}} AND {FREE} '
        f'AND {ALLOWS[modality]} RETURNING "id" AS "seat", "center", "service", "consultant", "starts_at", "ends_at"',
        *(appointment, seat, now, now),
    )
    leases = seats and await fetch(
        'UPDATE "known_lease" SET "state" = \'sold\', "entry" = (SELECT "logged" + 1 FROM "kiosk_state" '
        'WHERE "kiosk_state"."id" = 1) WHERE "seat" = {} AND "state" = \'held\' AND NOT "recalled" '
        'AND "starts_at" > {} RETURNING "id" AS "lease", "code"',
        *(seat, now),
    )
    if not leases:
        raise SeatTaken
    return TakenSeat(**seats[0], **leases[0])


def columns_of(taken: TakenSeat, modality: Modality) -> Mapping[str, Any]:
    """What the row of a cita says of its seat."""
    return {
        "seat": taken.seat,
        "center": taken.center,
        "service": taken.service,
        "consultant": taken.consultant,
        "starts_at": taken.starts_at,
        "ends_at": taken.ends_at,
        "modality": modality.value,
        "origin": Origin.KIOSK.value,
        # Whoever sits at the desk has been told, with paper.
        "notified_at": None,
        "reminded_at": None,
    }


def describe_sale(
    taken: TakenSeat,
    appointment: UUID,
    key: SlotKey,
    *,
    sold_by: UUID,
    person: exchange.Person,
    consent: exchange.Consent,
) -> exchange.Sale:
    """A sale as the log tells of it."""
    return exchange.Sale(
        lease=taken.lease,
        seat=taken.seat,
        appointment=appointment,
        code=taken.code,
        service=key.service,
        modality=key.modality.value,
        starts_at=taken.starts_at,
        person=person,
        consent=consent,
        sold_by=sold_by,
        consultant=taken.consultant,
        ends_at=taken.ends_at,
    )


def tell_person(person: Person) -> exchange.Person:
    """A person as the log tells of them."""
    return exchange.Person(
        document_type=person.document_type.value,
        document_number=person.document_number,
        given_names=person.given_names,
        first_surname=person.first_surname,
        second_surname=person.second_surname,
        birth_date=person.birth_date,
        email=person.email,
        phone=person.phone,
        ubigeo=person.ubigeo,
        preference=person.preference.value if person.preference else "",
        language=person.language.value,
        motive=person.motive,
    )


def tell_consent(consent: Consent) -> exchange.Consent:
    """A consent as the log tells of it."""
    return exchange.Consent(
        privacy_version=consent.privacy_version,
        privacy_accepted_at=consent.privacy_accepted_at,
        promotions=consent.promotions,
    )


async def has_active_cita(person: Person, service: str) -> bool:
    """Whether a person, as far as the kiosk knows, has an active cita for the service: then none is asked for."""
    rows = await fetch(
        'SELECT "appointment"."id" FROM "appointment" JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
        'JOIN "service" ON "service"."id" = "appointment"."service" WHERE "citizen"."document_type" = {} '
        'AND "citizen"."document_number" = {} AND "service"."code" = {} '
        "AND \"appointment\".\"state\" IN ('reserved', 'in_attention') "
        'AND NOT "appointment"."duplicate" AND NOT "appointment"."unrecorded" LIMIT 1',
        *(person.document_type.value, person.document_number, service),
    )
    return bool(rows)
