"""A kiosk's log, applied: entry n in one transaction that begins by moving the kiosk from n−1 to n (ARCHITECTURE,
rules 2, 4, 5, 6, 7, 9). It ends applied, applied with a flag, or quarantined, so that one bad entry blocks nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import msgspec

from portal.database.engine import Row
from portal.database.errors import ConstraintError
from portal.database.node import fetch, transactional
from portal.domain.duplicates import tell_of_flagged
from portal.domain.errors import DomainError
from portal.domain.events import record_event
from portal.domain.exchange import Cancellation, Entry, Move, Release, Sale, SignedEntry, chain_hash, read_entry
from portal.domain.holds import give_back
from portal.domain.kiosk_audit import audit_booking, audit_change
from portal.domain.kiosk_places import recognise_people
from portal.domain.kiosk_sales import Applied, Remark, book_sale
from portal.domain.leases import end_lease, free_seat
from portal.domain.notices import NEWS_STAY_NEWS, add_notice, queue_message
from portal.domain.rules import BookingRules
from portal.domain.vocabulary import EventKind, MessageKind, State


class Outcome(StrEnum):
    """What became of an entry. What is not simply applied is listed until somebody has dealt with it."""

    APPLIED = "applied"
    FLAGGED = "flagged"
    QUARANTINED = "quarantined"


class Forked(DomainError):
    """The kiosk's log is not the one whose beginning was applied: it was copied or rewound."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The kiosk whose log it is. ``forgotten``: this portal need not know its leases, since it was restored, or the
    log is handed in by hand.
    """

    kiosk: UUID
    center: UUID
    forgotten: bool = False


_MOVE_ON: Final = (
    'UPDATE "kiosk" SET "applied" = {}, "chain" = {} WHERE "id" = {} AND "applied" = {} AND "chain" = {} RETURNING "id"'
)


async def apply_entries(sender: Sender, entries: Sequence[SignedEntry], now: datetime, rules: BookingRules) -> int:
    """Apply what follows on the entries that are in; returns how many are in then.

    Known ones are compared, those after a gap left for the next exchange. Raises Forked.
    """
    [kiosk] = await fetch('SELECT "applied", "chain" FROM "kiosk" WHERE "id" = {}', sender.kiosk)
    applied, chain = int(kiosk["applied"]), str(kiosk["chain"])
    for entry in entries:
        if entry.number <= applied:
            await _compare(sender.kiosk, entry)
        elif entry.number > applied + 1:
            break
        else:
            if chain_hash(chain, entry.text) != entry.hash:
                raise Forked
            if not await apply_or_set_aside(sender, entry, chain, now, rules):
                break  # another exchange was faster; the kiosk is told how far it is
            applied, chain = entry.number, entry.hash
    return applied


async def _compare(kiosk: UUID, entry: SignedEntry) -> None:
    rows = await fetch('SELECT "hash" FROM "kiosk_entry" WHERE "kiosk" = {} AND "number" = {}', *(kiosk, entry.number))
    if not rows or rows[0]["hash"] != entry.hash:
        raise Forked


async def apply_or_set_aside(
    sender: Sender, signed: SignedEntry, chain: str, now: datetime, rules: BookingRules
) -> bool:
    """The next entry of a kiosk's log, on the hash that the log has so far. False when another one was faster."""
    try:
        return await _apply(sender, signed, chain, now, rules)
    except (ValueError, DomainError, ConstraintError):
        # The kiosk's log is as it is: what cannot be read or done is kept, listed, and passed over.
        return await _set_aside(sender, signed, chain, now)


@transactional
async def _apply(sender: Sender, signed: SignedEntry, chain: str, now: datetime, rules: BookingRules) -> bool:
    if not await _move_on(sender.kiosk, signed, chain):
        return False
    entry = read_entry(signed, chain)
    done = await do_deed(sender, entry, now, rules)
    outcome = Outcome.FLAGGED if done.remark else Outcome.APPLIED
    await keep_entry(sender.kiosk, signed, entry.at, now, outcome, done)
    return True


@transactional
async def _set_aside(sender: Sender, signed: SignedEntry, chain: str, now: datetime) -> bool:
    if not await _move_on(sender.kiosk, signed, chain):
        return False
    await keep_entry(sender.kiosk, signed, now, now, Outcome.QUARANTINED, Applied(remark=Remark.UNREADABLE))
    return True


async def _move_on(kiosk: UUID, signed: SignedEntry, chain: str) -> bool:
    return bool(await fetch(_MOVE_ON, *(signed.number, signed.hash, kiosk, signed.number - 1, chain)))


