"""Doubts on their way: open, forwarded, answered; whose they are, how old, and what two people do at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.answering import IncidentMovedOn, IncidentUnknown, answer_question, forward_question
from portal.domain.appointments import find_appointment_by_id
from portal.domain.calendar import ClosedDays
from portal.domain.changing import move
from portal.domain.closures import close_days
from portal.domain.incidents import Incident, Waiting, Whose, count_waiting, find_incident, list_incidents
from portal.domain.new_appointment import Booked
from portal.domain.questions import ask_question, find_question, questions_of
from portal.domain.staff import StaffView, find_staff
from portal.domain.vocabulary import MessageKind, QuestionState, Role
from portal.domain.working_days import Closing, WorkingDays
from tests.people import JULIO, NOW, ROSA, RULES, build_world, reserve, slot_at, told_of
from tests.portal.walking import one
from tests.staffing import Staffed, add_person, add_staff

HOUR = timedelta(hours=1)
NINE = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
CENTER, OTHER = UUID(int=1), UUID(int=2)


@dataclass
class Desk:
    """A doubt of Rosa's, who attends her, and everybody else who might answer."""

    staffed: Staffed
    cita: Booked
    question: UUID
    owner: StaffView
    colleague: StaffView

    async def person(self, identity: UUID) -> StaffView:
        found = await find_staff(identity)
        assert found is not None
        return found

    @property
    async def supervisor(self) -> StaffView:
        return await self.person(self.staffed.supervisor)

    async def seen_by(self, staff: StaffView, now: datetime = NOW) -> Incident:
        found = await find_incident(self.question, staff, now)
        assert found is not None
        return found


@pytest.fixture
async def desk(node: Node) -> Desk:
    staffed = await add_staff(await build_world())
    cita = await reserve(ROSA, slot_at(NINE))
    owner = await one('SELECT "consultant" FROM "appointment" WHERE "id" = {}', cita.id)
    found = [await find_staff(person) for person in staffed.world.consultants]
    by_id = {person.id: person for person in found if person is not None}
    question = await ask_question(cita.id, ROSA.email, "", "No puedo entrar a mi cuenta.", None, NOW)
    return Desk(staffed, cita, question, by_id.pop(owner), next(iter(by_id.values())))


async def mails(kind: MessageKind) -> list[str]:
    rows = await fetch('SELECT "recipient" FROM "outbox_message" WHERE "kind" = {} ORDER BY "recipient"', kind.value)
    return [row["recipient"] for row in rows]


async def events(kind: str) -> int:
    return len(await fetch('SELECT "id" FROM "appointment_event" WHERE "kind" = {}', kind))


async def test_the_consultor_answers_and_the_citizen_is_told(desk: Desk) -> None:
    answered = await answer_question(desk.question, desk.owner, "Escribe a soporte.", NOW + HOUR)
    assert (answered.state, answered.answer) == (QuestionState.ANSWERED, "Escribe a soporte.")
    assert (answered.answered_by_name, answered.answered_at) == (desk.owner.name, NOW + HOUR)
    assert not answered.may_answer
    assert not answered.may_forward
    assert await mails(MessageKind.QUESTION_ANSWERED) == [ROSA.email]
    assert MessageKind.QUESTION_ANSWERED in await told_of(desk.cita.id)
    [asked] = await questions_of(desk.cita.id)
    assert (asked.state, asked.answer, asked.answered_at) == (
        QuestionState.ANSWERED, "Escribe a soporte.", NOW + HOUR,
    )  # fmt: skip
    told = await find_question(desk.question)
    assert told is not None
    assert (told.answer, told.answered_by) == ("Escribe a soporte.", desk.owner.name)


async def test_it_is_forwarded_to_the_responsable_who_answers(desk: Desk) -> None:
    forwarded = await forward_question(desk.question, desk.owner, "Su cuenta está duplicada.", NOW + HOUR)
    assert (forwarded.state, forwarded.forward_note) == (QuestionState.FORWARDED, "Su cuenta está duplicada.")
    assert not forwarded.may_answer  # it is the responsable's now
    assert await mails(MessageKind.QUESTION_FORWARDED) == ["responsable@example.org"]
    assert MessageKind.QUESTION_FORWARDED in await told_of(desk.cita.id)
    supervisor = await desk.supervisor
    assert (await desk.seen_by(supervisor)).mine
    with pytest.raises(IncidentMovedOn) as told:
        await answer_question(desk.question, desk.owner, "Yo respondo.", NOW + HOUR)
    assert told.value.incident.state is QuestionState.FORWARDED
    answered = await answer_question(desk.question, supervisor, "Ya la unimos.", NOW + 2 * HOUR)
    assert answered.answered_by == supervisor.id
    assert await mails(MessageKind.QUESTION_ANSWERED) == [ROSA.email]


