"""Weekly hours − holidays − closures − breaks → the seats that ought to exist. Pure: no clock, no database.

Times of day are local (America/Lima, UTC−5 all year); what comes out is UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.domain.modality import Modality
from portal.domain.spanish_dates import LIMA


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of one weekday (Monday is 0) in which a consultor attends, between two optional days, inclusive."""

    weekday: int
    opens: time
    closes: time
    modalities: frozenset[Modality]
    valid_from: date | None = None
    valid_until: date | None = None

    def cover(self, day: date) -> bool:
        """Whether these hours are in force on that day."""
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or day >= self.valid_from)
            and (self.valid_until is None or day <= self.valid_until)
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """A break of a consultor on one weekday."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Days without attention, inclusive, and why."""

    first_day: date
    last_day: date
    reason: str

    def cover(self, day: date) -> bool:
        """Whether that day is closed by this."""
        return self.first_day <= day <= self.last_day


@dataclass(frozen=True, slots=True, order=True)
class DueSeat:
    """A seat that ought to exist: local day, start and end in UTC, and the modalities that it allows."""

    starts_at: datetime
    ends_at: datetime
    day: date
    modalities: frozenset[Modality]


def why_closed(day: date, holidays: Mapping[date, str], closures: Iterable[ClosedDays]) -> str | None:
    """The holiday's name or the closure's reason on that day, or None when neither is the case."""
    if day in holidays:
        return holidays[day]
    return next((closure.reason for closure in closures if closure.cover(day)), None)


def seats_due(
    first_day: date,
    last_day: date,
    minutes: int,
    hours: Iterable[Hours],
    pauses: Iterable[Pause],
    holidays: Mapping[date, str],
    closures: Iterable[ClosedDays],
) -> list[DueSeat]:
    """The seats of one consultor for one service from first to last day, inclusive, in order and without overlap.

    ``minutes`` is the length of a seat. Where two stretches of hours overlap, the earlier one wins.
    """
    hours, pauses, closures = list(hours), list(pauses), list(closures)
    due: list[DueSeat] = []
    day = first_day
    while day <= last_day:
        if why_closed(day, holidays, closures) is None:
            end_of_last = None
            for seat in sorted(_seats_of_day(day, minutes, hours, pauses)):
                if end_of_last is None or seat.starts_at >= end_of_last:
                    due.append(seat)
                    end_of_last = seat.ends_at
        day += timedelta(days=1)
    return due


def _seats_of_day(day: date, minutes: int, hours: list[Hours], pauses: list[Pause]) -> Iterator[DueSeat]:
    length = timedelta(minutes=minutes)
    for stretch in hours:
        if not stretch.cover(day):
            continue
        breaks = sorted((pause.starts, pause.ends) for pause in pauses if pause.weekday == day.weekday())
        for opens, closes in _between(stretch.opens, stretch.closes, breaks):
            start, end = _at(day, opens), _at(day, closes)
            while start + length <= end:
                yield DueSeat(start, start + length, day, stretch.modalities)
                start += length


def _between(opens: time, closes: time, breaks: list[tuple[time, time]]) -> Iterator[tuple[time, time]]:
    """What is left of a stretch when the breaks are taken out; the grid starts anew after each break."""
    for starts, ends in breaks:
        if ends <= opens or starts >= closes or ends <= starts:
            continue
        if starts > opens:
            yield opens, starts
        opens = max(opens, ends)
    if opens < closes:
        yield opens, closes


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=LIMA).astimezone(UTC)
