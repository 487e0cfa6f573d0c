"""Where a video call is held: behind a consultor's Google Meet link, or in a room made for one cita."""

from __future__ import annotations

import re
import secrets
from typing import Final

from portal.domain.meet_links import read_meet_link
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules

_ROOM: Final = re.compile(r"/[A-Za-z0-9_-]{8,80}", re.ASCII)
_ROOM_BYTES: Final = 18


def read_video_link(typed: str, rules: BookingRules) -> str | None:
    """The link of a call at the provider of the settings, or None when it is none of theirs."""
    if not rules.jitsi_url:
        return read_meet_link(typed)
    link = typed.strip()
    fits = link.startswith(rules.jitsi_url) and _ROOM.fullmatch(link.removeprefix(rules.jitsi_url))
    return link if fits else None


def new_room(rules: BookingRules, modality: Modality) -> str:
    """The link that a new cita gets: a room that nobody can guess, or none where consultores have their own links."""
    if not rules.jitsi_url or modality is not Modality.VIRTUAL:
        return ""
    return f"{rules.jitsi_url}/cita-{secrets.token_urlsafe(_ROOM_BYTES)}"
