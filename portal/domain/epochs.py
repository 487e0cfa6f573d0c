"""Epochs: a portal that was restored has forgotten what kiosks have done since (ARCHITECTURE, rule 10).

It begins a new epoch: sedes with kiosks sell nothing online until each of their kiosks has declared its leases and sent
its log again, or a responsable waives that. Meanwhile their free seats bear a hold without a token and without end, so
that "free" needs no further term. A seat that was given back and still waits for its random delay bears that delay
moved far ahead, and has what is left of it when the sede sells again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit

WITHOUT_END: Final = datetime(9999, 12, 31, tzinfo=UTC)
_COUNTED_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)
_FAR: Final = timedelta(days=2_500_000)
_PAUSED_FROM: Final = datetime(6000, 1, 1, tzinfo=UTC)
"""No hold of a person lasts as long; every seat of a paused sede is held beyond."""

_IS_PAUSED: Final = 'EXISTS (SELECT 1 FROM "center" WHERE "center"."id" = {} AND "center"."paused_at" IS NOT NULL)'
_FREE_BUT_FOR_HOLDS: Final = (
    '"seat"."appointment" IS NULL AND "seat"."kiosk" IS NULL '
    'AND ("seat"."held_until" IS NULL OR "seat"."held_until" < {})'
)


@dataclass(frozen=True, slots=True)
class PausedCenter:
    """A sede that sells nothing online, and which of its kiosks it waits for, by their names."""

    id: UUID
    name: str
    since: datetime
    waiting: tuple[str, ...]
    declared: tuple[str, ...]


async def current_epoch() -> int:
    """The number of this portal's epoch; the first is 1."""
    rows = await fetch('SELECT "epoch" FROM "portal_state" WHERE "id" = 1')
    return int(rows[0]["epoch"]) if rows else 1


@transactional
async def begin_epoch(now: datetime, why: str, after: int = 1) -> int:
    """Begin a new epoch and pause every sede that has a kiosk in good standing. Returns its number, above ``after``.

    It grows with the clock: a portal that is restored twice from one copy does not remember the epoch between.
    """
    rows = await fetch(
        'INSERT INTO "portal_state" ("id", "epoch", "began_at", "why") VALUES (1, {}, {}, {}) '
        'ON CONFLICT ("id") DO UPDATE SET "epoch" = CASE WHEN "portal_state"."epoch" < "excluded"."epoch" '
        'THEN "excluded"."epoch" ELSE "portal_state"."epoch" + 1 END, "began_at" = "excluded"."began_at", '
        '"why" = "excluded"."why", "checked_at" = NULL RETURNING "epoch"',
        *(max(int((now - _COUNTED_FROM).total_seconds()), after + 1), now, why),
    )
    centers = await fetch('SELECT DISTINCT "center" FROM "kiosk" WHERE "standing" = \'good\'')
    for row in centers:
        await fetch('UPDATE "center" SET "paused_at" = {} WHERE "id" = {} AND "paused_at" IS NULL', now, row["center"])
        await hold_back(row["center"], now)
    return int(rows[0]["epoch"])


async def is_paused(center: UUID) -> bool:
    """Whether a sede waits for its kiosks."""
    return bool(await fetch('SELECT "id" FROM "center" WHERE "id" = {} AND "paused_at" IS NOT NULL', center))


async def hold_back(center: UUID, now: datetime) -> None:
    """Inside a transaction: take the free seats of a sede off the offer if it is paused, also those just opened."""
    if not await is_paused(center):
        return
    delayed = await fetch(
        'SELECT "id", "held_until" FROM "seat" WHERE "center" = {} AND "starts_at" > {} AND "hold_token" IS NULL '
        f'AND "held_until" > {{}} AND {_FREE_BUT_FOR_HOLDS}',
        *(center, now, now, _PAUSED_FROM),
    )
    await _move_delays(delayed, _FAR)
    await fetch(
        f'UPDATE "seat" SET "held_until" = {{}}, "hold_token" = NULL WHERE "seat"."center" = {{}} '
        f'AND "seat"."starts_at" > {{}} AND {_FREE_BUT_FOR_HOLDS} AND {_IS_PAUSED}',
        *(WITHOUT_END, center, now, _PAUSED_FROM, center),
    )


