"""The looks of small things that a page shows by the dozen: each is made once and remembered."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Final

_REMEMBERED: Final = 4096
"""About three megabytes at most."""


@lru_cache(maxsize=_REMEMBERED)
def remembered(macro: Callable[..., str], *given: Hashable) -> str:
    """What a template's macro writes for the values given, which alone may decide about it.

    For macros that are imported without the context: ``{{ day_cell|remembered(day, chosen) }}``. A day's cell costs six
    microseconds to write and one to remember. Nothing that somebody typed belongs here: it stays in memory.
    """
    return macro(*given)
