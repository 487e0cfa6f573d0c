"""The time at a kiosk: its machine's clock, corrected by what the portal said (ARCHITECTURE, rule 11).

``machine time`` is what the machine's clock says; ``now``, everywhere else in this program, is the corrected time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from portal.database.node import fetch

MachineClock = Callable[[], datetime]


def machine_clock() -> datetime:
    """What the machine's clock says, aware, in UTC: the one place where it is read."""
    return datetime.now(UTC)


async def correct(machine_time: datetime) -> datetime:
    """The time, as far as the kiosk can tell: with the offset learnt last, never before the last portal time stored."""
    [state] = await fetch('SELECT "offset_seconds", "portal_time" FROM "kiosk_state" WHERE "id" = 1')
    return corrected(machine_time, state["offset_seconds"], state["portal_time"])


def corrected(machine_time: datetime, offset_seconds: int, portal_time: datetime | None) -> datetime:
    """The same, of values that are known already."""
    time = machine_time + timedelta(seconds=offset_seconds)
    return time if portal_time is None else max(time, portal_time)


def learn_offset(sent_at: datetime, received_at: datetime, portal_time: datetime) -> int:
    """Seconds to add to the machine's clock: an answer was made about halfway between sending and receiving it."""
    return round((portal_time - sent_at - (received_at - sent_at) / 2).total_seconds())
