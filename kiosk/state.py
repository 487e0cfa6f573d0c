"""How this kiosk stands: who it is, how far its log went, when the portal last answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kiosk.reference import read_reference
from portal.database.node import fetch
from portal.domain.errors import DomainError
from portal.domain.exchange import Standing

ON_HAND: Final = '"state" = \'held\' AND NOT "recalled" AND "starts_at" > {}'
"""Of a lease: it can be sold. One placeholder: now."""


class KioskLocked(DomainError):
    """This kiosk is not in good standing: it keeps what it has, and sells and changes nothing."""

    def __init__(self, standing: Standing) -> None:
        super().__init__("the kiosk is locked")
        self.standing = standing


class NotPaired(DomainError):
    """This machine is no kiosk yet."""


@dataclass(frozen=True, slots=True)
class KioskStatus:
    """The kiosk as its pages tell of it. Times are UTC; ``unsent`` entries of the log are not yet at the portal."""

    kiosk: UUID | None
    name: str
    center: UUID | None
    standing: Standing
    online: bool
    answered_at: datetime | None
    away_since: datetime | None
    offset_seconds: int
    on_hand: int
    logged: int
    applied: int
    kept: int
    message: str

    @property
    def unsent(self) -> int:
        """Entries that the portal is not known to have."""
        return max(0, self.logged - self.applied)

    @property
    def is_locked(self) -> bool:
        """Whether it may sell and change nothing."""
        return self.standing is not Standing.GOOD


async def read_status(now: datetime) -> KioskStatus:
    """How the kiosk stands now; what the banner says."""
    [state] = await fetch(
        'SELECT "kiosk", "name", "center", "standing", "answered_at", "away_since", "offset_seconds", "logged", '
        '"applied", "kept", "message" FROM "kiosk_state" WHERE "id" = 1'
    )
    online = state["answered_at"] is not None and state["away_since"] is None
    return KioskStatus(
        **{**state, "standing": Standing(state["standing"])}, online=online, on_hand=await count_on_hand(now)
    )


async def count_on_hand(now: datetime) -> int:
    """How many places the kiosk can sell without asking."""
    [row] = await fetch(f'SELECT count(*) AS "number" FROM "known_lease" WHERE {ON_HAND}', now)
    return int(row["number"])


async def require_good_standing() -> None:
    """Raises KioskLocked unless this kiosk may sell."""
    standing = await _read_standing()
    if standing is not Standing.GOOD:
        raise KioskLocked(standing)


async def is_locked() -> bool:
    """Whether this kiosk was revoked or forked: then it shows and prints nothing personal."""
    return await _read_standing() in (Standing.REVOKED, Standing.FORKED)


async def _read_standing() -> Standing:
    [state] = await fetch('SELECT "standing" FROM "kiosk_state" WHERE "id" = 1')
    return Standing(state["standing"])


async def secrets_hold(now: datetime) -> bool:
    """Whether the kiosk secrets still open it: for some days after the last exchange (rule 13)."""
    [state] = await fetch('SELECT "answered_at" FROM "kiosk_state" WHERE "id" = 1')
    reference = await read_reference()
    if reference is None or state["answered_at"] is None:
        return False
    answered_at: datetime = state["answered_at"]
    return now < answered_at + timedelta(days=reference.secrets_last_days)
