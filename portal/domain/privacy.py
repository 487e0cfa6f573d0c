"""Personal data (Ley 29733, D.S. 016-2024-JUS): which notice is in force."""

from __future__ import annotations

from datetime import date
from typing import Final

PRIVACY_VERSION: Final = "2026-11"
"""The version of the notice at ``/privacidad``; every cita records the one accepted. New words, new version."""

PRIVACY_SINCE: Final = date(2026, 11, 23)
"""The day from which that version is in force."""
