"""Personal data (Ley 29733, D.S. 016-2024-JUS): which notice is in force."""

from __future__ import annotations

from typing import Final

PRIVACY_VERSION: Final = "2026-11"
"""The version of the notice at ``/privacidad``; every cita records the one accepted. New words, new version."""
