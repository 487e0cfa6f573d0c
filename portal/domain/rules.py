"""The rules of booking that an installation may set, as one value that the domain is handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BookingRules:
    """Notice, horizon, holds and the delay of given-back seats (DOMAIN, windows; ARCHITECTURE, the one idea)."""

    horizon_days: int = 60
    notice: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(minutes=10)
    hold_extensions: int = 10
    release_min: timedelta = timedelta(minutes=5)
    release_max: timedelta = timedelta(minutes=30)
