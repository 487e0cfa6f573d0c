"""Abandonment, the way back, what was not held and the times offered instead (PE-BT-01, activity 03)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.database.node import Node, fetch
from portal.domain.attention import start
from portal.domain.attention_abandonment import abandon, take_back
from portal.domain.attention_invitation import invite
from portal.domain.attention_not_held import (
    KEPT_FOR,
    choose_offered,
    chosen_instead,
    offered_times,
    record_not_held,
)
from portal.domain.attention_record import Written, find_record, save_notes
from portal.domain.errors import (
    AlreadyReserved,
    AppointmentUnknown,
    NotInvited,
    NotReserved,
    SeatTaken,
    TooLate,
    TooSoon,
)
from portal.domain.vocabulary import AbandonMotive, EventKind, NotHeldReason, State
from tests.attending import Case, at, open_case
from tests.domain.test_races import outcomes
from tests.people import JULIO, ROSA, RULES, reserve, slot_at

MOTIVE = AbandonMotive.NOT_CONNECTED
ABSENT = NotHeldReason.CONSULTANT_ABSENT


async def abandoned(node: Node) -> Case:
    case = await open_case(node)
    await invite(case.id, case.consultant, at(0), RULES)
    await abandon(case.id, case.consultant, MOTIVE, "No entró", at(5))
    return case


async def test_an_abandonment_after_the_tolerance(node: Node) -> None:
    case = await open_case(node)
    await invite(case.id, case.consultant, at(-2), RULES)
    await save_notes(case.id, Written((), "", "Llamé dos veces", 0), at(4))
    await abandon(case.id, case.consultant, MOTIVE, "No contesta", at(5))
    cita = await case.cita()
    assert (cita.state, cita.ended_at) == (State.ABANDONED, at(5))
    record = await find_record(case.id)
    assert (record.motive, record.written.observations) == ("not_connected", "Llamé dos veces\nNo contesta")
    assert await case.events() == [EventKind.INVITED, EventKind.ABANDONED]
    assert await case.mails() == ["invitation", "abandonment"]


@pytest.mark.parametrize(("invited", "pressed"), [(-5, 4.99), (0, 4.99), (3, 7.99)])
async def test_an_abandonment_before_the_five_minutes(node: Node, invited: float, pressed: float) -> None:
    case = await open_case(node)
    await invite(case.id, case.consultant, at(invited), RULES)
    with pytest.raises(TooSoon) as early:
        await abandon(case.id, case.consultant, MOTIVE, "", at(pressed))
    assert early.value.opens_at == max(at(0), at(invited)) + timedelta(minutes=5)
    assert (await case.cita()).state is State.RESERVED


async def test_nobody_abandons_what_they_were_not_invited_to(node: Node) -> None:
    case = await open_case(node)
    with pytest.raises(NotInvited):
        await abandon(case.id, case.consultant, MOTIVE, "", at(30))


async def test_abandonment_and_inicio_at_once_are_one_of_the_two(node: Node) -> None:
    case = await open_case(node)
    await invite(case.id, case.consultant, at(0), RULES)
    steps = [abandon(case.id, case.consultant, MOTIVE, "", at(5)), start(case.id, case.colleague, at(5))]
    assert await outcomes(*steps) == {"NoneType": 1, "NotReserved": 1}
    assert len(await case.events()) == 2


async def test_an_abandonment_is_taken_back_within_the_hour(node: Node) -> None:
    case = await abandoned(node)
    ended = await outcomes(*(take_back(case.id, one, at(64)) for one in (case.colleague, case.consultant)))
    assert ended == {"NoneType": 1, "NotReserved": 1}
    cita = await case.cita()
    assert (cita.state, cita.started_at, cita.ended_at) == (State.IN_ATTENTION, at(64), None)
    assert (await find_record(case.id)).motive == ""
    assert await case.events() == [EventKind.INVITED, EventKind.ABANDONED, EventKind.TAKEN_BACK]


async def test_not_after_the_hour(node: Node) -> None:
    case = await abandoned(node)
    with pytest.raises(TooLate):
        await take_back(case.id, case.consultant, at(65))


async def test_not_what_was_not_abandoned(node: Node) -> None:
    case = await open_case(node)
    with pytest.raises(NotReserved):
        await take_back(case.id, case.consultant, at(6))


async def test_not_when_they_reserved_another(node: Node) -> None:
    case = await abandoned(node)
    await reserve(ROSA, slot_at(at(120)), now=at(10))
    with pytest.raises(AlreadyReserved):
        await take_back(case.id, case.consultant, at(20))
    assert (await case.cita()).state is State.ABANDONED


async def test_booking_again_and_taking_back_at_once_leave_one_active_cita(node: Node) -> None:
    case = await abandoned(node)
    ended = await outcomes(take_back(case.id, case.consultant, at(20)), reserve(ROSA, slot_at(at(120)), now=at(20)))
    assert ended["AlreadyReserved"] == 1
    active = await fetch('SELECT "id" FROM "appointment" WHERE "state" IN (\'reserved\', \'in_attention\')')
    assert len(active) == 1


async def test_what_was_not_held_keeps_the_three_nearest_times_for_an_hour(node: Node) -> None:
    case = await open_case(node)
    await record_not_held(case.id, case.colleague, ABSENT, "Está con licencia", at(10), RULES)
    cita = await case.cita()
    assert (cita.state, cita.ended_at) == (State.NOT_HELD, at(10))
    assert await case.mails() == ["not_held"]
    assert await case.events() == [EventKind.NOT_HELD]
    times = await offered_times(case.id, at(10))
    assert [one.starts_at for one in times] == [at(60), at(90), at(120)]
    assert {one.expires_at for one in times} == {at(10) + KEPT_FOR}
    assert await offered_times(case.id, at(70)) == ()


async def test_before_it_should_have_begun_nothing_was_not_held(node: Node) -> None:
    case = await open_case(node)
    with pytest.raises(TooSoon):
        await record_not_held(case.id, case.consultant, ABSENT, "", at(-11), RULES)


async def test_an_attention_that_broke_off_was_not_held(node: Node) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    fault = NotHeldReason.TECHNICAL_FAULT
    people = (case.consultant, case.colleague)
    ended = await outcomes(*(record_not_held(case.id, one, fault, "", at(8), RULES) for one in people))
    assert ended == {"NoneType": 1, "NotReserved": 1}
    assert len(await case.rows("offered_seat")) == 3


async def test_choosing_one_books_it_and_gives_the_others_back(node: Node) -> None:
    case = await open_case(node)
    await record_not_held(case.id, case.consultant, ABSENT, "", at(10), RULES)
    first, second, _ = await offered_times(case.id, at(20))
    booked = await choose_offered(case.id, second.id, at(20), RULES)
    again = await choose_offered(case.id, second.id, at(21), RULES)
    assert (again.code, again.repeated) == (booked.code, True)
    assert await chosen_instead(case.id) == booked.code
    assert await offered_times(case.id, at(21)) == ()
    assert await fetch('SELECT "id" FROM "seat" WHERE "hold_token" IS NOT NULL') == []
    [row] = await fetch('SELECT "starts_at", "email", "first_surname" FROM "appointment" WHERE "id" = {}', booked.id)
    assert (row["starts_at"], row["email"], row["first_surname"]) == (second.starts_at, ROSA.email, "Ñahui")
    with pytest.raises(AlreadyReserved):
        await choose_offered(case.id, first.id, at(22), RULES)


async def test_a_kept_time_is_not_sold_to_anybody_else_until_it_runs_out(node: Node) -> None:
    case = await open_case(node, consultants=1)
    await record_not_held(case.id, case.consultant, ABSENT, "", at(10), RULES)
    [first, *_] = await offered_times(case.id, at(10))
    with pytest.raises(SeatTaken):
        await reserve(JULIO, slot_at(first.starts_at), now=at(11))
    late = first.starts_at - timedelta(minutes=31)
    assert late < first.expires_at
    [*_, last] = await offered_times(case.id, at(10))
    await reserve(JULIO, slot_at(last.starts_at), now=at(71))
    with pytest.raises(SeatTaken):
        await choose_offered(case.id, last.id, at(72), RULES)


async def test_two_choices_at_once_are_one_cita(node: Node) -> None:
    case = await open_case(node)
    await record_not_held(case.id, case.consultant, ABSENT, "", at(10), RULES)
    times = await offered_times(case.id, at(20))
    ended = await outcomes(*(choose_offered(case.id, one.id, at(20), RULES) for one in times))
    assert ended == {"Booked": 1, "AlreadyReserved": 2}
    assert await fetch('SELECT "id" FROM "seat" WHERE "hold_token" IS NOT NULL') == []


async def test_an_offer_of_somebody_else_is_none(node: Node) -> None:
    case = await open_case(node)
    await record_not_held(case.id, case.consultant, ABSENT, "", at(10), RULES)
    other = await reserve(JULIO, slot_at(at(240)))
    [first, *_] = await offered_times(case.id, at(20))
    with pytest.raises(AppointmentUnknown):
        await choose_offered(other.id, first.id, at(20), RULES)


async def test_nothing_is_kept_for_who_reserved_another_meanwhile(node: Node) -> None:
    case = await open_case(node)
    await fetch('UPDATE "appointment" SET "unrecorded" = {} WHERE "id" = {}', True, case.id)
    await reserve(ROSA, slot_at(at(24 * 60)), now=at(60))
    await record_not_held(case.id, case.colleague, ABSENT, "", at(20 * 60), RULES)
    assert await case.rows("offered_seat") == []
