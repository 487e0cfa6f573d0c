"""The mails that lead to the survey: their link opens it, the reminder comes once, and not to who has answered."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from portal.app import create_app
from portal.database.node import Node, fetch
from portal.domain.new_appointment import Booked
from portal.domain.notices import queue_message
from portal.domain.surveys import (
    REMIND_AFTER,
    Answers,
    Aspect,
    answer_survey,
    ask_survey,
    find_survey_of,
    remind_of_surveys,
)
from portal.domain.vocabulary import MessageKind
from tests.attended import attend
from tests.mail.conftest import GOES_ON, MakeSettings, OpenOffice, OpenServer, SetClock
from tests.mail.test_what_arrives import text_of
from tests.people import ROSA, build_world
from tests.portal.walking import NINE

ENDED = NINE + timedelta(minutes=15)


@pytest.fixture
async def cita(node: Node) -> Booked:
    """A cita that has just ended, with its survey asked."""
    await build_world()
    cita = await attend()
    await ask_survey(cita.id, ENDED, 15)
    return cita


def survey_link(text: str) -> str:
    (link,) = re.findall(r"https://citas\.example\.org(/encuesta/\S+)", text)
    return str(link)


async def test_the_links_and_the_reminder_open_the_survey(
    cita: Booked,
    node: Node,
    open_server: OpenServer,
    open_office: OpenOffice,
    mail_settings: MakeSettings,
    clock: SetClock,
) -> None:
    server = await open_server()
    clock.now = ENDED
    await queue_message(cita.id, MessageKind.LINKS, ROSA.email, ENDED, deadline=ENDED + timedelta(days=1))
    assert await open_office(server).deliver_due(GOES_ON) == 1
    clock.now = ENDED + REMIND_AFTER
    await remind_of_surveys(clock.now)
    assert await open_office(server).deliver_due(GOES_ON) == 1
    links = [survey_link(text_of(received.message)) for received in server.mood.received]
    assert len(set(links)) == 1
    assert server.mood.received[1].message["Subject"] == "¿Cómo te atendimos? Cuéntanos en dos minutos"
    assert "hasta el martes 26 de enero de 2027" in text_of(server.mood.received[1].message)
    app = create_app(mail_settings(server, worker=False, database_url=""), clock=clock, node=node)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar's own types
    async with httpx.AsyncClient(transport=transport, base_url="https://citas.example.org") as visitor:
        page = await visitor.get(links[0])
    assert page.status_code == 200
    assert "Cuéntanos cómo te atendimos" in page.text


async def test_who_answers_before_the_reminder_leaves_gets_none(
    cita: Booked, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server()
    clock.now = ENDED + REMIND_AFTER
    await remind_of_surveys(clock.now)
    survey = await find_survey_of(cita.id)
    assert survey
    await answer_survey(survey.id, Answers({Aspect.OVERALL: 5}), clock.now)
    assert await open_office(server).deliver_due(GOES_ON) == 0
    assert server.mood.received == []


async def test_the_reminder_never_comes_after_the_survey_expired(
    cita: Booked, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server()
    clock.now = ENDED + timedelta(days=10)
    await remind_of_surveys(clock.now)
    await fetch('UPDATE "survey" SET "expires_at" = {}', clock.now)
    assert await open_office(server).deliver_due(GOES_ON) == 0
