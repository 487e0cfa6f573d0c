"""Inicio, the change of channel, Final: when they may be taken, by whom, and what they write (PE-BT-01, 04 to 06)."""

from __future__ import annotations

import asyncio

import pytest

from portal.database.node import Node, fetch
from portal.domain.attention import finish, start, switch_channel
from portal.domain.attention_record import Written, find_record, save_notes
from portal.domain.changing import cancel
from portal.domain.errors import NewerText, NotReserved, TooLate, TooSoon
from portal.domain.modality import Modality
from portal.domain.surveys import find_survey_of
from portal.domain.vocabulary import EventKind, State, Topic
from tests.attending import NO_MAIL, at, open_case
from tests.domain.test_races import outcomes
from tests.people import NOW, RULES

DAYS = 15


@pytest.mark.parametrize("minutes", [-10, 0, 14 * 60 + 59])
async def test_inicio_from_ten_minutes_before_until_the_day_ends(node: Node, minutes: int) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(minutes))
    cita = await case.cita()
    assert cita.state is State.IN_ATTENTION
    assert cita.started_at == at(minutes)
    assert cita.attended_by == case.consultant
    assert await case.events() == [EventKind.STARTED]


async def test_inicio_outside_its_window(node: Node) -> None:
    case = await open_case(node)
    with pytest.raises(TooSoon) as early:
        await start(case.id, case.consultant, at(-10.1))
    assert early.value.opens_at == at(-10)
    with pytest.raises(TooLate):
        await start(case.id, case.consultant, at(15 * 60))
    assert (await case.cita()).state is State.RESERVED
    assert await case.events() == []


async def test_inicio_twice_says_that_it_began(node: Node) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    with pytest.raises(NotReserved) as twice:
        await start(case.id, case.colleague, at(1))
    assert twice.value.state is State.IN_ATTENTION
    assert (await case.cita()).started_at == at(0)


async def test_inicio_on_a_cancelled_cita(node: Node) -> None:
    case = await open_case(node)
    await cancel(case.booked.code, NOW, RULES)
    with pytest.raises(NotReserved) as refused:
        await start(case.id, case.consultant, at(0))
    assert refused.value.state is State.CANCELLED


async def test_final_mails_the_links_and_asks_the_survey(node: Node) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    written = Written((Topic.ACCOUNT,), "Tiene cuenta", "Le falta el CV", 0)
    await finish(case.id, case.consultant, at(16), DAYS, written)
    cita = await case.cita()
    assert (cita.state, cita.finished_at) == (State.ATTENDED, at(16))
    assert await case.events() == [EventKind.STARTED, EventKind.FINISHED]
    assert await case.mails() == ["links"]
    assert await find_survey_of(case.id) is not None
    record = await find_record(case.id)
    assert (record.written.observations, record.doubtful) == ("Le falta el CV", False)


async def test_final_without_inicio_and_twice(node: Node) -> None:
    case = await open_case(node, NO_MAIL)
    with pytest.raises(NotReserved) as refused:
        await finish(case.id, case.consultant, at(5), DAYS)
    assert refused.value.state is State.RESERVED
    await start(case.id, case.consultant, at(5))
    await finish(case.id, case.consultant, at(20), DAYS)
    with pytest.raises(NotReserved):
        await finish(case.id, case.consultant, at(21), DAYS)
    assert await case.events() == [EventKind.STARTED, EventKind.FINISHED]
    assert await case.mails() == []


@pytest.mark.parametrize(
    ("minutes", "ended_earlier", "doubtful"),
    [(44, True, False), (45, True, True), (45, False, False), (24 * 60, False, True)],
)
async def test_a_forgotten_final_makes_the_duration_doubtful(
    node: Node, minutes: int, ended_earlier: bool, doubtful: bool
) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    await finish(case.id, case.consultant, at(minutes), DAYS, ended_earlier=ended_earlier)
    assert (await find_record(case.id)).doubtful is doubtful


async def test_two_consultores_press_at_once(node: Node) -> None:
    case = await open_case(node)
    ended = await outcomes(*(start(case.id, one, at(0)) for one in [case.consultant, case.colleague] * 5))
    assert ended == {"NoneType": 1, "NotReserved": 9}
    ended = await outcomes(*(finish(case.id, one, at(20), DAYS) for one in [case.consultant, case.colleague] * 5))
    assert ended == {"NoneType": 1, "NotReserved": 9}
    assert await case.events() == [EventKind.STARTED, EventKind.FINISHED]
    assert await case.mails() == ["links"]


async def test_the_channel_changes_on_the_same_record(node: Node) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    await asyncio.gather(*(switch_channel(case.id, case.consultant, Modality.PHONE, at(2)) for _ in range(3)))
    assert (await case.cita()).channel == "telefonica"
    await switch_channel(case.id, case.consultant, Modality.VIRTUAL, at(3))
    assert (await case.cita()).channel == ""
    assert await case.events() == [EventKind.STARTED, EventKind.CHANNEL_CHANGED, EventKind.CHANNEL_CHANGED]
    await finish(case.id, case.consultant, at(9), DAYS)
    with pytest.raises(NotReserved):
        await switch_channel(case.id, case.consultant, Modality.PHONE, at(10))


async def test_a_newer_text_is_not_written_over(node: Node) -> None:
    case = await open_case(node)
    first = Written((Topic.SEARCH,), "", "Busca trabajo de cocina", 0)
    assert await save_notes(case.id, first, at(0)) == 1
    assert await save_notes(case.id, first, at(0.1)) == 1
    with pytest.raises(NewerText):
        await save_notes(case.id, Written((), "", "Otra cosa", 0), at(1))
    assert await save_notes(case.id, Written((), "", "Busca trabajo", 1), at(2)) == 2
    await start(case.id, case.consultant, at(2))
    with pytest.raises(NewerText):
        await finish(case.id, case.consultant, at(9), DAYS, Written((), "", "Vieja", 1))
    assert (await case.cita()).state is State.IN_ATTENTION
    assert (await find_record(case.id)).written.observations == "Busca trabajo"


async def test_of_two_windows_that_save_at_once_one_learns_of_the_other(node: Node) -> None:
    case = await open_case(node)
    texts = [Written((), "", f"Texto {number}", 0) for number in range(8)]
    ended = await outcomes(*(save_notes(case.id, text, at(0)) for text in texts))
    assert ended == {"int": 1, "NewerText": 7}


async def test_observations_may_be_mended_until_the_day_ends(node: Node) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    await finish(case.id, case.consultant, at(20), DAYS)
    assert await save_notes(case.id, Written((), "", "Volverá en marzo", 0), at(60)) == 1
    with pytest.raises(NotReserved):
        await save_notes(case.id, Written((), "", "Otra", 1), at(24 * 60))
    await fetch('UPDATE "appointment" SET "state" = {} WHERE "id" = {}', "cancelled", case.id)
    with pytest.raises(NotReserved):
        await save_notes(case.id, Written((), "", "Otra", 1), at(61))
