"""Working days of a sede, and until when something that came in is to be answered. Pure, but for one reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from portal.database.node import fetch
from portal.domain.calendar import ClosedDays
from portal.domain.spanish_dates import LIMA, local_day

ANSWER_WITHIN: Final = 2
"""Working days within which a doubt is answered."""

_WORKDAYS: Final = range(5)  # Monday to Friday
_LONGEST_CLOSURE: Final = 366


@dataclass(frozen=True, slots=True)
class Closing:
    """Days without attention of a sede, or (without one) everywhere."""

    center: UUID | None
    days: ClosedDays


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days people work: Monday to Friday but for holidays and closures."""

    holidays: frozenset[date] = frozenset()
    closings: tuple[Closing, ...] = ()

    def are_worked(self, day: date, center: UUID) -> bool:
        """Whether that sede works on that local day."""
        return (
            day.weekday() in _WORKDAYS
            and day not in self.holidays
            and not any(one.center in (None, center) and one.days.cover(day) for one in self.closings)
        )

    def answer_due(self, asked_at: datetime, center: UUID) -> datetime:
        """When ``ANSWER_WITHIN`` working days have gone by since then (UTC).

        What comes in on a day without work counts from the midnight (in Lima) that begins the next one with work.
        """
        day, at = local_day(asked_at), asked_at.astimezone(LIMA).time()
        if not self.are_worked(day, center):
            day, at = self._next(day, center), time()
        for _ in range(ANSWER_WITHIN):
            day = self._next(day, center)
        return datetime.combine(day, at, tzinfo=LIMA).astimezone(UTC)

    def _next(self, day: date, center: UUID) -> date:
        for ahead in range(1, _LONGEST_CLOSURE):
            if self.are_worked(day + timedelta(days=ahead), center):
                return day + timedelta(days=ahead)
        return day + timedelta(days=_LONGEST_CLOSURE)


async def read_working_days(first: date, last: date) -> WorkingDays:
    """What is known of the local days from first to last, inclusive; closures of one consultor do not count."""
    holidays = await fetch('SELECT "day" FROM "holiday" WHERE "day" BETWEEN {} AND {}', first, last)
    closures = await fetch(
        'SELECT "center", "first_day", "last_day", "reason" FROM "closure" WHERE "consultant" IS NULL '
        'AND "first_day" <= {} AND "last_day" >= {}',
        *(last, first),
    )
    return WorkingDays(
        frozenset(row["day"] for row in holidays),
        tuple(Closing(row["center"], ClosedDays(row["first_day"], row["last_day"], row["reason"])) for row in closures),
    )
