"""What the surveys say, without names: numbers, means, distributions, and how many answered (PE-BT-01, activity 07).

Nobody is to be recognised by what they answered: a month, a sede, a consultor or comments are shown from five answers
on. Where a single hidden group could be worked out from the sum of the others, the next smallest is hidden too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.spanish_dates import LIMA
from portal.domain.surveys import BEST, WORST, Aspect

FEWEST: Final = 5
"""Answers from which on a group is shown."""

MOST_COMMENTS: Final = 200

_MARKS: Final = range(WORST, BEST + 1)


@dataclass(frozen=True, slots=True)
class AspectFigures:
    """The marks of one aspect: how many of each, from the worst on."""

    aspect: Aspect
    counts: tuple[int, ...]

    @property
    def number(self) -> int:
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """From 1 to 5; None without marks."""
        if not self.number:
            return None
        return sum(mark * count for mark, count in zip(_MARKS, self.counts, strict=True)) / self.number

    def share(self, mark: int) -> float:
        """The part of the marks that are this one, from 0 to 1."""
        return self.counts[mark - WORST] / self.number if self.number else 0.0


@dataclass(frozen=True, slots=True)
class Results:
    """Answers summed up; ``resolved`` and ``unresolved`` count those that said yes and no."""

    number: int
    aspects: tuple[AspectFigures, ...]
    resolved: int
    unresolved: int

    @property
    def resolved_share(self) -> float | None:
        """The part of those who said whether it was resolved, from 0 to 1."""
        told = self.resolved + self.unresolved
        return self.resolved / told if told else None

    def mean_of(self, aspect: str) -> float | None:
        """The mean of one aspect."""
        return next(one.mean for one in self.aspects if one.aspect == aspect)


@dataclass(frozen=True, slots=True)
class ResultsGroup:
    """The answers of a month, a sede or a consultor; ``results`` is None when they are too few to be shown."""

    name: str
    month: date | None
    number: int
    results: Results | None


@dataclass(frozen=True, slots=True)
class Rate:
    """How many surveys of a month were asked, and how many of them were answered so far."""

    month: date
    asked: int
    answered: int

    @property
    def share(self) -> float:
        return self.answered / self.asked if self.asked else 0.0


@dataclass(frozen=True, slots=True)
class SurveyFilter:
    """Months (their first days) of the attentions, both included; None: all sedes, all consultores."""

    first_month: date
    last_month: date
    center: UUID | None = None
    consultant: UUID | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that is shown. ``results`` is None when the answers are too few; then there are no groups either."""

    number: int
    results: Results | None
    rates: tuple[Rate, ...]
    months: tuple[ResultsGroup, ...] = ()
    centers: tuple[ResultsGroup, ...] = ()
    consultants: tuple[ResultsGroup, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sum:
    """Counts being added up."""

    number: int = 0
    resolved: int = 0
    unresolved: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        self.number += row["number"]
        self.resolved += row["resolved"]
        self.unresolved += row["unresolved"]
        for name in _COUNTS:
            self.counts[name] = self.counts.get(name, 0) + row[name]

    def results(self) -> Results:
        aspects = tuple(
            AspectFigures(aspect, tuple(self.counts.get(f"{aspect}_{mark}", 0) for mark in _MARKS)) for aspect in Aspect
        )
        return Results(self.number, aspects, self.resolved, self.unresolved)


async def analyse(wanted: SurveyFilter) -> Analysis:
    """The answers of a filter, summed up; and of the same citas, how many surveys were answered."""
    condition, values = _condition(wanted)
    rows = await fetch(
        f'SELECT "survey_answer"."month", "center"."name" AS "center_name", "staff"."name" AS "consultant_name", '
        f'"survey_answer"."consultant", count(*) AS "number", {_SUMS} FROM "survey_answer" '
        'JOIN "center" ON "center"."id" = "survey_answer"."center" '
        'JOIN "staff" ON "staff"."id" = "survey_answer"."consultant" '
        f'WHERE {condition} GROUP BY "survey_answer"."month", "center"."name", "staff"."name", '
        '"survey_answer"."consultant"',
        *values,
    )
    everything, rates = _Sum(), await _read_rates(wanted)
    for row in rows:
        everything.add(row)
    if everything.number < FEWEST:
        return Analysis(everything.number, None, rates)
    return Analysis(
        everything.number,
        everything.results(),
        rates,
        months=_group(rows, lambda row: row["month"], month_of=lambda row: row["month"]),
        centers=_group(rows, lambda row: row["center_name"]),
        consultants=_group(rows, lambda row: (row["consultant_name"], str(row["consultant"]))),
        comments=await _read_comments(condition, values),
    )


def _group(
    rows: Iterable[Row], key_of: Callable[[Row], Any], month_of: Callable[[Row], date | None] = lambda _: None
) -> tuple[ResultsGroup, ...]:
    sums: dict[Any, _Sum] = {}
    names: dict[Any, tuple[str, date | None]] = {}
    for row in rows:
        key, month = key_of(row), month_of(row)
        sums.setdefault(key, _Sum()).add(row)
        names[key] = ("" if month else key[0] if isinstance(key, tuple) else key, month)
    hidden = _too_few({key: one.number for key, one in sums.items()})
    return tuple(
        ResultsGroup(*names[key], sums[key].number, None if key in hidden else sums[key].results())
        for key in sorted(sums)
    )


def _too_few(numbers: dict[Any, int]) -> set[Any]:
    """The groups to hide: those with too few answers, and one more where these alone could be worked out."""
    hidden = {key for key, number in numbers.items() if number < FEWEST}
    others = sorted((key for key in numbers if key not in hidden), key=lambda key: numbers[key])
    if hidden and others and sum(numbers[key] for key in hidden) < FEWEST:
        hidden.add(others[0])
    return hidden


async def _read_rates(wanted: SurveyFilter) -> tuple[Rate, ...]:
    """Surveys by the local month of their cita."""
    terms = ['"appointment"."starts_at" >= {}', '"appointment"."starts_at" < {}']
    values: list[object] = [_midnight(wanted.first_month), _midnight(_next_month(wanted.last_month))]
    if wanted.center is not None:
        terms.append('"appointment"."center" = {}')
        values.append(wanted.center)
    if wanted.consultant is not None:
        terms.append('COALESCE("attention"."attended_by", "appointment"."consultant") = {}')
        values.append(wanted.consultant)
    rates = []
    month = wanted.first_month
    while month <= wanted.last_month:
        values[:2] = [_midnight(month), _midnight(_next_month(month))]
        rows = await fetch(
            'SELECT count(*) AS "asked", count("survey"."answered_at") AS "answered" FROM "survey" '
            'JOIN "appointment" ON "appointment"."id" = "survey"."appointment" '
            'LEFT JOIN "attention" ON "attention"."appointment" = "appointment"."id" '
            f"WHERE {' AND '.join(terms)}",
            *values,
        )
        if rows[0]["asked"]:
            rates.append(Rate(month, rows[0]["asked"], rows[0]["answered"]))
        month = _next_month(month)
    return tuple(rates)


async def _read_comments(condition: str, values: list[object]) -> tuple[str, ...]:
    """The comments by the chance of their ids, which says nothing of when or by whom; none from too few people."""
    rows = await fetch(
        f'SELECT "survey_answer"."comment" FROM "survey_answer" WHERE {condition} '
        f'AND "survey_answer"."comment" <> \'\' ORDER BY "survey_answer"."id" LIMIT {MOST_COMMENTS}',
        *values,
    )
    return tuple(str(row["comment"]) for row in rows)


def _condition(wanted: SurveyFilter) -> tuple[str, list[object]]:
    terms = ['"survey_answer"."month" >= {}', '"survey_answer"."month" <= {}']
    values: list[object] = [wanted.first_month, wanted.last_month]
    for column, value in (("center", wanted.center), ("consultant", wanted.consultant)):
        if value is not None:
            terms.append(f'"survey_answer"."{column}" = {{}}')
            values.append(value)
    return " AND ".join(terms), values


_COUNTS: Final = tuple(f"{aspect}_{mark}" for aspect in Aspect for mark in _MARKS)
_SUMS: Final = ", ".join(
    (
        *(
            f'sum(CASE WHEN "survey_answer"."{aspect}" = {mark} THEN 1 ELSE 0 END) AS "{aspect}_{mark}"'
            for aspect in Aspect
            for mark in _MARKS
        ),
        'sum(CASE WHEN "survey_answer"."resolved" THEN 1 ELSE 0 END) AS "resolved"',
        'sum(CASE WHEN NOT "survey_answer"."resolved" THEN 1 ELSE 0 END) AS "unresolved"',
    )
)


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LIMA).astimezone(UTC)
