"""A sale that a kiosk made, booked: a printed slip is a promise (ARCHITECTURE, rules 1, 4 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.errors import AlreadyReserved, NotOffered
from portal.domain.events import record_event
from portal.domain.exchange import Sale
from portal.domain.files import hand_over_cv
from portal.domain.kiosk_places import Place, find_place
from portal.domain.leases import forget_another
from portal.domain.modality import Modality
from portal.domain.new_appointment import add_appointment
from portal.domain.notices import add_notice, queue_message
from portal.domain.people import find_or_add_citizen
from portal.domain.reminders import told_at_once
from portal.domain.rules import BookingRules
from portal.domain.video import new_room
from portal.domain.vocabulary import DocumentType, EventKind, MessageKind, Origin


class Remark(StrEnum):
    """Why an entry is listed; the words are in the pages' catalogue."""

    DISPLACED = "displaced"
    DUPLICATE = "duplicate"
    CLOSED_DAY = "closed_day"
    SELLER_REVOKED = "seller_revoked"
    NOT_RESERVED = "not_reserved"
    MOVED_NO_LONGER_RESERVED = "moved_no_longer_reserved"
    UNKNOWN_CITA = "unknown_cita"
    UNREADABLE = "unreadable"
    NEW_CODE = "new_code"  # another copy of the kiosk sold under the same code


@dataclass(frozen=True, slots=True)
class Applied:
    """What an entry came to: the cita it made or changed, and why somebody should look at it, if so."""

    appointment: UUID | None = None
    remark: Remark | None = None


_KEPT_BY_A_MOVE = (
    "citizen", "given_names", "first_surname", "second_surname", "birth_date", "email", "phone", "ubigeo", "preference",
    "language", "motive", "privacy_version", "privacy_accepted_at", "promotions_accepted", "calendar_uid",
)  # fmt: skip


async def book_sale(
    kiosk: UUID,
    center: UUID,
    sale: Sale,
    at: datetime,
    now: datetime,
    rules: BookingRules,
    *,
    forgotten: bool = False,
    moved_from: Row | None = None,
    known: Row | None = None,
) -> Applied:
    """Make the cita that was printed, under its lease's code, inside the transaction of its entry.

    On its place if that is still the kiosk's or free, else *displaced*; *duplicate* if the person has another one.
    ``at`` is the time of sale, ``moved_from`` the cita that it takes the place of, ``known`` the one that tells more of
    the person than the desk knew, whatever became of it; ``forgotten``: this portal need not know the lease. Raises
    NotOffered for a lease or a seat that is not the kiosk's to sell, AlreadyReserved for a code or a lease that was
    sold before (all end in quarantine).
    """
    place = await find_place(center, sale, forgotten=forgotten)
    await _check_lease(kiosk, sale, forgotten=forgotten or not place.is_known)
    seat = await _seat(kiosk, sale, place)
    await _consume(kiosk, sale, place, now)
    if seat is not None:
        await _end_others(sale, place, now)
    row = await _row_of(sale, center, place, seat, at, rules, moved_from, known or moved_from, now)
    try:
        await add_appointment(row, at, sale.code)
        duplicate = False
    except AlreadyReserved:
        await add_appointment({**row, "duplicate": True}, at, sale.code)
        duplicate = True
    await _tell(sale, moved_from, row["email"], at, now)
    if seat is None:
        return Applied(sale.appointment, Remark.DISPLACED)
    if duplicate:
        return Applied(sale.appointment, Remark.DUPLICATE)
    if not place.is_open:
        return Applied(sale.appointment, Remark.CLOSED_DAY)
    if not await _still_works_here(sale.sold_by, center):
        return Applied(sale.appointment, Remark.SELLER_REVOKED)
    return Applied(sale.appointment)


async def _check_lease(kiosk: UUID, sale: Sale, *, forgotten: bool) -> None:
    if forgotten:
        await forget_another(kiosk, sale.lease, sale.seat, sale.code)
    rows = await fetch('SELECT "kiosk", "seat", "code" FROM "lease" WHERE "id" = {}', sale.lease)
    if rows and (rows[0]["kiosk"], rows[0]["seat"], rows[0]["code"]) != (kiosk, sale.seat, sale.code):
        raise NotOffered
    if not rows and not forgotten:
        raise NotOffered


