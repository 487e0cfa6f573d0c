"""What the report of citas is asked for: a range of days, whose, and in which state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.domain.vocabulary import State
from portal.forms.agenda import Wanted, read_wanted
from portal.forms.query import read_day
from portal.forms.state import Mistake

LONGEST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """A range of local days, both included. ``state`` is None for all citas that were neither cancelled nor moved."""

    first: date
    last: date
    wanted: Wanted
    state: State | None


def read_report_query(query: Mapping[str, str], today: date) -> ReportQuery | tuple[Mistake, ...]:
    """Read ``desde``, ``hasta``, ``sede``, ``consultor`` and ``estado``; a day that was not given is today's."""
    mistakes = []
    days = {}
    for name in ("desde", "hasta"):
        typed = query.get(name, "")
        day = read_day(typed) if typed else today
        if day is None:
            mistakes.append(Mistake(name, "malformed"))
        else:
            days[name] = day
    typed_state = query.get("estado", "")
    state = {one.value: one for one in State}.get(typed_state)
    if typed_state and state is None:
        mistakes.append(Mistake("estado", "unknown"))
    if not mistakes:
        if days["hasta"] < days["desde"]:
            mistakes.append(Mistake("hasta", "inverted"))
        elif (days["hasta"] - days["desde"]).days >= LONGEST_DAYS:
            mistakes.append(Mistake("hasta", "longer_than_a_year"))
    if mistakes:
        return tuple(mistakes)
    return ReportQuery(days["desde"], days["hasta"], read_wanted(query), state)
