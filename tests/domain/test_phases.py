"""What a cita asks of its owner at each moment of its life."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.domain.phases import Phase, days_left, phase_of
from portal.domain.vocabulary import State
from tests.citas import CITA

START = CITA.starts_at  # Friday 8 January 2027, 9:00 in Lima


@pytest.mark.parametrize(
    ("since_start", "phase"),
    [
        (timedelta(days=-2), Phase.AHEAD),
        (timedelta(hours=-9, minutes=-1), Phase.AHEAD),
        (timedelta(hours=-9), Phase.TODAY),
        (timedelta(minutes=-11), Phase.TODAY),
        (timedelta(minutes=-10), Phase.BEGINNING),
        (timedelta(minutes=4, seconds=59), Phase.BEGINNING),
        (timedelta(minutes=5), Phase.UNANSWERED),
        (timedelta(hours=14, minutes=59), Phase.UNANSWERED),
        (timedelta(hours=15), Phase.BEHIND),
    ],
)
def test_a_reserved_cita_goes_by_the_clock_of_lima(since_start: timedelta, phase: Phase) -> None:
    assert phase_of(CITA, START + since_start) is phase


def test_who_was_invited_is_not_told_that_nobody_came() -> None:
    invited = replace(CITA, invited_at=START - timedelta(minutes=2))
    for minutes in (-2, 0, 4, 6):
        assert phase_of(invited, START + timedelta(minutes=minutes)) is Phase.READY
    assert phase_of(invited, START + timedelta(hours=15)) is Phase.BEHIND


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (State.IN_ATTENTION, Phase.UNDER_WAY),
        (State.ATTENDED, Phase.ATTENDED),
        (State.CANCELLED, Phase.CANCELLED),
        (State.RESCHEDULED, Phase.MOVED),
        (State.ABANDONED, Phase.ABANDONED),
        (State.NOT_HELD, Phase.NOT_HELD),
    ],
)
def test_any_other_cita_goes_by_its_state(state: State, phase: Phase) -> None:
    for moment in (START - timedelta(days=1), START, START + timedelta(days=1)):
        assert phase_of(replace(CITA, state=state), moment) is phase


def test_days_are_counted_by_midnights_in_lima() -> None:
    assert days_left(CITA, START - timedelta(hours=9)) == 0
    assert days_left(CITA, START - timedelta(hours=9, seconds=1)) == 1
    assert days_left(CITA, START + timedelta(hours=15)) == -1
