"""Names of people: any alphabet, accents, ñ, apostrophes and hyphens; no digits, no symbols."""

from __future__ import annotations

import unicodedata

from portal.forms.text import refuse, tidy_line

LONGEST = 60
_JOINTS = frozenset(" '-.·")
_ALIKE = str.maketrans("’‘`´ʼ‐‑–", "'''''---")


def read_name(typed: str, *, optional: bool = False) -> str:
    """A name as it is stored. Refuses the empty (unless it may be), digits, symbols and what is too long."""
    name = tidy_line(typed, LONGEST).translate(_ALIKE)
    if not name:
        if optional:
            return ""
        raise refuse("missing")
    if any(letter.isdigit() for letter in name):
        raise refuse("digits")
    if not all(_may_stand_in_a_name(letter) for letter in name) or not any(letter.isalpha() for letter in name):
        raise refuse("not_a_name")
    return name


def _may_stand_in_a_name(letter: str) -> bool:
    return letter.isalpha() or letter in _JOINTS or unicodedata.category(letter) in ("Mn", "Mc")
