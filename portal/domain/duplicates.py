"""Two active citas of one person for one service: the later one is flagged, until the other ends (rule 6)."""

from __future__ import annotations

from uuid import UUID

from portal.database.node import fetch
from portal.domain.kiosk_news import note_news

_OF_THE_SAME = (
    '"other"."citizen" = "ended"."citizen" AND "other"."service" = "ended"."service" '
    "AND \"other\".\"state\" IN ('reserved', 'in_attention')"
)


async def tell_of_flagged(appointment: UUID) -> None:
    """A kiosk has ended a cita that was not reserved any more, and taken a flagged one of the same person for theirs:
    kiosks are told again which are flagged. Belongs into the transaction that applies it.
    """
    flagged = await fetch(
        'SELECT "other"."id" FROM "appointment" "ended" JOIN "appointment" "other" '
        f'ON {_OF_THE_SAME} AND "other"."duplicate" WHERE "ended"."id" = {{}} ORDER BY "other"."id"',
        appointment,
    )
    for row in flagged:
        await note_news(row["id"])


async def unflag_next(appointment: UUID) -> None:
    """A cita has ended: the oldest flagged one of the same person and service is the person's cita now.

    Belongs into the transaction that ends it; does nothing when an unflagged one is left, or no flagged one.
    """
    oldest = await fetch(
        'SELECT "other"."id" FROM "appointment" "ended" JOIN "appointment" "other" '
        f'ON {_OF_THE_SAME} AND "other"."duplicate" WHERE "ended"."id" = {{}} '
        f'AND NOT EXISTS (SELECT 1 FROM "appointment" "left" WHERE "left"."citizen" = "ended"."citizen" '
        'AND "left"."service" = "ended"."service" AND "left"."state" IN (\'reserved\', \'in_attention\') '
        'AND NOT "left"."duplicate" AND NOT "left"."unrecorded") '
        'ORDER BY "other"."created_at", "other"."id" LIMIT 1',
        appointment,
    )
    if oldest:
        await fetch('UPDATE "appointment" SET "duplicate" = {} WHERE "id" = {}', False, oldest[0]["id"])
        await note_news(oldest[0]["id"])