async def hold_back_one(seat: UUID, center: UUID, until: datetime | None) -> None:
    """Inside a transaction: the same for a seat that was just given back, to wait until then (at once: None)."""
    await fetch(
        f'UPDATE "seat" SET "held_until" = {{}}, "hold_token" = NULL WHERE "seat"."id" = {{}} '
        f"AND {_FREE_BUT_FOR_HOLDS} AND {_IS_PAUSED}",
        *(WITHOUT_END if until is None else until + _FAR, seat, _PAUSED_FROM, center),
    )


async def _move_delays(seats: Sequence[Row], by: timedelta) -> None:
    for seat in seats:
        await fetch(
            'UPDATE "seat" SET "held_until" = {} WHERE "id" = {} AND "held_until" = {}',
            *(seat["held_until"] + by, seat["id"], seat["held_until"]),
        )


async def list_paused(center: UUID | None = None) -> list[PausedCenter]:
    """The sedes that sell nothing online, or whether this one does; by name."""
    epoch = await current_epoch()
    paused = await fetch('SELECT "id", "name", "paused_at" FROM "center" WHERE "paused_at" IS NOT NULL ORDER BY "name"')
    found = []
    for row in paused:
        if center not in (None, row["id"]):
            continue
        kiosks = await fetch(
            'SELECT "name", "epoch" FROM "kiosk" WHERE "center" = {} AND "standing" = \'good\' ORDER BY "name"',
            row["id"],
        )
        waiting = tuple(kiosk["name"] for kiosk in kiosks if kiosk["epoch"] < epoch)
        declared = tuple(kiosk["name"] for kiosk in kiosks if kiosk["epoch"] >= epoch)
        found.append(PausedCenter(row["id"], row["name"], row["paused_at"], waiting, declared))
    return found


@transactional
async def waive(center: UUID, actor: Actor, now: datetime) -> bool:
    """Sell online without waiting for the kiosks that have not declared: somebody answers for it. False if not paused.

    What those kiosks have sold meanwhile may be sold twice; their citas come in displaced then (rule 6).
    """
    if not await resume(center):
        return False
    await write_audit(actor, Action.PAUSE_WAIVED, now, subject=str(center))
    return True


async def find_unchecked_restore() -> datetime | None:
    """When this portal was restored, or that was found out, if nobody has looked through the kiosks since: what was
    revoked or paired after the copy was made is forgotten, and a machine that never heard of it is trusted again.
    """
    rows = await fetch('SELECT "began_at" FROM "portal_state" WHERE "id" = 1 AND "checked_at" IS NULL')
    return rows[0]["began_at"] if rows else None


@transactional
async def note_checked(began_at: datetime, actor: Actor, now: datetime) -> bool:
    """Somebody has looked through the kiosks since the restore of that moment. False for another one, or one done."""
    rows = await fetch(
        'UPDATE "portal_state" SET "checked_at" = {} WHERE "id" = 1 AND "began_at" = {} AND "checked_at" IS NULL '
        'RETURNING "id"',
        *(now, began_at),
    )
    if rows:
        await write_audit(actor, Action.KIOSKS_CHECKED, now)
    return bool(rows)


async def has_kiosks() -> bool:
    """Whether any kiosk is trusted: then a restored portal has to begin a new epoch."""
    return bool(await fetch('SELECT "id" FROM "kiosk" WHERE "standing" = \'good\' LIMIT 1'))


async def resume_if_complete(center: UUID) -> bool:
    """Sell online again once every kiosk in good standing has declared itself in this epoch; whether it did."""
    waiting = await fetch(
        'SELECT "id" FROM "kiosk" WHERE "center" = {} AND "standing" = \'good\' AND "epoch" < {} LIMIT 1',
        *(center, await current_epoch()),
    )
    return not waiting and await resume(center)


@transactional
async def resume(center: UUID) -> bool:
    """Sell online again, whatever the kiosks have declared: a responsable answers for it. False if not paused."""
    rows = await fetch(
        'UPDATE "center" SET "paused_at" = NULL WHERE "id" = {} AND "paused_at" IS NOT NULL RETURNING "id"', center
    )
    if not rows:
        return False
    await fetch(
        'UPDATE "seat" SET "held_until" = NULL WHERE "center" = {} AND "held_until" = {} AND "hold_token" IS NULL',
        *(center, WITHOUT_END),
    )
    delayed = await fetch(
        'SELECT "id", "held_until" FROM "seat" WHERE "center" = {} AND "held_until" > {}', *(center, _PAUSED_FROM)
    )
    await _move_delays(delayed, -_FAR)
    return True
