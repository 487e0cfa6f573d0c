"""A doubt about a cita: kept with its copy, and told to the consultor and to who asked."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.appointments import AppointmentView, find_appointment
from portal.domain.files import CheckedFile, MediaType
from portal.domain.questions import AskedView, DocumentCopy, QuestionView, ask_question, find_question, questions_of
from portal.domain.vocabulary import MessageKind
from tests.people import NOW, ROSA, build_world, reserve, slot_at, told_of

COPY = CheckedFile(MediaType.PNG, b"\x89PNG\x00\xff", sha256(b"\x89PNG\x00\xff").hexdigest())
TEXT = "¿Puedo ir con mi hijo?\nGracias."


@pytest.fixture
async def cita(node: Node) -> AppointmentView:
    await build_world()
    code = (await reserve(ROSA, slot_at(NOW + timedelta(days=1)))).code
    found = await find_appointment(code)
    assert found is not None
    return found


async def ask(cita: AppointmentView, copy: CheckedFile | None = None) -> UUID:
    return await ask_question(cita.id, cita.email, cita.consultant_email, TEXT, copy, NOW)


async def test_it_is_kept_with_its_copy(cita: AppointmentView) -> None:
    question = await ask(cita, COPY)
    assert await find_question(question) == QuestionView(TEXT, NOW, DocumentCopy(MediaType.PNG, COPY.content))


async def test_it_may_come_without_a_copy(cita: AppointmentView) -> None:
    assert await find_question(await ask(cita)) == QuestionView(TEXT, NOW, None)


async def test_an_unknown_one_is_none(cita: AppointmentView) -> None:
    assert await find_question(uuid4()) is None


async def test_the_consultor_and_the_citizen_are_told(cita: AppointmentView) -> None:
    questions = [await ask(cita), await ask(cita)]
    rows = await fetch('SELECT "kind", "recipient", "dedupe_key" FROM "outbox_message" WHERE "kind" LIKE \'question%\'')
    assert {(row["kind"], row["recipient"], row["dedupe_key"].rpartition(":")[2]) for row in rows} == {
        (kind, recipient, str(question))
        for question in questions
        for kind, recipient in (
            (MessageKind.QUESTION_FOR_STAFF, cita.consultant_email),
            (MessageKind.QUESTION_RECEIVED, "rosa@example.org"),
        )
    }
    assert MessageKind.QUESTION_RECEIVED in await told_of(cita.id)


async def test_the_same_form_sent_twice_asks_once(cita: AppointmentView) -> None:
    form = uuid4()
    for _ in range(2):
        await ask_question(cita.id, cita.email, cita.consultant_email, TEXT, COPY, NOW, form)
    assert await questions_of(cita.id) == [AskedView(TEXT, NOW, has_copy=True)]
    assert len(await fetch('SELECT "id" FROM "stored_file"')) == 1
    assert len(await fetch('SELECT "id" FROM "outbox_message" WHERE "kind" LIKE \'question%\'')) == 2


async def test_without_a_mailbox_of_the_consultor_the_sede_is_told(cita: AppointmentView) -> None:
    await ask_question(cita.id, "", "", TEXT, None, NOW)
    rows = await fetch('SELECT "recipient" FROM "outbox_message" WHERE "kind" LIKE \'question%\'')
    assert [row["recipient"] for row in rows] == ["central@example.org"]


async def test_the_page_shows_the_newest_first(cita: AppointmentView) -> None:
    for minute, text in enumerate(("uno", "dos")):
        await ask_question(cita.id, "", "", text, None, NOW + timedelta(minutes=minute))
    assert [question.text for question in await questions_of(cita.id)] == ["dos", "uno"]
