"""GET /"""

from __future__ import annotations

from portal.database.node import fetch
from tests.browser import Visitor
from tests.portal.walking import MovingClock


async def test_it_says_what_the_service_is_and_what_to_bring(visitor: Visitor) -> None:
    page = await visitor.open("/")
    assert page.heading == "Reserva tu cita en la Bolsa de Trabajo"
    said = ("Es gratis", "26 y 30 minutos", "currículum vitae, de preferencia documentado", "documento de identidad")
    assert [words for words in said if words not in page.text] == []


async def test_it_leads_to_the_walk_and_to_my_cita(visitor: Visitor) -> None:
    page = await visitor.open("/")
    assert page.links["Ver mi cita"] == "/citas"
    assert (await page.follow("Reservar cita")).heading == "Elige un horario"


async def test_the_next_free_day_is_one_tap_away(visitor: Visitor, moving_clock: MovingClock) -> None:
    moving_clock.pass_by(hours=9)  # Thursday evening: today's times are over
    page = await visitor.open("/")
    assert "viernes 8 de enero de 2027" in (await page.follow("viernes 8 de enero de 2027")).text


async def test_it_says_so_when_nothing_is_free(visitor: Visitor) -> None:
    await fetch('UPDATE "seat" SET "is_open" = {}', False)
    assert "Por ahora no quedan cupos" in (await visitor.open("/")).text


async def test_it_opens_before_anything_was_set_up(visitor: Visitor) -> None:
    await fetch('UPDATE "service" SET "active" = {}', False)
    assert "Por ahora no quedan cupos" in (await visitor.open("/")).text


async def test_no_visit_begins_by_looking(visitor: Visitor) -> None:
    await visitor.open("/")
    assert "citas_sesion" not in visitor.client.cookies
