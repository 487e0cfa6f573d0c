"""Days and times in the words that people in Peru read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.spanish_dates import (
    LIMA,
    date_in_words,
    local_day,
    moment_in_words,
    month_in_words,
    short_date,
    time_in_words,
)


def test_moment_is_told_in_the_time_of_lima() -> None:
    assert moment_in_words(datetime(2027, 1, 4, 14, 30, tzinfo=UTC)) == "lunes 4 de enero de 2027, 9:30 a. m."


def test_evening_in_lima_is_still_the_same_day_although_utc_has_moved_on() -> None:
    moment = datetime(2027, 1, 5, 4, 59, tzinfo=UTC)
    assert local_day(moment) == date(2027, 1, 4)
    assert moment_in_words(moment) == "lunes 4 de enero de 2027, 11:59 p. m."


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (0, 0, "12:00 a. m."),
        (8, 5, "8:05 a. m."),
        (11, 59, "11:59 a. m."),
        (12, 0, "12:00 p. m."),
        (12, 1, "12:01 p. m."),
        (16, 30, "4:30 p. m."),
    ],
)
def test_time_in_words(hour: int, minute: int, words: str) -> None:
    assert time_in_words(datetime(2027, 3, 2, hour, minute, tzinfo=LIMA)) == words


def test_days_and_months_have_their_accents_and_peruvian_spelling() -> None:
    assert date_in_words(date(2027, 9, 1)) == "miércoles 1 de setiembre de 2027"
    assert date_in_words(date(2027, 9, 4)) == "sábado 4 de setiembre de 2027"
    assert month_in_words(date(2027, 1, 31)) == "enero de 2027"


def test_short_date() -> None:
    assert short_date(date(2027, 1, 4)) == "lun. 4 ene."
    assert short_date(date(2027, 9, 4)) == "sáb. 4 set."


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        moment_in_words(datetime(2027, 1, 4, 9, 30, tzinfo=UTC).replace(tzinfo=None))


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 2000 <= moment.year < 2100))
def test_lima_is_five_hours_behind_all_year(moment: datetime) -> None:
    assert local_day(moment) == (moment - timedelta(hours=5)).date()
