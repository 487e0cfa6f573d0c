"""The times of activities: what is measured, what is left out, means and medians (PE-BT-01, section 4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from portal.database.node import fetch
from portal.domain.events import record_event
from portal.domain.new_appointment import Booked
from portal.domain.times import (
    STANDARDS,
    CitaTimes,
    Figures,
    Length,
    Part,
    Wanted,
    find_times_of,
    read_times,
    sum_up,
    sum_up_consultants,
    sum_up_days,
)
from portal.domain.vocabulary import EventKind, State
from tests.attended import attend
from tests.people import World, citizen_number, reserve, slot_at
from tests.portal.walking import NINE
from tests.staffing import Staffed

MONDAY, TUESDAY = date(2027, 1, 11), date(2027, 1, 12)
DAY = timedelta(days=1)
WEEK = Wanted(MONDAY, MONDAY + 6 * DAY)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


async def held(
    number: int,
    at: datetime = NINE,
    waited: float = 3,
    lasted: float = 15,
    *,
    by: UUID | None = None,
    doubtful: bool = False,
) -> Booked:
    """A cita of citizen ``number`` with that wait and that length, in minutes."""
    begun = at + minutes(waited)
    return await attend(
        citizen_number(number),
        at,
        invited=at,
        started=begun,
        finished=begun + minutes(lasted),
        by=by,
        doubtful=doubtful,
    )


async def times_of(cita: Booked) -> CitaTimes:
    found = await find_times_of(cita.id)
    assert found
    return found


async def abandoned(number: int, at: datetime, waited: float) -> Booked:
    cita = await reserve(citizen_number(number), slot_at(at))
    await fetch(
        'UPDATE "appointment" SET "state" = {}, "invited_at" = {}, "ended_at" = {} WHERE "id" = {}',
        *(State.ABANDONED.value, at, at + minutes(waited), cita.id),
    )
    return cita


def test_the_standards_are_those_of_the_procedure() -> None:
    assert [STANDARDS[part] for part in Part] == [3, 5, 15, 1, 2, 26]


async def test_a_cita_is_measured_from_invitation_to_inicio_to_final(world: World) -> None:
    cita = await times_of(await held(1, waited=3, lasted=18.5))
    assert (cita.invite, cita.attend, cita.total) == (Length(3), Length(18.5), Length(21.5))


async def test_an_abandoned_cita_took_only_its_waiting(world: World) -> None:
    cita = await times_of(await abandoned(1, NINE, 6))
    assert (cita.invite, cita.attend, cita.total) == (Length(6), None, None)


async def test_a_cita_that_has_not_begun_took_nothing(world: World) -> None:
    cita = await times_of(await reserve(citizen_number(1), slot_at(NINE)))
    assert (cita.invite, cita.attend, cita.total) == (None, None, None)
    assert await read_times(WEEK) == []


@pytest.mark.parametrize(("waited", "doubtful"), [(45, False), (45.1, True), (60 * 30, True)])
async def test_nobody_waits_for_hours(world: World, waited: float, *, doubtful: bool) -> None:
    cita = await times_of(await abandoned(1, NINE, waited))
    assert cita.invite
    assert cita.invite.doubtful is doubtful


async def test_an_abandonment_that_was_taken_back_makes_the_wait_doubtful(world: World) -> None:
    booked = await held(1, waited=20)
    await record_event(booked.id, EventKind.TAKEN_BACK, NINE)
    cita = await times_of(booked)
    assert cita.invite == Length(20, doubtful=True)
    assert cita.attend == Length(15)
    assert cita.total
    assert cita.total.doubtful


async def test_averages_leave_out_what_is_doubtful_and_say_how_many(world: World) -> None:
    for number, (waited, lasted, doubtful) in enumerate(
        [(1, 10, False), (2, 12, False), (9, 23, False), (1, 300, True)]
    ):
        await held(number, NINE + minutes(30) * number, waited, lasted, doubtful=doubtful)
    group = sum_up(await read_times(WEEK))
    assert group.citas == 4
    assert group.invite == Figures(Part.INVITE, 5, 4, 0, 3.25, 1.5)
    assert group.attend == Figures(Part.ATTEND, 15, 3, 1, 15, 12)
    assert group.total == Figures(Part.TOTAL, 26, 3, 1, 19, 14)


async def test_nothing_has_no_average(world: World) -> None:
    group = sum_up(await read_times(WEEK))
    assert (group.citas, group.total) == (0, Figures(Part.TOTAL, 26, 0, 0, None, None))


async def test_days_are_those_of_lima(world: World) -> None:
    late = datetime(2027, 1, 11, 21, 0, tzinfo=NINE.tzinfo)  # four in the afternoon in Lima
    await held(1, late)
    await held(2, NINE + DAY)
    await held(3, NINE + DAY + minutes(30))
    groups = sum_up_days(await read_times(WEEK))
    assert [(group.day, group.citas) for group in groups] == [(MONDAY, 1), (TUESDAY, 2)]
    assert [group.citas for group in sum_up_days(await read_times(Wanted(TUESDAY, TUESDAY)))] == [2]


async def test_a_consultor_has_the_citas_that_they_attended(staffed: Staffed) -> None:
    await held(1, by=staffed.consultant)
    await held(2, NINE + minutes(30), by=staffed.colleague, waited=5)
    await held(3, NINE + minutes(60), by=staffed.colleague)
    citas = await read_times(WEEK)
    assert [(group.name, group.citas) for group in sum_up_consultants(citas)] == [
        ("Consultor 1", 1),
        ("Consultor 2", 2),
    ]
    mine = await read_times(Wanted(MONDAY, MONDAY, consultant=staffed.colleague))
    assert {cita.consultant for cita in mine} == {staffed.colleague}
    assert len(mine) == 2
    assert await read_times(Wanted(MONDAY, MONDAY, center=staffed.other_center)) == []
    assert len(await read_times(Wanted(MONDAY, MONDAY, center=staffed.world.center))) == 3


async def test_mails_sent_by_hand_are_counted(staffed: Staffed) -> None:
    booked = await held(1)
    await record_event(booked.id, EventKind.REMINDED, NINE)
    await record_event(booked.id, EventKind.REMINDED, NINE, staff=staffed.consultant)
    await record_event(booked.id, EventKind.MESSAGE_RESENT, NINE, staff=staffed.consultant)
    assert (await times_of(booked)).resent == 2
    assert sum_up(await read_times(WEEK)).resent == 2
