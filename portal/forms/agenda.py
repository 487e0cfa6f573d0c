"""What the addresses of the agenda ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from portal.forms.query import read_day

EVERYBODY: Final = "todos"
"""The value of ``consultor`` for all consultores of the sede."""

_LONGEST_CODE = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose citas: the code of a sede, and a consultor, all of them, or (neither) whoever asks usually looks at.

    ``unknown`` says that the consultor asked for cannot be one.
    """

    center: str = ""
    consultant: UUID | None = None
    everybody: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class AgendaQuery:
    """The query of ``/agenda``. ``day`` is None for today; ``misread`` says that the day asked for is none."""

    wanted: Wanted
    day: date | None
    misread: bool


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """Read ``sede`` and ``consultor``; empty values were not given."""
    center, consultant = query.get("sede", "")[:_LONGEST_CODE], query.get("consultor", "")
    if not consultant:
        return Wanted(center)
    if consultant == EVERYBODY:
        return Wanted(center, everybody=True)
    try:
        return Wanted(center, UUID(consultant))
    except ValueError:
        return Wanted(center, unknown=True)


def read_agenda_query(query: Mapping[str, str]) -> AgendaQuery:
    """Read ``fecha``, ``sede`` and ``consultor``."""
    typed = query.get("fecha", "")
    day = read_day(typed)
    return AgendaQuery(read_wanted(query), day, misread=bool(typed) and day is None)
