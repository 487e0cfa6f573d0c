"""Forget what is past: only what the portal has applied and has in a backup, by the portal's time (ARCHITECTURE, 10).

Ids, numbers and hashes stay; they name nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from kiosk.citas import OWN, UNSENT_BEFORE, delete_cita
from portal.database.node import fetch, transactional
from portal.domain.attempts import purge_attempts
from portal.domain.spanish_dates import local_day, midnight_before

KEPT_FOR: Final = timedelta(days=2)
"""How long what is past, applied and in a backup stays at the kiosk."""


@dataclass(frozen=True, slots=True)
class Purged:
    """What one round forgot."""

    citas: int = 0
    texts: int = 0
    leases: int = 0
    sheets: int = 0


@transactional
async def purge() -> Purged:
    """Forget what may be forgotten; nothing before the first exchange."""
    [state] = await fetch('SELECT "portal_time", "applied", "kept" FROM "kiosk_state" WHERE "id" = 1')
    if state["portal_time"] is None:
        return Purged()
    kept = min(state["applied"], state["kept"])
    today = midnight_before(state["portal_time"])
    long_ago = state["portal_time"] - KEPT_FOR
    own = await fetch(
        f'SELECT "id" FROM "appointment" WHERE "ends_at" <= {{}} AND {OWN} AND NOT {UNSENT_BEFORE} '
        'AND NOT EXISTS (SELECT 1 FROM "log_entry" '
        'WHERE "number" > {} AND ("log_entry"."appointment" = "appointment"."id" '
        'OR "log_entry"."former" = "appointment"."id"))',
        *(long_ago, kept),
    )
    pulled = await fetch(f'SELECT "id" FROM "appointment" WHERE "ends_at" <= {{}} AND NOT {OWN}', today)
    for row in (*own, *pulled):
        await delete_cita(row["id"])
    texts = await fetch(
        'UPDATE "log_entry" SET "text" = \'\' WHERE "number" <= {} AND "made_at" <= {} AND "text" <> \'\' '
        'RETURNING "number"',
        *(kept, long_ago),
    )
    leases = await fetch(
        'DELETE FROM "known_lease" WHERE "starts_at" <= {} AND (("state" = \'dropped\' AND "entry" IS NULL) '
        'OR "entry" <= {}) RETURNING "id"',
        *(long_ago, kept),
    )
    await fetch(
        'DELETE FROM "seat" WHERE "ends_at" <= {} AND NOT EXISTS (SELECT 1 FROM "known_lease" '
        'WHERE "known_lease"."seat" = "seat"."id") AND NOT EXISTS (SELECT 1 FROM "appointment" '
        'WHERE "appointment"."seat" = "seat"."id")',
        long_ago,
    )
    await fetch('DELETE FROM "sitting" WHERE "ends_at" <= {}', long_ago)
    await purge_attempts(long_ago)
    sheets = await fetch('DELETE FROM "day_sheet_file" WHERE "day" < {} RETURNING "id"', local_day(today))
    return Purged(len(own) + len(pulled), len(texts), len(leases), len(sheets))
