"""Links of Google Meet: what one looks like, and what people paste instead of it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_MEETING = re.compile(r"/[a-z]{3}-[a-z]{4}-[a-z]{3}", re.ASCII)
_HOST = "meet.google.com"


def read_meet_link(typed: str) -> str | None:
    """The link as ``https://meet.google.com/xxx-xxxx-xxx``, or None when it is none.

    What people paste may lack the scheme or carry a query; both are mended.
    """
    text = typed.strip()
    if not text.isascii() or not text.isprintable():
        return None
    if text.lower().startswith(_HOST):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    path = parts.path.rstrip("/").lower()
    if parts.scheme.lower() != "https" or parts.netloc.lower() != _HOST or not _MEETING.fullmatch(path):
        return None
    return f"https://{_HOST}{path}"
