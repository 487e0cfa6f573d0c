"""GET /incidencias, GET /incidencias/{id}, POST /incidencias/{id}/respuesta, /incidencias/{id}/derivar"""

from __future__ import annotations

from uuid import uuid4

import pytest

from portal.database.node import fetch
from portal.domain.answering import answer_question, forward_question
from portal.domain.questions import ask_question
from portal.domain.staff import StaffView, find_staff
from tests.desk.asking import Asked
from tests.people import JULIO, reserve, slot_at
from tests.portal.walking import NINE, answer_to, one

ANSWER = "Escribe a soporte.\r\nTe ayudan hoy."
AUDIT = 'SELECT "action", "staff", "appointment", "subject" FROM "audit_entry" ORDER BY "at", "action"'


async def person_of(asked: Asked, who: str) -> StaffView:
    found = await find_staff({"owner": asked.owner, "supervisor": asked.staffed.supervisor}[who])
    assert found is not None
    return found


async def test_the_consultor_finds_it_answers_it_and_rosa_reads_it(asked: Asked) -> None:
    asked.clock.pass_by(hours=3)
    visitor = await asked.enter(asked.owner)
    page = await visitor.open("/incidencias")
    assert "Por responder 3 horas No puedo entrar a mi cuenta. ¿Qué hago? Rosa María Ñahui Quispe" in page.text
    assert "· tuya" in page.text
    page = await page.follow("No puedo entrar a mi cuenta. ¿Qué hago?")
    assert page.address == asked.address
    assert "Espera hace 3 horas. Hay plazo hasta el lunes 11 de enero de 2027, 9:00 a. m." in page.text
    assert "DNI 10117410" in page.text
    form = page.form("Responder")
    form.fill("Tu respuesta", ANSWER)
    page = await form.press()
    assert page.address == asked.address
    assert "Respondida Se respondió en 3 horas" in page.text
    assert "Escribe a soporte. Te ayudan hoy." in page.text
    assert "Tu respuesta" not in page.text
    page = await asked.rosa.open()
    assert "· Respondida No puedo entrar" in page.text
    assert "(en 3 horas): Escribe a soporte. Te ayudan hoy." in page.text
    assert "Respondimos tu consulta. Enviamos la respuesta a rosa@example.org." in page.text
    mails = await fetch('SELECT "recipient" FROM "outbox_message" WHERE "kind" = \'question_answered\'')
    assert [row["recipient"] for row in mails] == ["rosa@example.org"]


async def test_it_is_forwarded_with_a_note_that_rosa_does_not_read(asked: Asked) -> None:
    form = (await asked.open(asked.owner)).form("Derivar al responsable")
    form.fill("Nota para el responsable", "Cuenta duplicada.")
    page = await form.press()
    assert "La responde el responsable del servicio." in page.text
    assert "Tu respuesta" not in page.text
    page = await asked.rosa.open()
    assert "La ve el responsable del servicio" in page.text
    assert "Tu consultor pasó tu consulta al responsable del servicio, que te responde." in page.text
    assert "duplicada" not in page.text
    page = await asked.open(asked.staffed.supervisor)
    assert "Cuenta duplicada." in page.text
    form = page.form("Responder")
    form.fill("Tu respuesta", "Ya las unimos.")
    assert "Elena Ríos respondió" in (await form.press()).text
    assert "Ya las unimos." in (await asked.rosa.open()).text


async def test_the_second_to_answer_is_told_and_keeps_the_own_text(asked: Asked) -> None:
    form = (await asked.open(asked.owner)).form("Responder")
    form.fill("Tu respuesta", "Mi texto <b>.")
    await answer_question(asked.question, await person_of(asked, "supervisor"), "La primera.", asked.clock())
    page = await form.press(status=409)
    assert "Elena Ríos respondió antes" in page.text
    assert "La primera." in page.text
    assert page.ids["texto-no-enviado"].text == "Mi texto <b>."
    assert await one('SELECT "answer" FROM "question"') == "La primera."


async def test_the_second_to_forward_is_told_too(asked: Asked) -> None:
    form = (await asked.open(asked.owner)).form("Derivar al responsable")
    form.fill("Nota para el responsable", "Mi nota.")
    await forward_question(asked.question, await person_of(asked, "owner"), "Otra nota.", asked.clock())
    page = await form.press(status=409)
    assert "ya derivó esta consulta al responsable" in page.text
    assert page.ids["texto-no-enviado"].text == "Mi nota."


async def test_the_same_answer_sent_twice_is_one(asked: Asked) -> None:
    form = (await asked.open(asked.owner)).form("Responder")
    form.fill("Tu respuesta", ANSWER)
    await form.press()
    await form.press()
    assert await one('SELECT count(*) FROM "outbox_message" WHERE "kind" = \'question_answered\'') == 1


@pytest.mark.parametrize(
    ("button", "label", "text", "words"),
    [
        ("Responder", "Tu respuesta", "", "Escribe la respuesta"),
        ("Responder", "Tu respuesta", "a" * 2_001, "Escribe como máximo 2000 letras y espacios"),
        ("Responder", "Tu respuesta", "Hola\x00", "Hay caracteres que no podemos leer"),
        ("Derivar al responsable", "Nota para el responsable", " ", "Escribe una nota para el responsable"),
        ("Derivar al responsable", "Nota para el responsable", "a" * 1_001, "Escribe como máximo 1000 letras"),
    ],
)
async def test_a_text_that_cannot_be_sent_comes_back(
    asked: Asked, button: str, label: str, text: str, words: str
) -> None:
    form = (await asked.open(asked.owner)).form(button)
    form.fill(label, text)
    page = await form.press(status=422)
    assert page.title.startswith("Error: ")
    assert words in page.text
    assert (page.form(button).value(label) or "").strip() == text.replace("\x00", "").strip()
    assert await one('SELECT "state" FROM "question"') == "open"


