"""GET and POST /: one screen to book, offline and online."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlencode

import pytest

from kiosk.changing import cancel_offline
from kiosk.selling import sell
from kiosk.state import count_on_hand
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import State
from tests.browser import Form, Page, Visitor
from tests.kiosk.desk import Desk
from tests.kiosk.paged import HandPortal, with_secrets
from tests.people import JULIO, ROSA

BOOK = "Reservar e imprimir"


def fill_in(page: Page, document: str = "10117410") -> Form:
    """Everything that is asked for, at the soonest time."""
    form = page.form(BOOK)
    form.choose("Tipo de documento", "DNI")
    form.fill("Número de documento", document)
    form.fill("Nombres", "Rosa María")
    form.fill("Primer apellido", "Ñahui")
    form.fill("Celular o teléfono", "987654321")
    form.tick("Le leí el aviso de privacidad y lo acepta")
    return form


async def test_offline_a_cita_is_booked_and_its_slip_can_be_opened(desk: Desk, visitor: Visitor) -> None:
    soonest, _ = leases = (desk.lease(10), desk.lease(11))
    await desk.hear(leases=leases)
    page = await fill_in(await visitor.open("/")).press()
    assert page.heading == "Cita reservada"
    assert soonest.code in page.text.replace(" ", "")
    assert "Siguiente persona" in page.links
    slip = await visitor.fetch(f"/citas/{soonest.code}/constancia.pdf")
    assert slip.content.startswith(b"%PDF")
    [cita] = await fetch('SELECT "booked_by", "origin", "email" FROM "appointment"')
    assert (cita["booked_by"], cita["origin"], cita["email"]) == (desk.consultant, "kiosk", "")


async def test_a_booking_takes_less_than_a_second_of_the_machine(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    warm = await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    await visitor.fetch(f"/citas/{warm.code}/constancia.pdf")  # the first one waits for the typesetter to be loaded
    form = fill_in(await visitor.open("/"))
    body = urlencode(form.values).encode()
    headers = {"origin": visitor.origin, "content-type": "application/x-www-form-urlencoded"}
    began = time.perf_counter()
    booked = await visitor.client.post("/", content=body, headers=headers)
    code = booked.url.path.rpartition("/")[2]
    slip = await visitor.client.get(f"/citas/{code}/constancia.pdf?formato=ticket")
    assert slip.content.startswith(b"%PDF")
    assert time.perf_counter() - began < 1


async def test_pressing_twice_and_going_back_books_once(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    form = fill_in(await visitor.open("/"))
    first, second = await asyncio.gather(form.press(), form.press())
    again = await form.press()
    assert first.ids["contenido"] is not None
    assert {page.address.partition("?")[0] for page in (first, second, again)} == {first.address.partition("?")[0]}
    assert await count_on_hand(desk.now) == 1


async def test_the_form_of_the_last_person_does_not_show_their_cita_to_the_next(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    page = await visitor.open("/")
    await fill_in(page).press()
    back = await fill_in(page, "42388604").press(status=409)
    assert "Con esta pantalla ya reservaste" in back.text
    form = back.form(BOOK)
    assert form.value("Número de documento") == "42388604"
    booked = await form.press()
    assert booked.heading == "Cita reservada"
    assert "11:00 a. m." in booked.text


async def test_mistakes_come_back_beside_their_fields_with_everything_typed(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10),))
    form = (await visitor.open("/")).form(BOOK)
    form.fill("Número de documento", "1011741")
    form.fill("Nombres", "Rosa 2")
    form.fill("Celular o teléfono", "12")
    page = await form.press(status=422)
    assert page.title.startswith("Error: ")
    assert "El DNI tiene 8 dígitos" in page.description_of("Número de documento")
    assert "Escribe el primer apellido" in page.description_of("Primer apellido")
    assert page.form(BOOK).value("Nombres") == "Rosa 2"
    assert await fetch('SELECT * FROM "appointment"') == []


async def test_a_known_person_is_filled_in_by_the_enter_key_in_the_first_field(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await cancel_offline(sold.code, desk.consultant, desk.now)
    form = (await visitor.open("/")).form(BOOK)
    form.fill("Número de documento", "10117410")
    page = await form.press()
    assert "Ya estuvo aquí: Rosa María Ñahui Quispe" in page.text
    found = page.form(BOOK)
    assert (found.value("Primer apellido"), found.value("Celular o teléfono")) == ("Ñahui", "987 654 321")
    found.tick("Le leí el aviso de privacidad y lo acepta")
    assert (await found.press()).heading == "Cita reservada"


async def test_of_a_pulled_cita_only_the_name_is_known(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(state=State(version=2, whole=True, citas=(desk.cita(10, JULIO, state="attended"),)))
    form = (await visitor.open("/")).form("Buscar persona")
    form.fill("Número de documento", JULIO.document_number)
    page = await form.press()
    assert "El portal la conoce como Julio D'Angelo" in page.text
    assert page.form(BOOK).value("Nombres") == ""


async def test_what_sync_tells_of_a_persons_citas_is_shown(desk: Desk, visitor: Visitor) -> None:
    attended = desk.cita(9, JULIO, state="attended", modality="virtual")
    coming = desk.cita(15, JULIO, consultant=desk.colleague)
    await desk.hear(state=State(version=2, whole=True, citas=(attended, coming)))
    form = (await visitor.open("/")).form("Buscar persona")
    form.fill("Número de documento", JULIO.document_number)
    page = await form.press()
    assert "3:00 p. m., En persona, Bolsa de Trabajo, con Consultor2. Reservada." in page.text
    assert "9:00 a. m., videollamada Consultor1 · Atendida" in page.text
    cita = await visitor.open(f"/citas/{coming.code}")
    assert "Viene del portal" in cita.text


async def test_whom_the_person_asks_for(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(10, consultant=desk.colleague), desk.lease(11)))
    form = (await visitor.open("/")).form("Ver horarios")
    form.choose("Con quién", "Consultor2")
    page = await form.press()
    assert "11:00 a. m." not in page.text
    assert "con Consultor2" not in page.text
    assert (await fill_in(page).press()).heading == "Cita reservada"
    [cita] = await fetch('SELECT "consultant" FROM "appointment"')
    assert cita["consultant"] == desk.colleague
    form = (await visitor.open("/")).form("Ver horarios")
    form.choose("Con quién", "Consultor2")
    assert "No hay cupos con Consultor2" in (await form.press()).text


async def test_who_has_a_cita_is_shown_it(desk: Desk, visitor: Visitor) -> None:
    cita = desk.cita(15, ROSA)
    await desk.hear(leases=(desk.lease(10),), state=State(version=2, whole=True, citas=(cita,)))
    page = await fill_in(await visitor.open("/")).press(status=409)
    assert f"Código {cita.code}" in page.text
    assert (await page.follow("Abrir esa cita")).heading == f"Cita {cita.code}"
    assert await count_on_hand(desk.now) == 1


async def test_somebody_was_faster(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    form = fill_in(await visitor.open("/"))
    await sell(desk.order(JULIO, 10), desk.now, Paper.TICKET)
    page = await form.press(status=409)
    assert "Otra persona acaba de tomar ese horario" in page.text or "no respondió" in page.text
    form = page.form(BOOK)
    assert form.value("Nombres") == "Rosa María"
    assert (await form.press()).heading == "Cita reservada"


async def test_online_the_times_of_the_portal_are_offered_and_claimed(
    desk: Desk, visitor: Visitor, portal: HandPortal
) -> None:
    portal.away = False
    portal.offered = [desk.at(9, 30)]
    await desk.hear(leases=(desk.lease(10),))
    page = await visitor.open("/")
    assert "9:30 a. m. en línea, 1 cupo" in page.text
    booked = await fill_in(page).press()
    assert booked.heading == "Cita reservada"
    assert "9:30 a. m." in booked.text
    assert await count_on_hand(desk.now) == 1


async def test_a_time_of_the_portal_is_not_promised_when_it_goes_away(
    desk: Desk, visitor: Visitor, portal: HandPortal
) -> None:
    portal.away = False
    portal.offered = [desk.at(9, 30)]
    await desk.hear(leases=(desk.lease(10),))
    form = fill_in(await visitor.open("/"))
    portal.away = True
    page = await form.press(status=409)
    assert "El portal no respondió" in page.text
    assert "Solo los cupos de este módulo" in page.text
    assert (await page.form(BOOK).press()).heading == "Cita reservada"


async def test_another_modality_brings_its_times(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10, modalities=("virtual",)), desk.lease(11, modalities=("presencial",))))
    page = await visitor.open("/")
    assert "10:00 a. m." not in page.text
    form = page.form("Ver horarios")
    form.choose("Modalidad", "Videollamada")
    page = await form.press()
    assert "10:00 a. m." in page.text
    assert "11:00 a. m." not in page.text


async def test_of_a_day_that_has_no_places_only_what_is_known_is_said(
    desk: Desk, visitor: Visitor, portal: HandPortal
) -> None:
    holiday = with_secrets(desk, holidays=((desk.at(9, days=3).date(), "Fiesta"),))
    await desk.hear(leases=(desk.lease(10), desk.lease(10, days=4)), reference=holiday)
    for days, words in ((1, ""), (3, "feriado (Fiesta). Estos son"), (200, "Todavía no se reserva para esa fecha")):
        form = (await visitor.open("/")).form("Ver horarios")
        form.fill("Desde el día (opcional)", f"{desk.at(9, days=days):%Y-%m-%d}")
        page = await form.press()
        assert words in page.text
        assert "no atiende" not in page.text
    assert portal.away


async def test_without_places_the_page_says_so(desk: Desk, visitor: Visitor) -> None:
    page = await visitor.open("/")
    assert "No quedan cupos" in page.text
    assert "No hay cupos para esa modalidad" in page.text
    await fill_in(page).press(status=422)


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "x" * 500, "\x00"])
async def test_hostile_input_stays_text(desk: Desk, visitor: Visitor, name: str) -> None:
    await desk.hear(leases=(desk.lease(10),))
    form = fill_in(await visitor.open("/"))
    form.fill("Nombres", name)
    await form.press(status=422)


async def test_the_parts_for_htmx(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10),))
    page = await visitor.open("/")
    body = urlencode([*page.form(BOOK).values, ("numero_documento", "10117410")]).encode()
    for address in ("/persona", "/horarios"):
        part = await visitor.send(address, body, "application/x-www-form-urlencoded", headers={"hx-request": "true"})
        assert part.is_fragment
    assert (await visitor.swap("/distritos?ubigeo=jes")).is_fragment


async def test_nobody_is_booked_under_the_name_of_the_person_before(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await cancel_offline(sold.code, desk.consultant, desk.now)
    form = (await visitor.open("/")).form(BOOK)
    form.fill("Número de documento", ROSA.document_number)
    filled = (await form.press()).form(BOOK)
    filled.tick("Le leí el aviso de privacidad y lo acepta")
    filled.fill("Número de documento", "42388604")
    page = await filled.press()
    assert page.form(BOOK).value("Nombres") == ""
    assert len(await fetch('SELECT "id" FROM "appointment"')) == 1
