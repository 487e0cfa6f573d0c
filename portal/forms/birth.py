"""Dates of birth, typed as people write them."""

from __future__ import annotations

import re
from datetime import date

from portal.forms.text import refuse

_OURS = re.compile(r"(?P<day>\d{1,2})\s*[/.\s-]\s*(?P<month>\d{1,2})\s*[/.\s-]\s*(?P<year>\d{4})", re.ASCII)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)
_OLDEST_YEARS = 120


def read_birth_date(typed: str, today: date) -> date | None:
    """Day, month and year in this order, or the other way round with hyphens; None when nothing was typed.

    Refuses what is no date, days that do not exist, the future, and ages above 120 years. ``today`` is Lima's.
    """
    text = typed.strip()
    if not text:
        return None
    found = _OURS.fullmatch(text) or _ISO.fullmatch(text)
    if found is None:
        raise refuse("malformed")
    try:
        born = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise refuse("impossible") from None
    if born > today:
        raise refuse("future")
    if today.year - born.year > _OLDEST_YEARS:
        raise refuse("too_old")
    return born