async def test_two_who_answer_at_once_leave_one_answer_and_one_told(desk: Desk) -> None:
    supervisor = await desk.supervisor
    outcomes = await asyncio.gather(
        answer_question(desk.question, desk.owner, "uno", NOW),
        answer_question(desk.question, supervisor, "dos", NOW),
        return_exceptions=True,
    )
    told = [outcome for outcome in outcomes if isinstance(outcome, IncidentMovedOn)]
    assert len(told) == 1
    kept = await one('SELECT "answer" FROM "question"')
    assert told[0].incident.answer == kept
    assert await mails(MessageKind.QUESTION_ANSWERED) == [ROSA.email]
    assert await events("question_answered") == 1


async def test_an_answer_and_a_forwarding_at_once_are_never_both_lost(desk: Desk) -> None:
    outcomes = await asyncio.gather(
        answer_question(desk.question, desk.owner, "uno", NOW),
        forward_question(desk.question, desk.owner, "dos", NOW),
        return_exceptions=True,
    )
    assert len([outcome for outcome in outcomes if isinstance(outcome, IncidentMovedOn)]) == 1
    assert await events("question_answered") + await events("question_forwarded") == 1


async def test_a_second_click_does_nothing(desk: Desk) -> None:
    for _ in range(2):
        await forward_question(desk.question, desk.owner, "nota", NOW)
    supervisor = await desk.supervisor
    for _ in range(2):
        await answer_question(desk.question, supervisor, "listo", NOW)
    assert (await events("question_forwarded"), await events("question_answered")) == (1, 1)
    with pytest.raises(IncidentMovedOn):
        await answer_question(desk.question, supervisor, "otra cosa", NOW)


async def test_a_colleague_sees_it_only_once_it_was_left(desk: Desk) -> None:
    assert await find_incident(desk.question, desk.colleague, NOW) is None
    with pytest.raises(IncidentUnknown):
        await answer_question(desk.question, desk.colleague, "x", NOW)
    late = NOW + timedelta(days=5)
    left = await desk.seen_by(desk.colleague, late)
    assert (left.left, left.overdue, left.mine, left.may_answer) == (True, True, False, True)
    await answer_question(desk.question, desk.colleague, "Perdona la demora.", late)


async def test_those_of_who_left_are_anybodys_of_the_sede(desk: Desk) -> None:
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, desk.owner.id)
    assert (await desk.seen_by(desk.colleague)).left
    elsewhere = await desk.person(desk.staffed.elsewhere)
    assert await find_incident(desk.question, elsewhere, NOW + timedelta(days=30)) is None


async def test_who_attended_it_answers_it(desk: Desk) -> None:
    await fetch(
        'INSERT INTO "attention" ("appointment", "attended_by", "channel", "topics", "notes", "observations", '
        '"revision", "motive", "doubtful", "updated_at") '
        "VALUES ({}, {}, '', '[]', '', '', 0, '', {}, {})",
        *(desk.cita.id, desk.colleague.id, False, NOW),
    )
    assert (await desk.seen_by(desk.colleague)).mine
    assert (await desk.seen_by(desk.owner)).mine


async def test_an_unknown_one_is_unknown(desk: Desk) -> None:
    for step in (answer_question, forward_question):
        with pytest.raises(IncidentUnknown):
            await step(uuid4(), desk.owner, "x", NOW)


async def test_without_a_responsable_of_the_sede_those_of_all_are_told(desk: Desk) -> None:
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, desk.staffed.supervisor)
    await add_person("general", "Ana Poma", Role.SUPERVISOR, None)
    await add_person("callao", "Luz Soto", Role.SUPERVISOR, desk.staffed.other_center)
    await forward_question(desk.question, desk.owner, "nota", NOW)
    assert await mails(MessageKind.QUESTION_FORWARDED) == ["general@example.org"]


