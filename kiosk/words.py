"""The catalogue of the desk's own words; the rest is the portal's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from kiosk.print_jobs import Problem
from kiosk.word_lists import PORTAL_SAYS, SAYS_MORE, SENTENCES, WORDS
from portal.forms.state import Mistake
from portal.pages import words


def word(member: StrEnum) -> str:
    """What a member of a closed set is called."""
    return WORDS[member] if isinstance(member, Problem) else words.word(member)


def sentence(mistake: Mistake) -> str:
    """What is wrong with a field and what to do about it."""
    own = SENTENCES.get(f"{mistake.field}.{mistake.code}")
    return own.format(limit=mistake.limit) if own else words.sentence(mistake)


def portal_says(code: str) -> str:
    """What the portal told the kiosk in a code."""
    return PORTAL_SAYS.get(code) or SAYS_MORE.format(code=code)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    **words.FILTERS,
    "word": word,
    "sentence": sentence,
    "portal_says": portal_says,
}
"""Those of the portal, so that its components can be shown here too."""
