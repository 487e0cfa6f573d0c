"""What every page says of the kiosk itself, and never wrongly: its line to the portal, its places, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kiosk.state import KioskStatus, read_status
from portal.database.node import fetch
from portal.domain.exchange import Standing

QUIET: Final = timedelta(seconds=90)
"""An exchange is due every 30 seconds: after three without an answer nobody can say that there is a line."""


@dataclass(frozen=True, slots=True)
class Banner:
    """Times are UTC. ``since``: since when the portal has not answered; None while it does, or never did.

    ``waiting`` counts sales, cancellations and moves that the portal is not known to have.
    """

    standing: Standing
    name: str
    online: bool
    since: datetime | None
    on_hand: int
    waiting: int
    told_at: datetime
    message: str


async def read_banner(now: datetime) -> Banner:
    """The banner as of now."""
    status = await read_status(now)
    return banner_of(status, await count_waiting(status.applied), now)


def banner_of(status: KioskStatus, waiting: int, now: datetime) -> Banner:
    """The same of what was read already."""
    fresh = status.answered_at is not None and now - status.answered_at < QUIET
    online = status.online and fresh
    return Banner(
        standing=status.standing,
        name=status.name,
        online=online,
        since=None if online else status.away_since or status.answered_at,
        on_hand=status.on_hand,
        waiting=waiting,
        told_at=now,
        message=status.message,
    )


async def count_waiting(applied: int) -> int:
    """How many entries about citas the portal is not known to have; places given back are not among them."""
    [row] = await fetch(
        'SELECT count(*) AS "number" FROM "log_entry" WHERE "number" > {} AND "appointment" IS NOT NULL', applied
    )
    return int(row["number"])
