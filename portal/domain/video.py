"""Where a video call is held: behind a consultor's Google Meet link, or in a room made for one cita."""

from __future__ import annotations

import re
import secrets
from typing import Final

from portal.domain.modality import Modality
from portal.domain.rules import BookingRules

LONGEST_LINK: Final = 200
_MEET: Final = re.compile(r"https://meet\.google\.com/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)?")
_ROOM: Final = re.compile(r"/[A-Za-z0-9_-]{8,}")
_ROOM_BYTES: Final = 18


def is_video_link(link: str, rules: BookingRules) -> bool:
    """Whether a link is one of the provider's: ``https://meet.google.com/…``, or a room on the configured server."""
    if len(link) > LONGEST_LINK:
        return False
    if rules.jitsi_url:
        return link.startswith(rules.jitsi_url) and bool(_ROOM.fullmatch(link.removeprefix(rules.jitsi_url)))
    return bool(_MEET.fullmatch(link))


def new_room(rules: BookingRules, modality: Modality) -> str:
    """The link that a new cita gets: a room that nobody can guess, or none where consultores have their own links."""
    if not rules.jitsi_url or modality is not Modality.VIRTUAL:
        return ""
    return f"{rules.jitsi_url}/cita-{secrets.token_urlsafe(_ROOM_BYTES)}"
