"""What the address of the register asks for: days, and choices out of lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from portal.domain.register_filter import LONGEST_RANGE, Choice, RegisterChoices, RegisterFilter
from portal.domain.vocabulary import State
from portal.forms.state import FormState, Mistake

T = TypeVar("T")

FIELDS = ("desde", "hasta", "sede", "consultor", "servicio", "estado")

_ALL = frozenset({"", "todos"})
_LONGEST = 64
_TYPED_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEARS = range(2000, 2200)


@dataclass(frozen=True, slots=True)
class RegisterWish:
    """The rows somebody asks for, None if it was not understood; ``form`` is what they typed, with what is wrong."""

    chosen: RegisterFilter | None
    form: FormState


def read_register_wish(fields: Mapping[str, str], choices: RegisterChoices, today: date) -> RegisterWish:
    """Read a filter; without days it is this month so far. A choice that is not theirs is one that does not exist."""
    typed = {name: fields.get(name, "").strip()[:_LONGEST] for name in FIELDS}
    typed["desde"] = typed["desde"] or today.replace(day=1).isoformat()
    typed["hasta"] = typed["hasta"] or today.isoformat()
    mistakes: list[Mistake] = []
    first, last = (_read_day(name, typed, mistakes) for name in ("desde", "hasta"))
    if first and last and last < first:
        mistakes.append(Mistake("hasta", "inverted"))
    elif first and last and last - first >= LONGEST_RANGE:
        mistakes.append(Mistake("hasta", "longer_than_a_year"))
    center, consultant, service = (
        _pick(name, typed, mistakes, listed)
        for name, listed in (
            ("sede", choices.centers),
            ("consultor", choices.consultants),
            ("servicio", choices.services),
        )
    )
    state = _read(State, "estado", typed, mistakes)
    form = FormState(typed, tuple(mistakes))
    if mistakes or first is None or last is None:
        return RegisterWish(None, form)
    return RegisterWish(RegisterFilter(first, last, center, consultant, service, state), form)


def read_id(text: str) -> UUID | None:
    """An id out of an address, None for anything else."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _read_day(name: str, typed: dict[str, str], mistakes: list[Mistake]) -> date | None:
    """As browsers send it (2027-03-27) or as people type it (27/03/2027); kept as browsers send it."""
    text = typed[name]
    written = _TYPED_DAY.fullmatch(text)
    try:
        day = date(*(int(part) for part in reversed(written.groups()))) if written else date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        mistakes.append(Mistake(name, "malformed"))
        return None
    typed[name] = day.isoformat()
    return day


def _pick(name: str, typed: dict[str, str], mistakes: list[Mistake], listed: tuple[Choice, ...]) -> UUID | None:
    values = {choice.value: choice.id for choice in listed}
    return _read(values.__getitem__, name, typed, mistakes)


def _read(read: Callable[[str], T], name: str, typed: dict[str, str], mistakes: list[Mistake]) -> T | None:
    if typed[name] in _ALL:
        typed[name] = ""
        return None
    try:
        return read(typed[name])
    except (KeyError, ValueError):
        mistakes.append(Mistake(name, "unknown"))
        return None
