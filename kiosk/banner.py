"""What every page says of the kiosk itself, and never wrongly: its line to the portal, its places, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kiosk.state import read_status
from portal.database.node import fetch
from portal.domain.exchange import Standing

QUIET: Final = timedelta(seconds=90)
"""An exchange is due every 30 seconds: after three without an answer nobody can say that there is a line."""


@dataclass(frozen=True, slots=True)
class Banner:
    """Times are UTC. ``since``: when the portal answered last, by its own clock; None while it does, or never did.

    ``waiting`` counts the citas about which the portal is not known to have everything.
    """

    standing: Standing
    name: str
    online: bool
    since: datetime | None
    on_hand: int
    waiting: int
    told_at: datetime
    message: str


async def read_banner(now: datetime, *, silent: bool) -> Banner:
    """The banner as of now. ``silent``: an exchange is under way, and the portal should have answered it."""
    status = await read_status(now)
    fresh = status.answered_at is not None and now - status.answered_at < QUIET
    online = status.online and fresh and not silent
    return Banner(
        standing=status.standing,
        name=status.name,
        online=online,
        since=None if online else status.answered_at,
        on_hand=status.on_hand,
        waiting=await count_waiting(status.applied),
        told_at=now,
        message=status.message,
    )


async def count_waiting(applied: int) -> int:
    """Of how many citas the portal lacks something: sold, cancelled or moved since. One that was moved and the one that
    it became are one; places given back are none.
    """
    [row] = await fetch(
        'SELECT count(DISTINCT "appointment") AS "number" FROM "log_entry" '
        'WHERE "number" > {} AND "appointment" IS NOT NULL AND "appointment" NOT IN '
        '(SELECT "former" FROM "log_entry" WHERE "number" > {} AND "former" IS NOT NULL)',
        *(applied, applied),
    )
    return int(row["number"])
