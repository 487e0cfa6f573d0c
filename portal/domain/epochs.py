"""Epochs: a portal that was restored has forgotten what kiosks have done since (ARCHITECTURE, rule 10).

It begins a new epoch: sedes with kiosks sell nothing online until each of their kiosks has declared its leases and sent
its log again, or a responsable waives that. Meanwhile their free seats bear a hold without a token and without end, so
that "free" needs no further term.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional

WITHOUT_END: Final = datetime(9999, 12, 31, tzinfo=UTC)


async def current_epoch() -> int:
    """The number of this portal's epoch; the first is 1."""
    rows = await fetch('SELECT "epoch" FROM "portal_state" WHERE "id" = 1')
    return int(rows[0]["epoch"]) if rows else 1


@transactional
async def begin_epoch(now: datetime, why: str) -> int:
    """Begin a new epoch and pause every sede that has a kiosk in good standing. Returns its number."""
    rows = await fetch(
        'INSERT INTO "portal_state" ("id", "epoch", "began_at", "why") VALUES (1, 2, {}, {}) '
        'ON CONFLICT ("id") DO UPDATE SET "epoch" = "portal_state"."epoch" + 1, "began_at" = "excluded"."began_at", '
        '"why" = "excluded"."why" RETURNING "epoch"',
        *(now, why),
    )
    centers = await fetch('SELECT DISTINCT "center" FROM "kiosk" WHERE "standing" = \'good\'')
    for row in centers:
        await fetch('UPDATE "center" SET "paused_at" = {} WHERE "id" = {} AND "paused_at" IS NULL', now, row["center"])
        await hold_back(row["center"], now)
    return int(rows[0]["epoch"])


async def hold_back(center: UUID, now: datetime) -> None:
    """Inside a transaction: take the free seats of a paused sede off the offer, also those that were just opened."""
    await fetch(
        'UPDATE "seat" SET "held_until" = {}, "hold_token" = NULL '
        'WHERE "seat"."center" = {} AND "seat"."starts_at" > {} AND "seat"."appointment" IS NULL '
        'AND "seat"."kiosk" IS NULL AND EXISTS (SELECT 1 FROM "center" WHERE "center"."id" = {} AND "center"."paused_at" IS NOT NULL)',
        *(WITHOUT_END, center, now, center),
    )


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
    return True
