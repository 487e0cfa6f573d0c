"""What the clock does about attentions: asks about a forgotten *Final*, tells the sede of citas that nobody attends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from portal.database.node import fetch
from portal.domain.desk import FINAL_ASKED_AFTER
from portal.domain.notices import queue_message
from portal.domain.phases import TOLERANCE
from portal.domain.spanish_dates import midnight_before
from portal.domain.vocabulary import MessageKind

_WORTH_TELLING: Final = timedelta(minutes=30)


async def ask_about_finals(now: datetime) -> int:
    """Note, once for each, that an attention lasts for 45 minutes: its page asks whether *Final* was forgotten.

    Returns how many were noted.
    """
    rows = await fetch(
        'SELECT "appointment"."id" FROM "appointment" '
        'JOIN "attention" ON "attention"."appointment" = "appointment"."id" '
        'WHERE "appointment"."state" = \'in_attention\' AND "appointment"."started_at" <= {} '
        'AND "attention"."final_asked_at" IS NULL',
        now - FINAL_ASKED_AFTER,
    )
    if not rows:
        return 0  # most of the time there is nothing, and nothing should take the writing lock
    marks = ", ".join("{}" for _ in rows)
    noted = await fetch(
        f'UPDATE "attention" SET "final_asked_at" = {{}} WHERE "appointment" IN ({marks}) '
        'AND "final_asked_at" IS NULL RETURNING "appointment"',
        *(now, *(row["id"] for row in rows)),
    )
    return len(noted)


async def alert_unattended(now: datetime) -> int:
    """Mail the sede, once for each, about today's citas that nobody was invited to 5 minutes after their start.

    A sede without an address is not told. Returns how many were queued.
    """
    rows = await fetch(
        'SELECT "appointment"."id", "center"."email" FROM "appointment" '
        'JOIN "center" ON "center"."id" = "appointment"."center" '
        'WHERE "appointment"."state" = \'reserved\' AND "appointment"."invited_at" IS NULL '
        'AND "appointment"."starts_at" BETWEEN {} AND {} AND "center"."email" <> \'\' '
        'AND NOT EXISTS (SELECT 1 FROM "outbox_message" WHERE "outbox_message"."appointment" = "appointment"."id" '
        'AND "outbox_message"."kind" = {})',
        *(midnight_before(now), now - TOLERANCE, MessageKind.UNATTENDED.value),
    )
    for row in rows:
        await queue_message(row["id"], MessageKind.UNATTENDED, row["email"], now, deadline=now + _WORTH_TELLING)
    return len(rows)