async def keep_entry(
    kiosk: UUID,
    signed: SignedEntry,
    made_at: datetime,
    now: datetime,
    outcome: Outcome,
    done: Applied,
    number: int | None = None,
) -> None:
    """Inside its transaction: keep an entry's bytes and what became of it, under its own number unless another one is
    given.
    """
    await fetch(
        'INSERT INTO "kiosk_entry" ("id", "kiosk", "number", "hash", "body", "made_at", "received_at", "outcome", '
        '"remark", "appointment") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {})',
        *(
            uuid4(),
            kiosk,
            signed.number if number is None else number,
            signed.hash,
            signed.text.encode(),
            made_at,
            now,
            outcome.value,
        ),
        *(done.remark.value if done.remark else "", done.appointment),
    )


async def do_deed(sender: Sender, entry: Entry, now: datetime, rules: BookingRules) -> Applied:
    """Inside its transaction: do what an entry says. Raises ValueError, DomainError, ConstraintError (quarantine).

    A kiosk's clock may be ahead; nothing that it did is later than ``now``, or a new day would begin too early.
    """
    entry = msgspec.structs.replace(entry, at=min(entry.at, now))
    await recognise_people(entry.deed, forgotten=sender.forgotten)
    match entry.deed:
        case Sale() as sale:
            booked = await book_sale(
                sender.kiosk, sender.center, sale, entry.at, now, rules, forgotten=sender.forgotten
            )
            await audit_booking(sender.kiosk, sale.sold_by, entry.at, sale.appointment)
            return booked
        case Cancellation() as cancellation:
            return await _cancel(sender, cancellation, entry.at, now, rules)
        case Move() as move:
            return await _move(sender, move, entry.at, now, rules)
        case Release() as release:
            return await _release(sender, release, now)


async def _cancel(
    sender: Sender, cancellation: Cancellation, at: datetime, now: datetime, rules: BookingRules
) -> Applied:
    ended = await _end(sender, cancellation.code, State.CANCELLED, at)
    if ended is None:
        known = await _find(sender, cancellation.code)
        if known is None:
            return Applied(remark=Remark.UNKNOWN_CITA)
        await tell_of_flagged(known["id"])
        return Applied(remark=None if known["state"] == State.CANCELLED else Remark.NOT_RESERVED)
    if ended["seat"] is not None:
        await give_back(ended["seat"], ended["id"], now, rules)
    await record_event(ended["id"], EventKind.CANCELLED, at, staff=cancellation.cancelled_by)
    await audit_change(sender.kiosk, cancellation.cancelled_by, at, ended["id"], "anular")
    await add_notice(ended["id"], MessageKind.CANCELLATION, now)
    await queue_message(ended["id"], MessageKind.CANCELLATION, ended["email"], now, deadline=now + NEWS_STAY_NEWS)
    return Applied(appointment=ended["id"])


async def _move(sender: Sender, move: Move, at: datetime, now: datetime, rules: BookingRules) -> Applied:
    """The printed cita is made in any case, flagged if the old one was no longer reserved (rule 5)."""
    ended = await _end(sender, move.code, State.RESCHEDULED, at)
    if ended is not None and ended["seat"] is not None:
        await give_back(ended["seat"], ended["id"], now, rules)
    booked = await book_sale(
        *(sender.kiosk, sender.center, move.sale, at, now, rules),
        forgotten=sender.forgotten,
        moved_from=ended,
        known=ended or await _find(sender, move.code),
    )
    await audit_booking(sender.kiosk, move.sale.sold_by, at, move.sale.appointment)
    if ended is None:
        return Applied(booked.appointment, booked.remark or Remark.MOVED_NO_LONGER_RESERVED)
    await record_event(ended["id"], EventKind.MOVED_TO, at, staff=move.sale.sold_by, code=move.sale.code)
    await audit_change(sender.kiosk, move.sale.sold_by, at, ended["id"], "reprogramar")
    return booked


async def _release(sender: Sender, release: Release, now: datetime) -> Applied:
    """Recalled, over, or simply given back: on offer at once, for nobody was promised it."""
    rows = await fetch('SELECT "seat" FROM "lease" WHERE "id" = {} AND "kiosk" = {}', *(release.lease, sender.kiosk))
    if rows and await end_lease(release.lease, "released", now):
        await free_seat(rows[0]["seat"], sender.kiosk)
    return Applied()


async def _end(sender: Sender, code: str, state: State, at: datetime) -> Row | None:
    """Take a reserved cita of the kiosk's sede out of the active ones; None when it was no longer so."""
    rows = await fetch(
        'UPDATE "appointment" SET "state" = {}, "ended_at" = {}, "calendar_sequence" = "calendar_sequence" + 1 '
        'WHERE "code" = {} AND "center" = {} AND "state" = \'reserved\' RETURNING *',
        *(state.value, at, code, sender.center),
    )
    return rows[0] if rows else None


async def _find(sender: Sender, code: str) -> Row | None:
    rows = await fetch('SELECT * FROM "appointment" WHERE "code" = {} AND "center" = {}', *(code, sender.center))
    return rows[0] if rows else None
