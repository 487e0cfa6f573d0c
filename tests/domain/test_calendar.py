"""Rule: weekly hours − holidays − closures − breaks → seats."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.calendar import ClosedDays, Hours, Pause, seats_due, why_closed
from portal.domain.modality import Modality
from portal.domain.spanish_dates import LIMA

ALL = frozenset(Modality)
MONDAY = date(2027, 1, 4)
WORKING_DAY = Hours(0, time(8, 30), time(16, 30), ALL)
LUNCH = Pause(0, time(13), time(14))

times = st.times(min_value=time(6), max_value=time(22)).map(lambda t: t.replace(second=0, microsecond=0))
days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
hours = st.builds(Hours, st.integers(0, 6), times, times, st.just(ALL), st.none() | days, st.none() | days)
pauses = st.builds(Pause, st.integers(0, 6), times, times)
closures = st.builds(lambda first, n: ClosedDays(first, first + timedelta(n), "motivo"), days, st.integers(0, 5))


def starts(*pieces: Hours, breaks: list[Pause] | None = None) -> list[str]:
    due = seats_due(MONDAY, MONDAY, 30, pieces, breaks or [], {}, [])
    return [f"{seat.starts_at.astimezone(LIMA):%H:%M}" for seat in due]


def test_a_day_is_cut_into_half_hours_around_lunch() -> None:
    due = starts(WORKING_DAY, breaks=[LUNCH])
    assert due[:2] == ["08:30", "09:00"]
    assert (due[8], due[9], due[-1], len(due)) == ("12:30", "14:00", "16:00", 14)


def test_the_grid_starts_anew_after_a_break() -> None:
    assert starts(Hours(0, time(9), time(11), ALL), breaks=[Pause(0, time(9, 40), time(9, 55))]) == [
        "09:00",
        "09:55",
        "10:25",
    ]


def test_times_are_local_and_stored_in_utc() -> None:
    first = seats_due(MONDAY, MONDAY, 30, [WORKING_DAY], [], {}, [])[0]
    assert first.starts_at == datetime(2027, 1, 4, 13, 30, tzinfo=UTC)
    late = seats_due(MONDAY, MONDAY, 30, [Hours(0, time(20), time(21), ALL)], [], {}, [])[0]
    assert (late.starts_at.date(), late.day) == (date(2027, 1, 5), MONDAY)


def test_hours_hold_between_their_days() -> None:
    limited = Hours(0, time(9), time(10), ALL, valid_from=date(2027, 1, 5), valid_until=date(2027, 1, 11))
    due = seats_due(MONDAY, date(2027, 1, 31), 30, [limited], [], {}, [])
    assert {seat.day for seat in due} == {date(2027, 1, 11)}


def test_a_closed_day_says_why() -> None:
    holidays = {date(2027, 1, 1): "Año Nuevo"}
    closed = [ClosedDays(MONDAY, MONDAY, "Fumigación")]
    assert why_closed(date(2027, 1, 1), holidays, closed) == "Año Nuevo"
    assert why_closed(MONDAY, holidays, closed) == "Fumigación"
    assert why_closed(date(2027, 1, 5), holidays, closed) is None


@given(
    days,
    st.integers(0, 20),
    st.integers(10, 90),
    st.lists(hours, max_size=5),
    st.lists(pauses, max_size=4),
    st.dictionaries(days, st.just("feriado"), max_size=8),
    st.lists(closures, max_size=4),
)
def test_seats_lie_inside_hours_and_outside_everything_else(
    first: date,
    span: int,
    minutes: int,
    stretches: list[Hours],
    breaks: list[Pause],
    holidays: dict[date, str],
    closed: list[ClosedDays],
) -> None:
    last = first + timedelta(days=span)
    due = seats_due(first, last, minutes, stretches, breaks, holidays, closed)
    assert due == seats_due(first, last, minutes, reversed(stretches), reversed(breaks), holidays, closed)
    for earlier, later in pairwise(due):
        assert earlier.ends_at <= later.starts_at
    for seat in due:
        begin, end = seat.starts_at.astimezone(LIMA), seat.ends_at.astimezone(LIMA)
        assert first <= seat.day <= last
        assert begin.date() == seat.day
        assert end - begin == timedelta(minutes=minutes)
        assert seat.day not in holidays
        assert not any(closure.cover(seat.day) for closure in closed)
        assert any(s.cover(seat.day) and s.opens <= begin.time() and end.time() <= s.closes for s in stretches)
        assert not any(
            pause.weekday == seat.day.weekday()
            and pause.starts < pause.ends
            and begin.time() < pause.ends
            and pause.starts < end.time()
            for pause in breaks
        )


@given(days, st.integers(0, 40), st.lists(hours, min_size=1, max_size=4), st.lists(pauses, max_size=3))
def test_looking_at_the_parts_is_looking_at_the_whole(
    first: date, span: int, stretches: list[Hours], breaks: list[Pause]
) -> None:
    last = first + timedelta(days=span)
    middle = first + timedelta(days=span // 2)
    whole = seats_due(first, last, 30, stretches, breaks, {}, [])
    parts = seats_due(first, middle, 30, stretches, breaks, {}, [])
    parts += seats_due(middle + timedelta(days=1), last, 30, stretches, breaks, {}, [])
    assert whole == parts
