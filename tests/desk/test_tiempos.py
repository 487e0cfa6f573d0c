"""``/tiempos``: minutes against the standard, each to whom it concerns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar

from tests.attended import attend
from tests.browser import NewVisitor, Visitor
from tests.people import citizen_number
from tests.portal.walking import NINE, MovingClock
from tests.staffing import Staffed, sign_in

Enter = Callable[[UUID], Awaitable[Visitor]]


@pytest.fixture
def enter(owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Enter:
    """A browser of somebody of the staff, on the evening of the day of the citas."""

    async def make(person: UUID) -> Visitor:
        moving_clock.now = NINE + timedelta(hours=9)
        return await sign_in(new_visitor(owned_app), person, moving_clock())

    return make


@pytest.fixture
async def citas(staffed: Staffed) -> None:
    """Two of the consultor (one with a forgotten Final) and one of a colleague, whose names nobody needs here."""
    half = timedelta(minutes=30)
    people = (staffed.consultant, staffed.consultant, staffed.colleague)
    for number, (person, waited, lasted) in enumerate(zip(people, (2, 1, 4), (20, 400, 10), strict=True)):
        begun = NINE + half * number + timedelta(minutes=waited)
        await attend(
            citizen_number(number),
            NINE + half * number,
            invited=NINE + half * number,
            started=begun,
            finished=begun + timedelta(minutes=lasted),
            by=person,
            doubtful=lasted == 400,
        )


async def test_a_consultor_sees_their_own_cita_by_cita(staffed: Staffed, citas: None, enter: Enter) -> None:
    visitor = await enter(staffed.consultant)
    page = await visitor.open("/tiempos")
    assert "abandonadas: 2" in page.text
    assert "03 De la invitación al inicio 5 1.5 1.5 2 0" in page.text
    assert "04 a 06 Del inicio al final 15 20.0 20.0 1 1" in page.text
    assert "Total 26 22.0 22.0 1 1" in page.text
    assert "400.0 dudosa" in page.text
    assert "Ves solo tus citas." in page.text
    other = await visitor.open(f"/tiempos?consultor={staffed.colleague}")
    assert "abandonadas: 2" in other.text
    assert "D'Angelo" not in page.text


async def test_the_responsable_sees_days_and_consultores(staffed: Staffed, citas: None, enter: Enter) -> None:
    await attend(citizen_number(9), NINE + timedelta(days=1), by=staffed.colleague)
    visitor = await enter(staffed.supervisor)
    page = await visitor.open("/tiempos?desde=2027-01-11&hasta=2027-01-12")
    for words in (
        "abandonadas: 4",
        "Por día",
        "lunes 11 de enero de 2027",
        "Por consultor",
        "Consultor 2",
        "Total 26",
    ):
        assert words in page.text
    one = await visitor.open(f"/tiempos?desde=2027-01-11&hasta=2027-01-11&consultor={staffed.colleague}")
    assert "abandonadas: 1" in one.text
    assert "Cita por cita" in one.text


async def test_automatic_activities_cost_nothing_and_that_is_said(staffed: Staffed, citas: None, enter: Enter) -> None:
    page = await (await enter(staffed.administrator)).open("/tiempos")
    for words in (
        "02 Recordatorio 3 0.0 0.0 Lo envía el sistema.",
        "07 Envío de la encuesta 1 0.0 0.0",
        "08 Registro de la atención 2 0.0 0.0",
        "No se mide",
    ):
        assert words in page.text


async def test_the_attention_shows_its_own_minutes_and_the_guide(staffed: Staffed, citas: None, enter: Enter) -> None:
    visitor = await enter(staffed.consultant)
    page = await (await visitor.open("/tiempos")).follow("9:00 a. m.")
    for words in (
        "Minutos de esta cita",
        "02 Recordatorio 3 0 automático",
        "03 De la invitación al inicio 5 2.0",
        "04-06 Del inicio al final 15 20.0",
        "Total 26 22.0",
        "Guía: La invitación y los 5 minutos de tolerancia (5 minutos)",
        "Pulsa «Invitar».",
    ):
        assert words in page.text


async def test_another_sede_sees_none_of_it(staffed: Staffed, citas: None, enter: Enter) -> None:
    page = await (await enter(staffed.elsewhere)).open("/tiempos")
    assert "No hay citas atendidas ni abandonadas" in page.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("desde=2027-01-12&hasta=2027-01-11", "La última fecha es anterior a la primera"),
        ("desde=2027-01-01&hasta=2027-02-01", "Elige como máximo 31 días"),
        ("desde=ayer", "Escribe la primera fecha así"),
        ("consultor=nadie", "Elige una opción de la lista"),
    ],
)
async def test_what_says_nothing_clear_comes_back_with_why(
    staffed: Staffed, enter: Enter, query: str, sentence: str
) -> None:
    page = await (await enter(staffed.supervisor)).open(f"/tiempos?{query}", status=422)
    assert page.text.count(sentence) == 2


async def test_the_public_sees_nothing(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor) -> None:
    assert (await new_visitor(owned_app).open("/tiempos")).address.startswith("/ingresar")
