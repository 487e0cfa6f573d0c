"""What the address of the surveys' analysis asks for: months, a sede, a consultor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from portal.domain.register_filter import Choice, RegisterChoices
from portal.domain.survey_results import SurveyFilter
from portal.forms.state import FormState, Mistake

MONTHS_LISTED: Final = 24
"""How many months, this one included, there are to choose from."""
_USUAL: Final = 3


@dataclass(frozen=True, slots=True)
class SurveyWish:
    """The answers somebody asks for, None if it was not understood; ``form`` is what they chose, with what is wrong."""

    chosen: SurveyFilter | None
    form: FormState


def list_months(today: date) -> tuple[date, ...]:
    """The first days of the months to choose from, the newest first."""
    index = today.year * 12 + today.month - 1
    return tuple(date((index - back) // 12, (index - back) % 12 + 1, 1) for back in range(MONTHS_LISTED))


def write_month(month: date) -> str:
    """A month as addresses write it: "2027-01"."""
    return f"{month:%Y-%m}"


def read_survey_wish(fields: Mapping[str, str], choices: RegisterChoices, today: date) -> SurveyWish:
    """Read a filter; without months it is the last three. A choice that is not theirs is one that does not exist."""
    months = {write_month(month): month for month in list_months(today)}
    typed = {name: fields.get(name, "").strip()[:64] for name in ("desde", "hasta", "sede", "consultor")}
    typed["desde"] = typed["desde"] or list(months)[_USUAL - 1]
    typed["hasta"] = typed["hasta"] or next(iter(months))
    mistakes = [Mistake(name, "unknown") for name in ("desde", "hasta") if typed[name] not in months]
    first, last = months.get(typed["desde"]), months.get(typed["hasta"])
    if first and last and last < first:
        mistakes.append(Mistake("hasta", "inverted"))
    center = _pick("sede", typed, choices.centers, mistakes)
    consultant = _pick("consultor", typed, choices.consultants, mistakes)
    form = FormState(typed, tuple(mistakes))
    if mistakes or first is None or last is None:
        return SurveyWish(None, form)
    return SurveyWish(SurveyFilter(first, last, center, consultant), form)


def _pick(name: str, typed: dict[str, str], listed: tuple[Choice, ...], mistakes: list[Mistake]) -> UUID | None:
    if not typed[name]:
        return None
    found = next((choice.id for choice in listed if choice.value == typed[name]), None)
    if found is None:
        mistakes.append(Mistake(name, "unknown"))
    return found
