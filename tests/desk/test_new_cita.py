"""``/agenda/nueva``: book for a caller or a person at the desk, by the same engine as citizens."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.vocabulary import State
from tests.browser import NewVisitor, Page, Visitor
from tests.desk.days import MONDAY, give, minutes, turn
from tests.html_page import text_of
from tests.people import JULIO, NOW, ROSA, citizen_number, reserve, slot_at
from tests.portal.walking import MovingClock, one
from tests.staffing import Staffed, sign_in

TYPED = {
    "Nombres": "Rosa María",
    "Primer apellido": "Ñahui",
    "Segundo apellido": "Quispe",
    "Celular o teléfono": "987 654 321",
}


@pytest.fixture
async def desk(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """The browser of the first consultor, on Thursday at nine."""
    return await sign_in(new_visitor(owned_app), staffed.consultant, moving_clock())


async def say_whose(desk: Visitor, document: str = "10117410", *, status: int = 200, **choices: str) -> Page:
    """The first part of the form; the page that comes of it."""
    form = (await desk.open("/agenda/nueva")).form("Buscar horarios")
    form.choose("La persona", choices.pop("origin", "Llama por teléfono"))
    form.choose("Tipo de documento", "DNI")
    form.fill("Número de documento", document)
    for label, choice in choices.items():
        form.choose(label, choice)
    return await form.press(status=status)


async def choose(page: Page, time: str = "9:30 a. m.") -> Page:
    """Press a time."""
    return await page.form(time).press()


async def describe(page: Page, **more: str) -> Page:
    """Type the details of Rosa, read her the notice, and press."""
    form = page.form("Reservar la cita")
    for label, text in {**TYPED, **more}.items():
        form.fill(label, text)
    form.tick("Le leí el aviso de privacidad")
    return await form.press()


async def test_a_caller_gets_a_cita_and_the_code_is_shown_large(staffed: Staffed, desk: Visitor) -> None:
    page = await say_whose(desk)
    assert "jueves 7 de enero de 2027" in page.text
    page = await choose(page)
    assert "Apartado hasta las 9:10 a. m." in page.text
    page = await describe(page)
    assert page.title.startswith("Cita reservada")
    row = (await fetch('SELECT * FROM "appointment"'))[0]
    assert (row["origin"], row["booked_by"], row["email"]) == ("phone", staffed.consultant, "")
    assert row["privacy_accepted_at"] == NOW
    code = text_of(next(element for element in page.elements("p") if element.get("class") == "big-code"))
    assert code.replace(" ", "") == row["code"]
    assert page.links["Imprimir constancia (A5) (se abre en otra pestaña)"] == f"/atenciones/{row['id']}/constancia.pdf"
    assert "No dio correo" in page.text
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'cita_booked\'') == 1


async def test_no_address_and_no_audit_entry_tells_whose_document_it_is(staffed: Staffed, desk: Visitor) -> None:
    assert staffed
    page = await say_whose(desk)
    assert page.address == "/agenda/nueva"
    page = await describe(await choose(page))
    assert "10117410" not in page.address
    for row in await fetch('SELECT "subject", "details" FROM "audit_entry"'):
        assert "10117410" not in f"{row['subject']}{row['details']}"


async def test_at_the_desk_there_is_no_notice_and_the_person_may_have_mail(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    assert staffed
    moving_clock.now = NOW + minutes(29)
    page = await say_whose(desk, origin="Está en el módulo", Cómo="En persona")
    page = await describe(await choose(page), **{"Correo electrónico": "rosa@example.org"})
    assert "Le enviamos la constancia a rosa@example.org" in page.text
    assert await one('SELECT "origin" FROM "appointment"') == "desk"
    assert await one('SELECT count(*) FROM "outbox_message" WHERE "kind" = \'confirmation\'') == 1


async def test_the_consultor_may_be_chosen_and_nobody_else_gets_it(staffed: Staffed, desk: Visitor) -> None:
    page = await say_whose(desk, Consultor="Consultor 2")
    page = await choose(page)
    assert "Consultor 2" in page.text
    await describe(page)
    assert await one('SELECT "consultant" FROM "appointment"') == staffed.colleague
    await give(staffed.colleague, JULIO, NOW + minutes(60))
    page = await say_whose(desk, "42388605", Consultor="Consultor 2")
    times = [text_of(button) for button in page.elements("button") if button.get("name") == "horario"]
    assert times[0].startswith("10:30 a. m.")


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(staffed: Staffed, desk: Visitor) -> None:
    assert staffed
    form = (await desk.open("/agenda/nueva")).form("Buscar horarios")
    form.fill("Número de documento", "123")
    page = await form.press(status=422)
    assert "Elige si la persona llama por teléfono o está en el módulo" in page.text
    assert "Elige el tipo de documento" in page.text
    assert page.form("Buscar horarios").value("Número de documento") == "123"
    page = await choose(await say_whose(desk))
    form = page.form("Reservar la cita")
    form.fill("Nombres", "Rosa 3")
    form.fill("Correo electrónico", "rosa@")
    page = await form.press(status=422)
    for words in (
        "Usa solo letras, sin números",
        "Escribe el primer apellido",
        "Escribe un celular o teléfono de la persona",
        "Lee el aviso de privacidad a la persona y marca que lo acepta",
    ):
        assert words in page.text
    assert page.form("Reservar la cita").value("Nombres") == "Rosa 3"
    assert page.form("Reservar la cita").value("Número de documento") == "10117410"


async def test_more_time_and_another_time_keep_what_was_typed(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    assert staffed
    page = await choose(await say_whose(desk))
    form = page.form("Necesito más tiempo")
    form.fill("Nombres", "Rosa María")
    moving_clock.pass_by(minutes=9)
    page = await form.press()
    assert "Apartado hasta las 9:19 a. m." in page.text
    page = await page.form("Elegir otro horario").press()
    assert await one('SELECT count(*) FROM "seat" WHERE "hold_token" IS NOT NULL') == 0
    page = await choose(page, "10:00 a. m.")
    assert page.form("Reservar la cita").value("Nombres") == "Rosa María"
    assert await one('SELECT count(*) FROM "seat" WHERE "hold_token" IS NOT NULL') == 1


async def test_a_time_that_somebody_took_leads_to_the_nearest_three(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    page = await choose(await say_whose(desk), "10:00 a. m.")
    moving_clock.pass_by(minutes=11)
    for number, consultant in enumerate((staffed.consultant, staffed.colleague)):
        await give(consultant, number, NOW + minutes(60), now=moving_clock())
    form = page.form("Reservar la cita")
    for label, text in TYPED.items():
        form.fill(label, text)
    page = await form.press(status=409)
    assert "Otra persona acaba de tomar ese horario" in page.text
    near = [element for element in page.elements("div") if element.get("class") == "slots near"]
    assert len(list(near[0].iter("button"))) == 3
    page = await page.form("jueves 7 de enero de 2027, 9:30").press()
    assert page.form("Reservar la cita").value("Nombres") == "Rosa María"
    assert (await describe(page)).title.startswith("Cita reservada")


async def test_a_hold_that_ran_out_still_books_while_nobody_took_it(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    assert staffed
    page = await choose(await say_whose(desk))
    moving_clock.pass_by(minutes=12)
    assert (await describe(page)).title.startswith("Cita reservada")


async def test_pressing_twice_books_once(staffed: Staffed, desk: Visitor) -> None:
    assert staffed
    form = (await choose(await say_whose(desk))).form("Reservar la cita")
    for label, text in TYPED.items():
        form.fill(label, text)
    form.tick("Le leí el aviso de privacidad")
    first, second = await form.press(), await form.press()
    assert first.address == second.address
    assert await one('SELECT count(*) FROM "appointment"') == 1
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'cita_booked\'') == 1


async def test_staff_sees_the_cita_that_a_person_has_and_sets_the_document_free(
    staffed: Staffed, desk: Visitor
) -> None:
    cita = await give(staffed.colleague, ROSA)
    page = await say_whose(desk, status=409)
    assert "Esta persona ya tiene una cita" in page.text
    assert "lunes 11 de enero de 2027, 9:00 a. m." in page.text
    assert page.links["Abrir la cita"] == f"/atenciones/{cita}"
    page = await page.form("Anular esa cita y liberar el documento").press()
    assert "el documento quedó libre" in page.text
    assert await one('SELECT "state" FROM "appointment"') == "cancelled"
    rows = await fetch('SELECT "staff", "appointment" FROM "audit_entry" WHERE "action" = \'document_freed\'')
    assert [(row["staff"], row["appointment"]) for row in rows] == [(staffed.consultant, cita)]
    assert (await describe(await choose(page))).title.startswith("Cita reservada")


async def test_a_cita_that_has_begun_cannot_be_set_aside(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    cita = await give(staffed.colleague, ROSA)
    moving_clock.now = MONDAY + minutes(1)
    await sign_in(desk, staffed.consultant, moving_clock())
    page = await say_whose(desk, status=409)
    page = await page.form("Anular esa cita y liberar el documento").press(status=409)
    assert "esa cita ya empezó" in page.text
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'document_freed\'') == 0
    assert await one('SELECT "state" FROM "appointment" WHERE "id" = {}', cita) == "reserved"


async def test_a_cita_of_another_sede_is_told_but_cannot_be_opened(staffed: Staffed, desk: Visitor) -> None:
    cita = await give(staffed.colleague, ROSA)
    await fetch('UPDATE "appointment" SET "center" = {} WHERE "id" = {}', staffed.other_center, cita)
    page = await say_whose(desk, status=409)
    assert "Centro de Empleo – Callao" in page.text
    assert "Abrir la cita" not in page.links
    await desk.open(f"/agenda/nueva/{cita}", status=404)
    assert (await desk.client.get(f"/atenciones/{cita}/constancia.pdf")).status_code == 404


async def test_a_document_taken_meanwhile_is_noticed_when_the_cita_is_made(staffed: Staffed, desk: Visitor) -> None:
    assert staffed
    page = await choose(await say_whose(desk))
    await reserve(ROSA, slot_at(MONDAY))
    form = page.form("Reservar la cita")
    for label, text in TYPED.items():
        form.fill(label, text)
    form.tick("Le leí el aviso de privacidad")
    page = await form.press(status=409)
    assert "Esta persona ya tiene una cita" in page.text
    page = await page.form("Anular esa cita y liberar el documento").press()
    page = await choose(page, "10:00 a. m.")
    assert page.form("Reservar la cita").value("Nombres") == "Rosa María"


async def test_the_nearest_times_come_first_from_a_day_on(staffed: Staffed, desk: Visitor) -> None:
    assert staffed
    form = (await desk.open("/agenda/nueva")).form("Buscar horarios")
    form.choose("La persona", "Llama por teléfono")
    form.choose("Tipo de documento", "DNI")
    form.fill("Número de documento", "10117410")
    form.fill("Desde el día", "2027-01-09")
    page = await form.press()
    days = [text_of(element) for element in page.elements("h3")]
    assert days[0] == "lunes 11 de enero de 2027"
    form = page.form("Buscar otra vez")
    form.fill("Desde el día", "2027-13-09")
    assert "Escribe la fecha con día, mes y año" in (await form.press(status=422)).text


async def test_when_nothing_is_free_it_says_so(staffed: Staffed, desk: Visitor) -> None:
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "consultant" = {}', False, staffed.colleague)
    page = await say_whose(desk, Consultor="Consultor 2")
    assert "No hay cupos con Consultor 2" in page.text


async def test_the_slip_is_printed_for_a_cita_that_stands(staffed: Staffed, desk: Visitor, owned_app: Litestar) -> None:
    assert owned_app
    cita = await give(staffed.colleague, citizen_number(1))
    await turn(cita, State.CANCELLED)
    answer = await desk.client.get(f"/atenciones/{cita}/constancia.pdf", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/atenciones/{cita}")


async def test_times_and_consultores_that_were_made_up_are_refused(staffed: Staffed, desk: Visitor) -> None:
    page = await say_whose(desk)
    form = page.form("Buscar otra vez")
    body = dict(form.values) | {"horario": "nada", "consultor": str(staffed.elsewhere)}
    answer = await desk.client.post("/agenda/nueva", data=body)
    assert answer.status_code == 409
    assert "Ese horario ya no se puede reservar" in answer.text
    body = dict(form.values) | {"horario": str(slot_at(NOW - timedelta(hours=1)))}
    assert (await desk.client.post("/agenda/nueva", data=body)).status_code == 409
    assert not parse_qs(page.address)
