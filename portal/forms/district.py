"""The field of a district: its number, or its name as people write it."""

from __future__ import annotations

from portal.domain.districts import District, districts_named, find_district
from portal.forms.details import is_ubigeo
from portal.forms.state import Mistake
from portal.forms.text import has_control


async def look_up_district(typed: str) -> tuple[District | None, Mistake | None, tuple[District, ...]]:
    """The district that was typed or chosen; else what is wrong with it, and which it may be."""
    text = typed.strip()
    if not text or has_control(text):
        return None, None, ()
    if is_ubigeo(text):
        found = await find_district(text)
        return found, None if found else Mistake("ubigeo", "unknown"), ()
    named = await districts_named(text)
    if len(named) == 1:
        return named[0], None, ()
    return None, Mistake("ubigeo", "ambiguous" if named else "unknown"), tuple(named)
