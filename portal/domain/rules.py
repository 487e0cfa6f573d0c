"""The rules of booking that an installation may set, as one value that the domain is handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class BookingRules:
    """Notice, horizon, holds and the delay of given-back seats (DOMAIN, windows; ARCHITECTURE, the one idea).

    ``jitsi_url`` is the server where each cita by video gets a room of its own; empty: consultores have Meet links.
    ``reminder_hour`` is local, of the day before a cita.
    """

    horizon_days: int = 60
    notice: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(minutes=10)
    hold_extensions: int = 10
    release_min: timedelta = timedelta(minutes=5)
    release_max: timedelta = timedelta(minutes=30)
    jitsi_url: str = ""
    reminder_hour: int = 9
