"""Seats lent to kiosks: lent, claimed on the spot, recalled, given back (ARCHITECTURE, rules 1, 6 and 7). Lending
happens inside the transaction of an exchange, which holds the kiosk's row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.domain.codes import make_code
from portal.domain.epochs import hold_back, hold_back_one, resume_if_complete
from portal.domain.exchange import Claim, ClaimOutcome, HeldLease, LeaseView
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, FREE, last_day_on_offer
from portal.domain.spanish_dates import local_day

FORGOTTEN_AFTER: Final = timedelta(days=2)
"""How long past its start a lease is listed still: a clock may be a day wrong, so no seat is freed for having begun."""


async def lend_seat(kiosk: UUID, seat: UUID, lease: UUID | None, now: datetime) -> bool:
    """Set a free seat aside for a kiosk, under ``lease`` if that is given; whether it was still free."""
    taken = await fetch(
        f'UPDATE "seat" SET "kiosk" = {{}}, "hold_token" = NULL, "held_until" = NULL WHERE "seat"."id" = {{}} '
        f'AND {FREE} RETURNING "id"',
        *(kiosk, seat, now),
    )
    if not taken:
        return False
    await fetch(
        'INSERT INTO "lease" ("id", "kiosk", "seat", "code", "state", "claimed", "granted_at") '
        "VALUES ({}, {}, {}, {}, 'granted', {}, {})",
        *(lease or uuid4(), kiosk, seat, make_code(), 0 if lease is None else 1, now),
    )
    return True


async def claim_seat(kiosk: UUID, center: UUID, claim: Claim, now: datetime, rules: BookingRules) -> ClaimOutcome:
    """Lend a seat of a time on the spot, the least loaded consultor's first; the same id again is the same lease.

    At the desk there is no minimum notice; the horizon binds.
    """
    known = await fetch('SELECT "kiosk", "state" FROM "lease" WHERE "id" = {}', claim.lease)
    if known:
        same = known[0]["kiosk"] == kiosk and known[0]["state"] == "granted"
        return ClaimOutcome.GRANTED if same else ClaimOutcome.TAKEN
    if claim.starts_at <= now or local_day(claim.starts_at) > last_day_on_offer(now, rules):
        return ClaimOutcome.NOT_OFFERED
    seats = await fetch(
        'SELECT "seat"."id", (SELECT count(*) FROM "seat" "other" WHERE "other"."consultant" = "seat"."consultant" '
        'AND "other"."day" = "seat"."day" AND "other"."appointment" IS NOT NULL) AS "load", "seat"."consultant" '
        'FROM "seat" JOIN "service" ON "service"."id" = "seat"."service" WHERE "seat"."center" = {} '
        f'AND "service"."code" = {{}} AND "service"."active" AND "seat"."starts_at" = {{}} AND {FREE} '
        f'AND {ALLOWS[Modality(claim.modality)]} ORDER BY "load", "seat"."id"',
        *(center, claim.service, claim.starts_at, now),
    )
    for seat in seats:
        if claim.consultant in (None, seat["consultant"]) and await lend_seat(kiosk, seat["id"], claim.lease, now):
            return ClaimOutcome.GRANTED
    return ClaimOutcome.TAKEN


async def leases_of(kiosk: UUID, now: datetime) -> tuple[LeaseView, ...]:
    """All that a kiosk holds, with what selling it needs. A closed day's seats are recalled by being closed."""
    rows = await fetch(
        'SELECT "lease"."id", "lease"."seat", "lease"."code", "lease"."recalled_at", "lease"."claimed", '
        '"service"."code" AS "service", "seat"."consultant", "seat"."starts_at", "seat"."ends_at", "seat"."is_open", '
        '"seat"."allows_virtual", "seat"."allows_in_person", "seat"."allows_phone" FROM "lease" '
        'JOIN "seat" ON "seat"."id" = "lease"."seat" JOIN "service" ON "service"."id" = "seat"."service" '
        'WHERE "lease"."kiosk" = {} AND "lease"."state" = \'granted\' AND "seat"."starts_at" > {} '
        'ORDER BY "seat"."starts_at", "lease"."id"',
        *(kiosk, now - FORGOTTEN_AFTER),
    )
    return tuple(
        LeaseView(
            id=row["id"],
            seat=row["seat"],
            code=row["code"],
            service=row["service"],
            consultant=row["consultant"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            modalities=tuple(modality.value for modality, column in _ALLOWED.items() if row[column]),
            recalled=row["recalled_at"] is not None or not row["is_open"],
            claimed=bool(row["claimed"]),
        )
        for row in rows
    )


async def recall(kiosk: UUID, now: datetime) -> int:
    """Ask for all that a kiosk holds; it releases what is unsold through its log. Returns how many leases that are."""
    rows = await fetch(
        'UPDATE "lease" SET "recalled_at" = {} WHERE "kiosk" = {} AND "state" = \'granted\' AND "recalled_at" IS NULL '
        'RETURNING "id"',
        *(now, kiosk),
    )
    return len(rows)


async def recall_lease(lease: UUID, now: datetime) -> None:
    """Ask for one that a kiosk holds (rule 7)."""
    await fetch(
        'UPDATE "lease" SET "recalled_at" = {} WHERE "id" = {} AND "state" = \'granted\' AND "recalled_at" IS NULL',
        *(now, lease),
    )


async def take_declared(kiosk: UUID, declared: tuple[HeldLease, ...], now: datetime) -> None:
    """Believe what a kiosk holds, once its log is in (rule 10): what is taken by now it loses, what it does not know
    of is free.
    """
    ids = {lease.id for lease in declared}
    for lease in declared:
        await forget_another(kiosk, lease.id, lease.seat, lease.code)
        if not await fetch('SELECT "id" FROM "lease" WHERE "id" = {}', lease.id):
            await _take_one(kiosk, lease, now)
    for row in await fetch('SELECT "id", "seat" FROM "lease" WHERE "kiosk" = {} AND "state" = \'granted\'', kiosk):
        if row["id"] not in ids:
            await end_lease(row["id"], "released", now)
            await free_seat(row["seat"], kiosk)


async def forget_another(kiosk: UUID, lease: UUID, seat: UUID, code: str) -> None:
    """A late copy of a claim may have been answered anew by a restored portal, with another seat under the same id: the
    kiosk goes by what it was told first.
    """
    rows = await fetch(
        'DELETE FROM "lease" WHERE "id" = {} AND "kiosk" = {} AND "state" <> \'sold\' '
        'AND ("seat" <> {} OR "code" <> {}) RETURNING "seat"',
        *(lease, kiosk, seat, code),
    )
    for row in rows:
        await free_seat(row["seat"], kiosk)


async def _take_one(kiosk: UUID, lease: HeldLease, now: datetime) -> None:
    seats = (
        []
        if lease.sold
        else await fetch(
            'UPDATE "seat" SET "kiosk" = {}, "hold_token" = NULL, "held_until" = NULL WHERE "id" = {} '
            'AND "appointment" IS NULL AND "kiosk" IS NULL RETURNING "id"',
            *(kiosk, lease.seat),
        )
    )
    known = bool(seats) or await fetch('SELECT "id" FROM "seat" WHERE "id" = {}', lease.seat)
    if known:
        await fetch(
            'INSERT INTO "lease" ("id", "kiosk", "seat", "code", "state", "claimed", "granted_at") '
            "VALUES ({}, {}, {}, {}, {}, 0, {}) ON CONFLICT DO NOTHING",
            *(lease.id, kiosk, lease.seat, lease.code, "granted" if seats else "revoked", now),
        )


async def end_lease(lease: UUID, state: str, now: datetime) -> bool:
    """Take a lease out of those that are held: sold or released. False when it was not held."""
    rows = await fetch(
        'UPDATE "lease" SET "state" = {}, "ended_at" = {} WHERE "id" = {} AND "state" = \'granted\' RETURNING "id"',
        *(state, now, lease),
    )
    return bool(rows)


async def free_seat(seat: UUID, kiosk: UUID) -> None:
    """Put an unsold seat of a kiosk on offer again; back under the sede's pause, if it is paused."""
    freed = await fetch(
        'UPDATE "seat" SET "kiosk" = NULL WHERE "id" = {} AND "kiosk" = {} AND "appointment" IS NULL '
        'RETURNING "center"',
        *(seat, kiosk),
    )
    if freed:
        await hold_back_one(seat, freed[0]["center"], None)


async def take_away_all(kiosk: UUID, center: UUID, now: datetime) -> None:
    """Lend a kiosk nothing any more: its leases are void and its seats on offer again (rule 6), unless the sede is
    paused; a sede that waited for this kiosk alone sells again.
    """
    await fetch(
        'UPDATE "lease" SET "state" = \'revoked\', "ended_at" = {} WHERE "kiosk" = {} AND "state" = \'granted\'',
        *(now, kiosk),
    )
    await fetch('UPDATE "seat" SET "kiosk" = NULL WHERE "kiosk" = {} AND "appointment" IS NULL', kiosk)
    await hold_back(center, now)
    await resume_if_complete(center)


_ALLOWED: Final = {
    Modality.VIRTUAL: "allows_virtual",
    Modality.IN_PERSON: "allows_in_person",
    Modality.PHONE: "allows_phone",
}
