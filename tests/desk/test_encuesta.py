"""``GET POST /encuesta/{token}``: one answer by a link, on a cheap phone, without a name."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.surveys import ask_survey, find_survey_of, survey_token
from portal.web.services import Services
from tests.attended import attend
from tests.browser import NewVisitor, Page, Visitor
from tests.portal.walking import NINE, MovingClock, answer_to, one

ENDED = NINE + timedelta(minutes=15)
DAYS = 15


@pytest.fixture
def citizen(owned_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    """Somebody with a phone who was never here."""
    return new_visitor(owned_app)


@pytest.fixture
async def address(owned_app: Litestar, moving_clock: MovingClock) -> str:
    """The link to the survey of a cita that has just ended."""
    cita = await attend()
    await ask_survey(cita.id, ENDED, DAYS)
    survey = await find_survey_of(cita.id)
    assert survey
    moving_clock.now = ENDED + timedelta(hours=2)
    services: Services = owned_app.state.services
    return f"/encuesta/{survey_token(survey.id, services.keys.surveys)}"


async def answers() -> list[dict[str, object]]:
    return await fetch('SELECT * FROM "survey_answer"')


async def test_it_is_answered_by_marks_and_words(citizen: Visitor, address: str) -> None:
    form = (await citizen.open(address)).form("Enviar mis respuestas")
    form.choose("¿Cómo te trató", "5")
    form.choose("En general", "4")
    form.choose("¿Resolviste", "Sí")
    form.fill("¿Algo más que quieras contarnos?", "Muy amable.\nGracias, ñandú.")
    page = await form.press()
    assert page.heading == "Gracias por responder"
    assert page.address == "/encuesta/gracias"
    (answer,) = await answers()
    assert (answer["courtesy"], answer["overall"], answer["time"]) == (5, 4, None)
    assert (bool(answer["resolved"]), answer["comment"]) == (True, "Muy amable.\nGracias, ñandú.")


async def test_the_overall_mark_is_enough(citizen: Visitor, address: str) -> None:
    form = (await citizen.open(address)).form("Enviar mis respuestas")
    form.choose("En general", "1")
    assert (await form.press()).heading == "Gracias por responder"
    (answer,) = await answers()
    assert (answer["overall"], answer["resolved"], answer["comment"]) == (1, None, "")


async def test_looking_changes_nothing(citizen: Visitor, address: str) -> None:
    for _ in range(3):
        await citizen.open(address)
    assert await answers() == []
    assert await one('SELECT "answered_at" FROM "survey"') is None


async def test_nothing_typed_is_lost_when_something_is_missing(citizen: Visitor, address: str) -> None:
    form = (await citizen.open(address)).form("Enviar mis respuestas")
    form.choose("¿Cómo te trató", "2")
    form.choose("¿Resolviste", "No")
    form.fill("¿Algo más que quieras contarnos?", "No me «oían».")
    page = await form.press(status=422)
    assert "Dinos cómo te atendimos en general" in page.text
    back = page.form("Enviar mis respuestas")
    assert ("trato", "2") in back.values
    assert ("resuelto", "no") in back.values
    assert back.value("¿Algo más que quieras contarnos?") == "No me «oían»."
    assert await answers() == []
    back.choose("En general", "3")
    assert (await back.press()).heading == "Gracias por responder"


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("general", "6", "Elige una opción de la lista"),
        ("general", "0", "Elige una opción de la lista"),
        ("general", "", "Dinos cómo te atendimos en general"),
        ("trato", "x" * 500, "Elige una opción de la lista"),
        ("resuelto", "quizá", "Elige una opción de la lista"),
        ("comentario", "a" * 1001, "Escribe como máximo 1000 letras y espacios"),
        ("comentario", "nulo\x00", "Hay caracteres que no podemos leer"),
    ],
)
async def test_what_cannot_be_taken_is_told_beside_its_field(
    citizen: Visitor, address: str, field: str, text: str, sentence: str
) -> None:
    values = dict((await citizen.open(address)).form("Enviar mis respuestas").values)
    answer = await citizen.client.post(address, data={**values, "general": "3", field: text})
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2
    assert await answers() == []


async def test_a_link_serves_once(citizen: Visitor, address: str, owned_app: Litestar, new_visitor: NewVisitor) -> None:
    second = (await new_visitor(owned_app).open(address)).form("Enviar mis respuestas")
    first = (await citizen.open(address)).form("Enviar mis respuestas")
    first.choose("En general", "5")
    await first.press()
    second.choose("En general", "1")
    assert (await second.press(status=410)).heading == "Esta encuesta ya se respondió"
    assert (await citizen.open(address, status=410)).heading == "Esta encuesta ya se respondió"
    assert [answer["overall"] for answer in await answers()] == [5]


async def test_two_who_press_at_the_same_instant_answer_once(citizen: Visitor, address: str) -> None:
    outcomes = await asyncio.gather(*(answer_to(citizen, address, {"general": str(mark)}) for mark in (1, 2, 3, 4)))
    assert sorted(outcome.status_code for outcome in outcomes) == [303, 410, 410, 410]
    assert len(await answers()) == 1


async def test_a_link_expires(citizen: Visitor, address: str, moving_clock: MovingClock) -> None:
    form = (await citizen.open(address)).form("Enviar mis respuestas")
    form.choose("En general", "5")
    moving_clock.now = ENDED + timedelta(days=DAYS)
    assert (await form.press(status=410)).heading == "Esta encuesta ya venció"
    assert (await citizen.open(address, status=410)).heading == "Esta encuesta ya venció"
    assert await answers() == []


async def test_a_link_that_we_did_not_write_says_one_thing(citizen: Visitor, address: str) -> None:
    forged = (
        survey_token(uuid4(), b"x" * 32),
        address.rpartition("/")[2][:-4] + "AAAA",
        "abc",
        "a" * 300,
        "%C3%B1",
        "..%00",
    )
    pages = [await citizen.open(f"/encuesta/{token}", status=404) for token in forged]
    assert {page.heading for page in pages} == {"No encontramos esta encuesta"}
    assert (await answer_to(citizen, f"/encuesta/{forged[0]}", {"general": "5"})).status_code == 404


async def test_the_page_says_nothing_of_whose_cita_it_was(citizen: Visitor, address: str) -> None:
    page: Page = await citizen.open(address)
    code = await one('SELECT "code" FROM "appointment"')
    for word in ("Rosa", "Ñahui", "10117410", str(code), "Consultor 1", "Consultor 2"):
        assert word not in page.html


async def test_the_log_says_which_route_and_no_token(
    citizen: Visitor, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await citizen.open(address)
    await citizen.open(f"{address}x", status=404)
    token = address.rpartition("/")[2]
    logged = capsys.readouterr()
    assert "/encuesta/{token}" in logged.out + logged.err
    assert token not in logged.out + logged.err