async def test_what_is_wrong_with_a_text_matters_no_more_once_it_was_answered(asked: Asked) -> None:
    form = (await asked.open(asked.owner)).form("Responder")
    form.fill("Tu respuesta", "a" * 2_001)
    await answer_question(asked.question, await person_of(asked, "supervisor"), "La primera.", asked.clock())
    page = await form.press(status=409)
    assert page.ids["texto-no-enviado"].text == "a" * 2_001


async def test_others_are_answered_as_if_there_were_none(asked: Asked) -> None:
    for who in (asked.colleague, asked.staffed.elsewhere):
        visitor = await asked.enter(who)
        assert "No hay consultas con ese filtro." in (await visitor.open("/incidencias")).text
        unknown = await visitor.open(f"/incidencias/{uuid4()}", status=404)
        foreign = await visitor.open(asked.address, status=404)
        assert foreign.text == unknown.text
        for step in ("respuesta", "derivar"):
            answer = await answer_to(visitor, f"{asked.address}/{step}", {"respuesta": "x", "nota": "x"})
            assert answer.status_code == 404
            answer = await answer_to(visitor, f"{asked.address}/{step}", {})
            assert answer.status_code == 404
    assert await one('SELECT "state" FROM "question"') == "open"


async def test_nobody_gets_in_without_signing_in(asked: Asked) -> None:
    visitor = asked.new_visitor(asked.app)
    for address in ("/incidencias", asked.address):
        assert (await visitor.open(address)).address.startswith("/ingresar?seguir=/incidencias")
    answer = await answer_to(asked.rosa.visitor, f"{asked.address}/respuesta", {"respuesta": "x"})
    assert answer.headers["location"].startswith("/ingresar")


async def test_what_waits_too_long_is_marked_and_open_to_colleagues(asked: Asked) -> None:
    asked.clock.pass_by(days=4)
    page = await (await asked.enter(asked.colleague)).open("/incidencias")
    assert "Por responder 4 días Pasó el plazo" in page.text
    assert "· sin atender" in page.text
    page = await asked.open(asked.colleague)
    assert "Debía responderse hasta el lunes 11 de enero de 2027, 9:00 a. m." in page.text
    form = page.form("Responder")
    form.fill("Tu respuesta", "Perdona la demora.")
    assert "Respondida Pasó el plazo Se respondió en 4 días" in (await form.press()).text


async def test_the_list_is_filtered(asked: Asked) -> None:
    julio = await reserve(JULIO, slot_at(NINE), asked.clock())
    await ask_question(julio.id, JULIO.email, "", "¿Y el taller?", None, asked.clock())
    await forward_question(asked.question, await person_of(asked, "owner"), "Nota.", asked.clock())
    visitor = await asked.enter(asked.staffed.supervisor)
    page = await visitor.open("/incidencias")
    assert "taller" in page.text
    assert "cuenta" in page.text
    form = page.form("Mostrar")
    form.choose("Estado", "Derivadas")
    form.choose("Cuáles", "Las mías")
    page = await form.press()
    assert page.address == "/incidencias?estado=derivadas&de=mias"
    assert "taller" not in page.text
    assert "cuenta" in page.text
    assert "No hay consultas" in (await visitor.open("/incidencias?estado=respondidas")).text
    assert "taller" in (await visitor.open("/incidencias?estado=%00&de=nadie")).text


async def test_without_an_address_the_consultor_is_told_to_call(asked: Asked) -> None:
    await fetch('UPDATE "appointment" SET "email" = {}', "")
    page = await asked.open(asked.owner)
    assert "No dio correo: la ve en la página de su cita. Llámale también al 987 654 321." in page.text
    form = page.form("Responder")
    form.fill("Tu respuesta", "Listo.")
    await form.press()
    assert await one('SELECT count(*) FROM "outbox_message" WHERE "kind" = \'question_answered\'') == 0


async def test_the_sections_say_how_many_wait(asked: Asked) -> None:
    assert "Consultas 1 por atender" in (await (await asked.enter(asked.owner)).open("/incidencias")).links
    for person in (asked.colleague, asked.staffed.supervisor):
        assert "Consultas" in (await (await asked.enter(person)).open("/incidencias")).links
    await forward_question(asked.question, await person_of(asked, "owner"), "Nota.", asked.clock())
    page = await (await asked.enter(asked.staffed.supervisor)).open("/incidencias")
    assert "Consultas 1 por atender" in page.links


async def test_each_look_and_step_is_written_down(asked: Asked) -> None:
    visitor = await asked.enter(asked.owner)
    page = await visitor.open(asked.address)
    for address in ("/incidencias", "/incidencias", asked.address):
        await visitor.open(address)
    form = page.form("Derivar al responsable")
    form.fill("Nota para el responsable", "Nota.")
    await form.press()
    page = await asked.open(asked.staffed.supervisor)
    form = page.form("Responder")
    form.fill("Tu respuesta", "Listo.")
    await form.press()
    rows = await fetch(AUDIT)
    assert sorted((row["action"], row["staff"] == asked.owner) for row in rows) == [
        ("question_answered", False),
        ("question_forwarded", True),
        ("questions_seen", False),
        ("questions_seen", True),
        ("questions_seen", True),
    ]
    for row in rows:
        assert row["subject"] in {"central", str(asked.question)}