async def _seat(kiosk: UUID, sale: Sale, place: Place) -> UUID | None:
    """Seat the cita if the seat is this kiosk's, or nobody's: a hold of somebody who is typing gives way to paper."""
    rows = await fetch(
        'UPDATE "seat" SET "appointment" = {}, "kiosk" = NULL, "hold_token" = NULL, "held_until" = NULL '
        'WHERE "id" = {} AND "appointment" IS NULL AND ("kiosk" = {} OR "kiosk" IS NULL) RETURNING "id"',
        # A seat that was opened anew may be lent to this kiosk too, under a lease of its own.
        *(sale.appointment, place.seat, kiosk if place.is_known else None),
    )
    return place.seat if rows else None


async def _end_others(sale: Sale, place: Place, now: datetime) -> None:
    """A restored portal may have lent the seat anew, to this kiosk too: it is sold, so nobody holds it."""
    await fetch(
        'UPDATE "lease" SET "state" = \'released\', "ended_at" = {} WHERE "seat" = {} AND "state" = \'granted\' '
        'AND "id" <> {}',
        *(now, place.seat, sale.lease),
    )


async def _consume(kiosk: UUID, sale: Sale, place: Place, now: datetime) -> None:
    """A lease yields at most one sale; one that this portal has forgotten is written down as sold."""
    if place.seat is None:
        return  # of no seat that we know; the wall of tokens stands
    await fetch(
        'INSERT INTO "lease" ("id", "kiosk", "seat", "code", "state", "claimed", "granted_at", "ended_at") '
        "VALUES ({}, {}, {}, {}, 'sold', 0, {}, {}) ON CONFLICT (\"id\") DO UPDATE SET \"state\" = 'sold', "
        '"ended_at" = "excluded"."ended_at"',
        *(sale.lease, kiosk, place.seat, sale.code, now, now),
    )


async def _row_of(
    sale: Sale,
    center: UUID,
    place: Place,
    seat: UUID | None,
    at: datetime,
    rules: BookingRules,
    moved_from: Row | None,
    known: Row | None,
    now: datetime,
) -> dict[str, Any]:
    person, consent = sale.person, sale.consent
    document_type = DocumentType(person.document_type)
    told: dict[str, Any] = {
        "citizen": await find_or_add_citizen(document_type, person.document_number, at),
        "given_names": person.given_names,
        "first_surname": person.first_surname,
        "second_surname": person.second_surname,
        "birth_date": person.birth_date,
        "email": person.email,
        "phone": person.phone,
        "ubigeo": person.ubigeo,
        "preference": person.preference,
        "language": person.language,
        "motive": person.motive,
        "privacy_version": consent.privacy_version,
        "privacy_accepted_at": consent.privacy_accepted_at,
        "promotions_accepted": consent.promotions,
        "calendar_uid": sale.appointment,
    }
    if known is not None:  # the desk knows less of a cita than we do
        told |= {column: known[column] for column in _KEPT_BY_A_MOVE}
    if moved_from is None:
        told["calendar_uid"] = sale.appointment
    reminded = told_at_once(place.starts_at, now, rules)
    return {
        **told,
        "id": sale.appointment,
        # The wall of tokens: one sale for each lease, whatever else fails.
        "hold_token": f"lease:{sale.lease}",
        "seat": seat,
        "displaced": seat is None,
        "center": center,
        "service": place.service,
        "consultant": place.consultant,
        "starts_at": place.starts_at,
        "ends_at": place.ends_at,
        "modality": Modality(sale.modality).value,
        "meet_link": new_room(rules, Modality(sale.modality)),
        "notified_at": reminded,
        "reminded_at": reminded,
        "origin": Origin.KIOSK.value,
        "booked_by": sale.sold_by,
        "calendar_sequence": 0 if moved_from is None else moved_from["calendar_sequence"],
        "moved_from": None if moved_from is None else moved_from["id"],
    }


async def _tell(sale: Sale, moved_from: Row | None, email: str, at: datetime, now: datetime) -> None:
    if moved_from is None:
        kind = MessageKind.CONFIRMATION
        await record_event(sale.appointment, EventKind.RESERVED, at, staff=sale.sold_by, origin=Origin.KIOSK.value)
    else:
        kind = MessageKind.MOVE
        await hand_over_cv(moved_from["id"], sale.appointment)
        await record_event(sale.appointment, EventKind.MOVED_FROM, at, staff=sale.sold_by, code=moved_from["code"])
    await add_notice(sale.appointment, kind, now)
    await queue_message(sale.appointment, kind, email, now, deadline=sale.starts_at)


async def _still_works_here(staff: UUID, center: UUID) -> bool:
    return bool(
        await fetch(
            'SELECT "id" FROM "staff" WHERE "id" = {} AND "active" AND ("center" = {} OR "center" IS NULL)',
            *(staff, center),
        )
    )
