"""Hand a cita to another consultor of the sede: when free, or by choice; the seat stays where it was."""

from __future__ import annotations

from uuid import uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.attention import finish, start
from portal.domain.attention_transfer import transfer
from portal.domain.errors import ConsultantBusy, ConsultantUnfit, NotReserved
from portal.domain.permissions import may_act, may_record_not_held, may_see
from portal.domain.staff import find_staff
from portal.domain.vocabulary import EventKind
from tests.attending import add_case, at, open_case
from tests.domain.test_races import outcomes
from tests.people import JULIO
from tests.staffing import add_staff


async def test_the_cita_changes_hands_and_its_seat_does_not(node: Node) -> None:
    case = await open_case(node)
    await fetch(
        'UPDATE "staff" SET "meet_link" = {} WHERE "id" = {}', "https://meet.google.com/new-link-abc", case.colleague
    )
    await transfer(case.id, case.consultant, case.consultant, case.colleague, at(-60))
    cita = await case.cita()
    assert (cita.consultant, cita.attended_by) == (case.colleague, None)
    [seat] = await fetch('SELECT "consultant" FROM "seat" WHERE "appointment" = {}', case.id)
    assert seat["consultant"] == case.consultant
    assert await case.events() == [EventKind.TRANSFERRED]
    assert await case.mails() == ["transfer"]


async def test_the_same_link_needs_no_mail(node: Node) -> None:
    case = await open_case(node)
    await transfer(case.id, case.consultant, case.consultant, case.colleague, at(-60))
    assert await case.mails() == []


async def test_who_has_another_cita_then_takes_it_by_explicit_choice_alone(node: Node) -> None:
    case = await open_case(node)
    await add_case(case.world, JULIO)
    with pytest.raises(ConsultantBusy):
        await transfer(case.id, case.consultant, case.consultant, case.colleague, at(-60))
    await transfer(case.id, case.consultant, case.consultant, case.colleague, at(-60), although_busy=True)
    assert (await case.cita()).consultant == case.colleague


async def test_only_to_a_consultor_of_the_sede(node: Node) -> None:
    case = await open_case(node)
    staffed = await add_staff(case.world)
    for unfit in (staffed.elsewhere, staffed.supervisor, case.consultant, uuid4()):
        with pytest.raises(ConsultantUnfit):
            await transfer(case.id, case.consultant, case.consultant, unfit, at(-60))
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, case.colleague)
    with pytest.raises(ConsultantUnfit):
        await transfer(case.id, case.consultant, case.consultant, case.colleague, at(-60))


async def test_during_the_attention_the_new_consultor_attends(node: Node) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    await transfer(case.id, case.consultant, case.consultant, case.colleague, at(5))
    assert (await case.cita()).attended_by == case.colleague
    await finish(case.id, case.colleague, at(9), 15)
    with pytest.raises(NotReserved):
        await transfer(case.id, case.colleague, case.colleague, case.consultant, at(10))


async def test_two_transfers_at_once_are_one(node: Node) -> None:
    case = await open_case(node, consultants=4)
    others = [one for one in case.world.consultants if one != case.consultant]
    ended = await outcomes(*(transfer(case.id, case.consultant, case.consultant, one, at(-60)) for one in others))
    assert ended == {"NoneType": 1, "NotReserved": 2}
    assert await case.events() == [EventKind.TRANSFERRED]


async def test_who_may_see_and_act(node: Node) -> None:
    case = await open_case(node)
    staffed = await add_staff(case.world)
    cita = await case.cita()
    people = {
        "own": case.consultant,
        "colleague": case.colleague,
        "supervisor": staffed.supervisor,
        "administrator": staffed.administrator,
        "elsewhere": staffed.elsewhere,
    }
    rights = {}
    for name, person in people.items():
        staff = await find_staff(person)
        assert staff
        rights[name] = (
            may_see(staff, cita),
            may_act(staff, cita, at(0)),
            may_record_not_held(staff, cita, at(0)),
            may_act(staff, cita, at(5)),
        )
    assert rights == {
        "own": (True, True, True, True),
        "colleague": (True, False, True, True),
        "supervisor": (True, True, True, True),
        "administrator": (True, True, True, True),
        "elsewhere": (False, False, False, False),
    }


async def test_an_unrecorded_cita_may_be_recorded_by_any_colleague(node: Node) -> None:
    case = await open_case(node)
    colleague = await find_staff(case.colleague)
    assert colleague
    await fetch('UPDATE "appointment" SET "invited_at" = {} WHERE "id" = {}', at(0), case.id)
    assert not may_act(colleague, await case.cita(), at(60))
    assert may_act(colleague, await case.cita(), at(15 * 60))
