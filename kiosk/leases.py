"""The seats that this kiosk alone may sell: listed by the portal, given back, over (ARCHITECTURE, rules 1–4, 7, 8).

A lease that is held has its seat in the kiosk's file, open and free: so the portal's slot engine offers exactly those.
A lease that is not in the portal's list any more is dropped for ever; only a later entry of the log outweighs the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kiosk.log import append
from kiosk.reference import find_service, know_person
from portal.database.node import fetch
from portal.domain.exchange import HeldLease, LeaseView, Release
from portal.domain.modality import Modality
from portal.domain.spanish_dates import local_day


async def take_leases(listed: Sequence[LeaseView], applied: int, center: UUID, now: datetime) -> None:
    """Make the portal's full list, as of log entry ``applied``, one's own, inside the transaction of its answer.

    What is recalled and unsold, or over, is given back at once.
    """
    known = {row["id"]: row for row in await fetch('SELECT "id", "state", "entry" FROM "known_lease"')}
    names = {lease.id for lease in listed}
    for lease, row in known.items():
        if row["state"] == "held" and lease not in names:
            await _drop(lease)
    for view in listed:
        if view.id not in known:
            await _add(view, applied, center, now)
        elif known[view.id]["state"] == "held":
            await _update(view)
        elif known[view.id]["state"] == "dropped" and known[view.id]["entry"] is None:
            await _hand_back_dropped(view.id, now)
    await release_recalled(now)
    await release_past(now)


async def _add(view: LeaseView, applied: int, center: UUID, now: datetime) -> None:
    unsent = await fetch(
        'SELECT "id" FROM "known_lease" WHERE "seat" = {} AND "state" = \'sold\' AND "entry" > {}', view.seat, applied
    )
    await fetch(
        'INSERT INTO "known_lease" ("id", "seat", "code", "state", "recalled", "claimed", "starts_at") '
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        *(view.id, view.seat, view.code, "dropped" if unsent else "held", view.recalled, view.claimed, view.starts_at),
    )
    if unsent:
        # A portal that has forgotten lends a seat that is sold here already: rule 1, it must not be sold again.
        await _hand_back_dropped(view.id, now)
    else:
        await _offer_seat(view, center)


async def _offer_seat(view: LeaseView, center: UUID) -> None:
    """The seat as the portal lends it. Whatever cita had it here no longer has it there, or it were not lent."""
    await know_person(view.consultant)
    service = await find_service(view.service)
    await fetch('UPDATE "appointment" SET "seat" = NULL WHERE "seat" = {}', view.seat)
    [others] = await fetch(
        'SELECT COALESCE(max("number"), 0) AS "last" FROM "seat" '
        'WHERE "consultant" = {} AND "starts_at" = {} AND "id" <> {}',
        *(view.consultant, view.starts_at, view.seat),
    )
    allows = [modality.value in view.modalities for modality in (Modality.VIRTUAL, Modality.IN_PERSON, Modality.PHONE)]
    await fetch(
        'INSERT INTO "seat" ("id", "center", "service", "consultant", "day", "starts_at", "ends_at", "number", '
        '"allows_virtual", "allows_in_person", "allows_phone", "is_open", "hold_extensions") '
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0) "
        'ON CONFLICT ("id") DO UPDATE SET "ends_at" = "excluded"."ends_at", "is_open" = "excluded"."is_open", '
        '"appointment" = NULL, "held_until" = NULL, "hold_token" = NULL, '
        '"allows_virtual" = "excluded"."allows_virtual", "allows_in_person" = "excluded"."allows_in_person", '
        '"allows_phone" = "excluded"."allows_phone"',
        *(view.seat, center, service, view.consultant, local_day(view.starts_at), view.starts_at, view.ends_at),
        *(int(others["last"]) + 1, *allows, True),
    )


async def _update(view: LeaseView) -> None:
    await fetch(
        'UPDATE "known_lease" SET "recalled" = {}, "claimed" = {} WHERE "id" = {}',
        *(view.recalled, view.claimed, view.id),
    )
    allows = [modality.value in view.modalities for modality in (Modality.VIRTUAL, Modality.IN_PERSON, Modality.PHONE)]
    await fetch(
        'UPDATE "seat" SET "ends_at" = {}, "allows_virtual" = {}, "allows_in_person" = {}, "allows_phone" = {} '
        'WHERE "id" = {}',
        *(view.ends_at, *allows, view.seat),
    )


async def _drop(lease: UUID) -> None:
    """The portal says that the lease is ours no more: it is never sold under again, whatever arrives later."""
    rows = await fetch(
        'UPDATE "known_lease" SET "state" = \'dropped\' WHERE "id" = {} AND "state" = \'held\' RETURNING "seat"',
        lease,
    )
    if rows:
        await _withdraw(rows[0]["seat"])


async def release(lease: UUID, now: datetime) -> bool:
    """Give a lease back unsold, through the log, inside the open transaction; False when it is not held any more."""
    rows = await fetch(
        'UPDATE "known_lease" SET "state" = \'dropped\', "entry" = (SELECT "logged" + 1 FROM "kiosk_state" '
        'WHERE "kiosk_state"."id" = 1) WHERE "id" = {} AND "state" = \'held\' RETURNING "seat"',
        lease,
    )
    if not rows:
        return False
    await _withdraw(rows[0]["seat"])
    await append(Release(lease=lease), now)
    return True


async def _hand_back_dropped(lease: UUID, now: datetime) -> None:
    """The portal lends under an id that is never sold under again: say so, or the seat would lie idle."""
    signed = await append(Release(lease=lease), now)
    await fetch('UPDATE "known_lease" SET "entry" = {} WHERE "id" = {}', signed.number, lease)


async def _withdraw(seat: UUID) -> None:
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "id" = {} AND "appointment" IS NULL', False, seat)


async def release_recalled(now: datetime) -> int:
    """Give back what the portal asked for and nobody bought (rule 7). Returns how many."""
    rows = await fetch(
        'SELECT "id" FROM "known_lease" WHERE "state" = \'held\' AND "recalled" ORDER BY "starts_at", "id"'
    )
    return sum([await release(row["id"], now) for row in rows])


async def release_past(now: datetime) -> int:
    """Give back what can be sold no more, because it has begun (rule 8). Returns how many."""
    rows = await fetch(
        'SELECT "id" FROM "known_lease" WHERE "state" = \'held\' AND "starts_at" <= {} ORDER BY "starts_at", "id"', now
    )
    return sum([await release(row["id"], now) for row in rows])


async def declare_leases(applied: int) -> tuple[HeldLease, ...]:
    """What a portal that has forgotten must know: leases held, and those sold by entries that it has not applied."""
    rows = await fetch(
        'SELECT "id", "seat", "code", "state" FROM "known_lease" '
        'WHERE "state" = \'held\' OR ("state" = \'sold\' AND "entry" > {}) ORDER BY "starts_at", "id"',
        applied,
    )
    return tuple(
        HeldLease(id=row["id"], seat=row["seat"], code=row["code"], sold=row["state"] == "sold") for row in rows
    )
