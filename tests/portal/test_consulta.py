"""GET, POST /citas/{codigo}/consulta"""

from __future__ import annotations

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.changing import cancel
from portal.domain.vocabulary import State
from tests.browser import NewVisitor, Page, Visitor
from tests.forms import sample_files as files
from tests.people import MEI, RULES
from tests.portal.owning import UNKNOWN, Owner, own
from tests.portal.walking import MovingClock, NewWalkApp, answer_to, one

QUESTION = "No puedo entrar a mi cuenta.\r\n¿Qué hago?"
BUTTON = "Enviar consulta"
ASKED = 'SELECT count(*) FROM "question"'
MAILS = 'SELECT "kind", "recipient" FROM "outbox_message" WHERE "kind" LIKE \'question%\''


async def ask(owner: Owner, text: str = QUESTION, *, status: int = 200) -> Page:
    """Fill the form in and send it."""
    form = (await owner.open("/consulta")).form(BUTTON)
    form.fill("Tu consulta", text)
    return await form.press(status=status)


async def test_it_is_kept_shown_and_passed_on(owner: Owner) -> None:
    page = await (await owner.open()).follow("Tengo una duda")
    assert page.heading == "Envía tu consulta"
    page = await ask(owner)
    assert page.address == owner.address
    assert "jueves 7 de enero de 2027, 9:00 a. m. · Recibida No puedo entrar a mi cuenta. ¿Qué hago?" in page.text
    assert "Recibimos tu consulta y la pasamos a tu consultor." in page.text
    consultor = (await owner.view()).consultant_email
    assert {(row["kind"], row["recipient"]) for row in await fetch(MAILS)} == {
        ("question_received", "rosa@example.org"),
        ("question_for_staff", consultor),
    }


async def test_a_copy_of_the_document_may_come_with_it(owner: Owner) -> None:
    form = (await owner.open("/consulta")).form(BUTTON)
    form.fill("Tu consulta", "Hola")
    form.attach("Copia de tu documento", "dni.png", files.png(), "image/png")
    assert "con copia de tu documento" in (await form.press()).text
    row = (await fetch('SELECT "kind", "media_type" FROM "stored_file"'))[0]
    assert (row["kind"], row["media_type"]) == ("question", "image/png")


async def test_the_same_form_sent_twice_asks_once(owner: Owner) -> None:
    form = (await owner.open("/consulta")).form(BUTTON)
    form.fill("Tu consulta", "Hola")
    await form.press()
    await form.press()
    assert await one(ASKED) == 1
    await ask(owner, "Hola")
    assert await one(ASKED) == 2


async def test_without_an_address_the_answer_is_promised_by_phone(
    owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    mei = await own(owned_app, new_visitor(owned_app), moving_clock, MEI)
    assert "Te responde al teléfono que diste" in (await mei.open("/consulta")).text
    await ask(mei)
    assert [row["kind"] for row in await fetch(MAILS)] == ["question_for_staff"]


async def test_without_an_address_of_the_consultor_the_sede_gets_it(owner: Owner) -> None:
    await fetch('UPDATE "staff" SET "email" = {}', "")
    await ask(owner)
    assert ("question_for_staff", "central@example.org") in {
        (row["kind"], row["recipient"]) for row in await fetch(MAILS)
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Escribe tu consulta"),
        (" \r\n ", "Escribe tu consulta"),
        ("a" * 2_001, "Escribe como máximo 2000 letras y espacios"),
        ("Hola\x00", "Hay caracteres que no podemos leer"),
        ("Hola\x1b[2J", "Hay caracteres que no podemos leer"),
    ],
)
async def test_a_text_that_cannot_be_sent_comes_back(owner: Owner, text: str, words: str) -> None:
    page = await ask(owner, text, status=422)
    assert page.title.startswith("Error: ")
    assert words in page.text
    assert await one(ASKED) == 0


async def test_what_was_typed_survives_a_file_that_is_refused(owner: Owner) -> None:
    form = (await owner.open("/consulta")).form(BUTTON)
    form.fill("Tu consulta", "Hola <b>")
    form.attach("Copia de tu documento", "dni.docx", files.docx(), "application/msword")
    page = await form.press(status=422)
    assert "Solo recibimos PDF, JPG o PNG." in page.text
    assert page.form(BUTTON).value("Tu consulta") == "Hola <b>"
    assert await one(ASKED) == 0
    assert await one('SELECT count(*) FROM "stored_file"') == 0


async def test_both_mistakes_come_at_once(owner: Owner) -> None:
    form = (await owner.open("/consulta")).form(BUTTON)
    form.attach("Copia de tu documento", "dni.png", files.EXE, "image/png")
    page = await form.press(status=422)
    assert "Falta corregir 2 datos" in page.text


@pytest.mark.parametrize("state", [State.ATTENDED, State.ABANDONED, State.NOT_HELD, State.IN_ATTENTION])
async def test_a_doubt_may_come_after_the_cita(owner: Owner, state: State) -> None:
    await fetch('UPDATE "appointment" SET "state" = {}', state.value)
    assert "Recibida" in (await ask(owner)).text


async def test_a_cancelled_cita_takes_none(owner: Owner) -> None:
    form = (await owner.open("/consulta")).form(BUTTON)
    form.fill("Tu consulta", "Hola")
    await cancel(owner.cita.code, owner.clock(), RULES)
    assert (await form.press(status=409)).heading == "Esta cita está anulada"
    await owner.open("/consulta", status=409)
    assert await one(ASKED) == 0


async def test_they_cannot_be_sent_without_end(
    world: object, new_walk_app: NewWalkApp, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    app = new_walk_app(limit_sendings_per_code=2)
    rosa = await own(app, new_visitor(app), moving_clock)
    await ask(rosa)
    await ask(rosa)
    page = await ask(rosa, status=429)
    assert int(page.headers["retry-after"]) > 0
    assert await one(ASKED) == 2


@pytest.mark.parametrize("envio", ["", "no es un número", "\x00"])
async def test_a_form_without_its_number_asks_all_the_same(owner: Owner, envio: str) -> None:
    answer = await answer_to(owner.visitor, f"{owner.address}/consulta", {"consulta": "Hola", "envio": envio})
    assert answer.status_code == 303
    assert await one(ASKED) == 1


async def test_bytes_that_are_no_text_are_no_fault_of_ours(owner: Owner) -> None:
    answer = await answer_to(owner.visitor, f"{owner.address}/consulta", {"consulta": ""})
    token = answer.request.content.partition(b"_csrf_token=")[2].partition(b"&")[0]
    for text in (b"%FF%FE", b"%ED%A0%80", b"%00", b"%", b"\xff"):
        answer = await owner.visitor.client.post(
            f"{owner.address}/consulta",
            content=b"_csrf_token=" + token + b"&consulta=" + text,
            headers={"content-type": "application/x-www-form-urlencoded"},
            follow_redirects=False,
        )
        assert answer.status_code < 500


async def test_a_stranger_asks_nothing_and_learns_nothing(owner: Owner, stranger: Visitor) -> None:
    for code in (owner.cita.code, UNKNOWN):
        answer = await answer_to(stranger, f"/citas/{code}/consulta", {"consulta": "Hola"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/citas")
    assert await one(ASKED) == 0