async def test_mine_come_first_and_the_oldest_of_them(desk: Desk) -> None:
    other = await reserve(JULIO, slot_at(NINE))
    later = await ask_question(other.id, JULIO.email, "", "¿Y el CV?", None, NOW - HOUR)
    supervisor = await desk.supervisor
    listed = await list_incidents(supervisor, Whose.ALL, Waiting.PENDING, NOW)
    assert [incident.id for incident in listed] == [later, desk.question]
    await forward_question(desk.question, desk.owner, "nota", NOW)
    listed = await list_incidents(supervisor, Whose.ALL, Waiting.PENDING, NOW)
    assert [incident.id for incident in listed] == [desk.question, later]
    assert [one.id for one in await list_incidents(supervisor, Whose.MINE, Waiting.PENDING, NOW)] == [desk.question]
    assert [one.id for one in await list_incidents(supervisor, Whose.ALL, Waiting.FORWARDED, NOW)] == [desk.question]
    assert await list_incidents(supervisor, Whose.ALL, Waiting.ANSWERED, NOW) == []
    await answer_question(desk.question, supervisor, "listo", NOW)
    assert [one.id for one in await list_incidents(desk.owner, Whose.ALL, Waiting.ANSWERED, NOW)] == [desk.question]


async def test_only_what_waits_for_a_person_is_counted(desk: Desk) -> None:
    supervisor = await desk.supervisor
    administrator = await desk.person(desk.staffed.administrator)
    people = (desk.owner, desk.colleague, supervisor, administrator)
    assert [await count_waiting(person) for person in people] == [1, 0, 0, 0]
    await forward_question(desk.question, desk.owner, "nota", NOW)
    assert [await count_waiting(person) for person in people] == [0, 0, 1, 0]
    await answer_question(desk.question, supervisor, "listo", NOW)
    assert [await count_waiting(person) for person in people] == [0, 0, 0, 0]


async def test_the_page_of_a_moved_cita_still_shows_it(desk: Desk) -> None:
    moved = await move(desk.cita.code, slot_at(NINE + HOUR), NOW, RULES)
    await answer_question(desk.question, desk.owner, "Sí.", NOW)
    assert [asked.answer for asked in await questions_of(moved.id)] == ["Sí."]
    assert [asked.answer for asked in await questions_of(desk.cita.id)] == ["Sí."]
    assert await find_appointment_by_id(moved.id) is not None


async def test_two_working_days_are_counted_without_holidays_and_closures(desk: Desk) -> None:
    assert (await desk.seen_by(desk.owner)).due_at == NOW + timedelta(days=4)  # Thursday, then Friday and Monday
    await fetch('INSERT INTO "holiday" ("day", "name") VALUES ({}, {})', date(2027, 1, 8), "Feriado")
    assert (await desk.seen_by(desk.owner)).due_at == NOW + timedelta(days=5)
    await close_days(date(2027, 1, 11), date(2027, 1, 11), "Fumigación", NOW, center=desk.staffed.world.center)
    assert (await desk.seen_by(desk.owner)).due_at == NOW + timedelta(days=6)
    assert not (await desk.seen_by(desk.owner, NOW + timedelta(days=6) - HOUR)).overdue
    assert (await desk.seen_by(desk.owner, NOW + timedelta(days=6))).overdue


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        (datetime(2027, 1, 4, 15, tzinfo=UTC), datetime(2027, 1, 6, 15, tzinfo=UTC)),
        (datetime(2027, 1, 9, 15, tzinfo=UTC), datetime(2027, 1, 13, 5, tzinfo=UTC)),  # on a Saturday
        (datetime(2027, 1, 9, 3, tzinfo=UTC), datetime(2027, 1, 13, 3, tzinfo=UTC)),  # still Friday in Lima
    ],
)
def test_when_an_answer_is_due(asked: datetime, due: datetime) -> None:
    assert WorkingDays().answer_due(asked, CENTER) == due


def test_a_closure_of_another_sede_changes_nothing() -> None:
    days = WorkingDays(closings=(Closing(OTHER, ClosedDays(date(2027, 1, 5), date(2027, 1, 5), "x")),))
    monday = datetime(2027, 1, 4, 15, tzinfo=UTC)
    assert days.answer_due(monday, CENTER) == monday + timedelta(days=2)
    assert days.answer_due(monday, OTHER) == monday + timedelta(days=3)
