"""Text as people type it: tidied, measured, and refused where it holds what nobody can type."""

from __future__ import annotations

import unicodedata

from pydantic_core import PydanticCustomError

_BREAKS = frozenset("\n\r\t")


def refuse(code: str, limit: int = 0) -> PydanticCustomError:
    """The error of a field; the pages' catalogue has words for the code, which may hold the limit."""
    return PydanticCustomError("citas", "{code}", {"code": code, "limit": limit})


def tidy_line(text: str, most: int) -> str:
    """One line without surplus spaces, in composed letters. Refuses control characters and what is too long."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if has_control(line):
        raise refuse("control")
    if len(line) > most:
        raise refuse("too_long", most)
    return line


def tidy_text(text: str, most: int) -> str:
    """Several lines, their ends as one character. Refuses control characters and what is too long."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if has_control(lines, but=_BREAKS):
        raise refuse("control")
    if len(lines) > most:
        raise refuse("too_long", most)
    return lines


def has_control(text: str, but: frozenset[str] = frozenset()) -> bool:
    """Whether a text holds NUL, other control characters, or halves of characters."""
    return any(unicodedata.category(letter) in _UNTYPABLE and letter not in but for letter in text)


_UNTYPABLE = frozenset({"Cc", "Cs"})
