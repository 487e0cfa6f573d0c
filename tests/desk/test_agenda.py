"""``/agenda``: what a consultor sees of the day, what is due, and what nobody may overlook."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.modality import Modality
from portal.domain.vocabulary import Language, Preference, State
from tests.browser import NewVisitor, Page, Visitor
from tests.desk.days import MONDAY, give, minutes, turn
from tests.html_page import text_of
from tests.people import JULIO, MEI, ROSA
from tests.portal.walking import MovingClock
from tests.staffing import Staffed, sign_in


@pytest.fixture
async def desk(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """The browser of the first consultor, on Monday at nine."""
    moving_clock.now = MONDAY
    return await sign_in(new_visitor(owned_app), staffed.consultant, moving_clock())


def row_of(page: Page, name: str) -> str:
    """What the row of a person says."""
    rows = [text_of(row) for row in page.elements("li") if row.get("id", "").startswith("c-")]
    found = [row for row in rows if name in row]
    assert len(found) == 1, rows
    return found[0]


async def test_a_consultor_sees_their_own_day_and_the_sede_when_they_ask(staffed: Staffed, desk: Visitor) -> None:
    await give(staffed.consultant, ROSA)
    await give(staffed.colleague, JULIO, MONDAY + minutes(30))
    page = await desk.open("/agenda")
    assert "Rosa María Ñahui Quispe" in page.text
    assert "D'Angelo" not in page.text
    assert "1 cita" in page.text
    form = page.form("Ver")
    form.choose("Consultor", "Toda la sede")
    page = await form.press()
    assert "Consultor 1" in row_of(page, "Rosa")
    assert "Consultor 2" in row_of(page, "Julio")
    assert "2 citas" in page.text


async def test_who_steers_sees_the_whole_sede_first(
    staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, desk: Visitor, moving_clock: MovingClock
) -> None:
    await give(staffed.consultant, ROSA)
    await give(staffed.colleague, JULIO)
    assert desk
    for person in (staffed.supervisor, staffed.administrator):
        page = await (await sign_in(new_visitor(owned_app), person, moving_clock())).open("/agenda?sede=central")
        assert {name for name in ("Rosa", "Julio") if name in page.text} == {"Rosa", "Julio"}


async def test_what_one_may_not_see_is_not_there(staffed: Staffed, desk: Visitor) -> None:
    for query in (
        "sede=callao",
        "sede=nirvana",
        f"consultor={staffed.elsewhere}",
        "consultor=nadie",
        f"sede=callao&consultor={staffed.elsewhere}",
    ):
        await desk.open(f"/agenda?{query}", status=404)


async def test_a_day_that_is_none_is_told_and_today_is_shown(desk: Visitor) -> None:
    page = await desk.open("/agenda?fecha=2027-02-30", status=422)
    assert "No entendimos esa fecha" in page.text
    assert "lunes 11 de enero de 2027" in page.text


async def test_days_before_and_after(staffed: Staffed, desk: Visitor) -> None:
    await give(staffed.consultant, ROSA, MONDAY + timedelta(days=1))
    page = await (await desk.open("/agenda")).follow("Siguiente ›")
    assert "martes 12 de enero de 2027" in page.text
    assert "Rosa" in page.text
    page = await page.follow("‹ Anterior")
    assert "No tienes citas hoy" in page.text
    assert "Rosa" not in (await (await page.follow("Siguiente ›")).follow("Hoy")).text


@pytest.mark.parametrize(
    ("modality", "button"),
    [(Modality.VIRTUAL, "Invitar"), (Modality.PHONE, "Llamar"), (Modality.IN_PERSON, "Llamar al módulo")],
)
async def test_the_one_next_action_is_a_button_that_says_what_it_does(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock, modality: Modality, button: str
) -> None:
    cita = await give(staffed.consultant, ROSA, modality=modality)
    moving_clock.now = MONDAY - minutes(11)
    assert "Desde las 8:50 a. m." in row_of(await desk.open("/agenda"), "Rosa")
    moving_clock.now = MONDAY - minutes(10)
    form = (await desk.open("/agenda")).form(f"{button}: Rosa")
    assert dict(form.values)["volver"] == f"/agenda?sede=central&consultor={staffed.consultant}"
    assert form._button.get("formaction") == f"/atenciones/{cita}/invitar"
    await turn(cita, State.RESERVED, invited_at=MONDAY - minutes(2))
    moving_clock.now = MONDAY + minutes(3)
    page = await desk.open("/agenda")
    assert page.form("Inicio: Rosa")._button.get("formaction") == f"/atenciones/{cita}/inicio"
    assert "Tolerancia: 2:00 hasta las 9:05 a. m." in row_of(page, "Rosa")
    moving_clock.now = MONDAY + minutes(5)
    page = await desk.open("/agenda")
    assert "Tolerancia cumplida" in row_of(page, "Rosa")
    assert page.links["Registrar abandono: Rosa María Ñahui Quispe"] == f"/atenciones/{cita}#abandono"
    await turn(cita, State.IN_ATTENTION, started_at=MONDAY + minutes(6))
    assert (await desk.open("/agenda")).form("Final: Rosa")
    await turn(cita, State.ATTENDED, finished_at=MONDAY + minutes(20))
    assert "Atendida 9:06 a. m. a 9:20 a. m." in row_of(await desk.open("/agenda"), "Rosa")


async def test_a_forgotten_final_is_asked_about_in_the_row(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    cita = await give(staffed.consultant, ROSA)
    await turn(cita, State.IN_ATTENTION, invited_at=MONDAY, started_at=MONDAY)
    moving_clock.now = MONDAY + minutes(44)
    await sign_in(desk, staffed.consultant, moving_clock())
    assert "¿Ya terminó?" not in (await desk.open("/agenda")).text
    moving_clock.now = MONDAY + minutes(45)
    assert "¿Ya terminó? Empezó a las 9:00 a. m." in row_of(await desk.open("/agenda"), "Rosa")


async def test_the_video_link_and_the_telephone_are_one_press_away(staffed: Staffed, desk: Visitor) -> None:
    await give(staffed.consultant, ROSA)
    page = await desk.open("/agenda")
    links = [element.get("href") for element in page.elements("a")]
    assert "https://meet.google.com/abc-defg-hij" in links
    assert "tel:+51987654321" in links
    await fetch('UPDATE "staff" SET "meet_link" = {}', "")
    assert "Sin enlace de videollamada" in row_of(await desk.open("/agenda"), "Rosa")


async def test_who_comes_first_and_who_needs_an_interpreter_is_said_in_words(staffed: Staffed, desk: Visitor) -> None:
    person = replace(ROSA, preference=Preference.OLDER, language=Language.QUECHUA)
    await give(staffed.consultant, person)
    row = row_of(await desk.open("/agenda"), "Rosa")
    assert "Preferente: 60 años o más" in row
    assert "Quechua, con intérprete" in row


async def test_whoever_nobody_invited_is_on_top_for_the_whole_sede(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    await give(staffed.colleague, JULIO)
    cita = await give(staffed.consultant, ROSA, MONDAY + minutes(30))
    moving_clock.now = MONDAY + minutes(4)
    assert "nadie" not in (await desk.open("/agenda")).text
    moving_clock.now = MONDAY + minutes(5)
    page = await desk.open("/agenda")
    assert "1 persona espera y nadie la ha invitado" in page.text
    assert "Espera desde las 9:00 a. m." in row_of(page, "Julio")
    assert page.form("Invitar: Julio")
    assert text_of(page.ids[f"c-{cita}"]).startswith("9:30")


async def test_the_row_of_a_colleague_has_no_button(staffed: Staffed, desk: Visitor) -> None:
    await give(staffed.colleague, JULIO)
    assert "La ve Consultor 2" in row_of(await desk.open("/agenda?consultor=todos"), "Julio")


async def test_a_colleagues_cita_that_one_attends_is_in_ones_own_agenda(staffed: Staffed, desk: Visitor) -> None:
    cita = await give(staffed.colleague, JULIO)
    await turn(cita, State.IN_ATTENTION, started_at=MONDAY)
    await fetch(
        'INSERT INTO "attention" ("appointment", "attended_by", "channel", "topics", "notes", "observations", '
        "\"revision\", \"motive\", \"doubtful\", \"updated_at\") VALUES ({}, {}, '', '[]', '', '', 0, '', {}, {})",
        *(cita, staffed.consultant, False, MONDAY),
    )
    assert (await desk.open("/agenda")).form("Final: Julio")


async def test_earlier_days_that_nobody_recorded_are_listed(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    await give(staffed.consultant, ROSA)
    begun = await give(staffed.consultant, JULIO, MONDAY + minutes(30))
    await turn(begun, State.IN_ATTENTION, started_at=MONDAY + minutes(30))
    await give(staffed.colleague, MEI, MONDAY + minutes(60))
    moving_clock.pass_by(days=1)
    await sign_in(desk, staffed.consultant, moving_clock())
    page = await desk.open("/agenda")
    assert "Por registrar: 2 de días anteriores" in page.text
    assert "Sin registrar" in row_of(page, "Rosa")
    assert "¿Ya terminó?: Julio D'Angelo" in page.links
    assert "Mei" not in page.text
    assert "Por registrar: 3" in (await desk.open("/agenda?consultor=todos")).text


async def test_the_day_is_counted_by_state(staffed: Staffed, desk: Visitor) -> None:
    for number, state in enumerate((State.ATTENDED, State.ATTENDED, State.ABANDONED, State.RESERVED)):
        await turn(await give(staffed.consultant, number, MONDAY + minutes(30 * number)), state)
    cancelled = await give(staffed.consultant, 9, MONDAY + minutes(180))
    await turn(cancelled, State.CANCELLED)
    page = await desk.open("/agenda")
    counts = text_of(next(element for element in page.elements("p") if element.get("class") == "counts"))
    assert counts == "5 citas 1 reservada 2 atendidas 1 anulada 1 abandonada"
    assert "Anuladas y reprogramadas (1)" in page.text


async def test_a_refresh_says_nothing_while_nothing_changed(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    cita = await give(staffed.consultant, ROSA)
    page = await desk.open("/agenda")
    address = page.ids["agenda"].get("data-hx-get", "")
    headers = {"hx-request": "true"}
    assert (await desk.client.get(address, headers=headers)).status_code == 204
    await turn(cita, State.RESERVED, invited_at=MONDAY)
    moving_clock.pass_by(seconds=20)
    fragment = await desk.swap(address)
    assert "Tolerancia: 4:40" in fragment.text
    assert fragment.is_fragment


async def test_a_day_that_refreshes_itself_counts_once_in_the_audit(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    for _ in range(3):
        await desk.open("/agenda")
        await desk.client.get("/agenda", headers={"hx-request": "true"})
        moving_clock.pass_by(seconds=20)
    await desk.open("/agenda?fecha=2027-01-12")
    rows = await fetch('SELECT "subject", "staff" FROM "audit_entry" WHERE "action" = \'agenda_seen\'')
    assert sorted(row["subject"] for row in rows) == [
        f"central:{staffed.consultant}:2027-01-11",
        f"central:{staffed.consultant}:2027-01-12",
    ]


async def test_a_page_left_open_goes_on_with_the_new_day(desk: Visitor) -> None:
    page = await desk.open("/agenda")
    assert "fecha" not in page.ids["agenda"].get("data-hx-get", "")
    page = await desk.open("/agenda?fecha=2027-01-12")
    assert "fecha=2027-01-12" in page.ids["agenda"].get("data-hx-get", "")


async def test_a_cita_is_taken_from_the_invitation_to_the_end_without_leaving_the_agenda(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    cita = await give(staffed.consultant, ROSA)
    address = f"/agenda?sede=central&consultor={staffed.consultant}"
    for button, row in (("Invitar", "Tolerancia: 5:00"), ("Inicio", "En atención"), ("Final", "Atendida")):
        page = await (await desk.open("/agenda")).form(f"{button}: Rosa").press()
        assert page.address.startswith(address)
        assert row in row_of(page, "Rosa")
        moving_clock.pass_by(minutes=2)
    state = (await fetch('SELECT "state" FROM "appointment" WHERE "id" = {}', cita))[0]["state"]
    assert state == "attended"


async def test_a_colleague_who_is_free_attends_whoever_was_left_waiting(
    staffed: Staffed, desk: Visitor, moving_clock: MovingClock
) -> None:
    await give(staffed.colleague, JULIO)
    moving_clock.now = MONDAY + minutes(6)
    page = await (await desk.open("/agenda")).form("Invitar: Julio").press()
    assert "nadie la ha invitado" not in page.text
    assert "Tolerancia" in row_of(page, "Julio")
    assert page.form("Inicio: Julio")
