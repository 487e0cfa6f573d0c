"""GET /reservar"""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from portal.database.node import fetch
from portal.domain.closures import close_days
from portal.domain.epochs import begin_epoch
from tests.browser import Page, Visitor
from tests.domain.kiosking import add_kiosk
from tests.people import World
from tests.portal.walking import MovingClock, hold, one


def cell(page: Page, day: str) -> str:
    """What the calendar says in the link of a day."""
    return next(text for text, address in page.links.items() if f"fecha={day}#" in address)


async def test_one_tap_shows_a_day_with_its_times(visitor: Visitor) -> None:
    page = await visitor.open("/reservar")
    assert page.heading == "Elige un horario"
    assert "jueves 7 de enero de 2027" in page.text
    assert "10:00 a. m. 2 cupos" in page.text


async def test_the_calendar_tells_how_many_places_are_free(visitor: Visitor) -> None:
    page = await visitor.open("/reservar")
    assert cell(page, "2027-01-08") == "8 de enero: 32 libres"
    assert page.ids["d2027-01-07"].get("aria-current") == "date"


async def test_a_tapped_day_shows_its_times(visitor: Visitor) -> None:
    page = await (await visitor.open("/reservar")).follow("12 de enero: 32 libres")
    assert "martes 12 de enero de 2027" in page.text
    assert page.form("8:30 a. m.")


async def test_htmx_gets_the_same_picker_alone(visitor: Visitor) -> None:
    whole, part = await visitor.open("/reservar?fecha=2027-01-12"), await visitor.swap("/reservar?fecha=2027-01-12")
    assert part.is_fragment
    assert part.text in whole.text
    assert not list(part.elements("h1"))


async def test_the_months_follow_each_other_up_to_the_horizon(visitor: Visitor) -> None:
    january = await visitor.open("/reservar")
    assert "‹ diciembre" not in january.links
    march = await (await january.follow("febrero ›")).follow("marzo ›")
    assert "Puedes reservar hasta el lunes 8 de marzo de 2027" in march.text
    assert "abril ›" not in march.links
    assert "febrero de 2027" in (await march.follow("‹ febrero")).text


async def test_the_modality_stays_while_one_looks_around(visitor: Visitor) -> None:
    page = await (await visitor.open("/reservar")).follow("En persona")
    assert "Vienes a Av. Salaverry 655" in page.text
    page = await (await page.follow("febrero ›")).follow("2 de febrero: 32 libres")
    assert page.ids["m-presencial"].get("aria-current") == "true"
    assert all("~presencial~" in value for name, value in page.form("9:00").values if name == "horario")


async def test_a_holiday_is_told_by_name(visitor: Visitor) -> None:
    await fetch('INSERT INTO "holiday" ("day", "name") VALUES ({}, {})', date(2027, 1, 15), "Día de la Prueba")
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "day" = {}', False, date(2027, 1, 15))
    page = await visitor.open("/reservar?fecha=2027-01-15")
    assert "No hay atención el viernes 15 de enero de 2027: Día de la Prueba" in page.text
    assert "viernes 15: Día de la Prueba" in page.text
    assert cell(page, "2027-01-15") == "15 de enero: Feriado: Día de la Prueba"
    assert page.links["lunes 18 de enero de 2027"].endswith("fecha=2027-01-18#dia")


async def test_a_closed_day_is_told_with_its_reason(visitor: Visitor, world: World, moving_clock: MovingClock) -> None:
    day = date(2027, 1, 14)
    await close_days(day, day, "Fumigación del local", moving_clock.now, center=world.center)
    page = await visitor.open("/reservar?fecha=2027-01-14")
    assert "No hay atención el jueves 14 de enero de 2027: Fumigación del local" in page.text
    assert cell(page, "2027-01-14") == "14 de enero: Cerrado: Fumigación del local"


async def test_a_full_day_names_the_next_free_one(visitor: Visitor) -> None:
    await fetch('UPDATE "seat" SET "kiosk" = {} WHERE "day" = {}', uuid4(), date(2027, 1, 8))
    page = await visitor.open("/reservar?fecha=2027-01-08")
    assert "Ya no quedan cupos el viernes 8 de enero de 2027" in page.text
    assert cell(page, "2027-01-08") == "8 de enero: Lleno"
    assert (await page.follow("lunes 11 de enero de 2027")).form("9:00")


async def test_a_sede_that_waits_after_a_restore_says_so(
    visitor: Visitor, world: World, moving_clock: MovingClock
) -> None:
    await add_kiosk(world, now=moving_clock())
    await begin_epoch(moving_clock(), "restored")
    month, day = await visitor.open("/reservar"), await visitor.open("/reservar?fecha=2027-01-08")
    for page in (month, day):
        assert "pausó sus reservas en línea por un momento" in page.text
        assert "No hay cupos" not in page.text
        assert "Ya no quedan" not in page.text
        assert "Av. Salaverry 655" in page.text, "one can go there"
    assert cell(month, "2027-01-08") == "8 de enero: En pausa"
    assert "en pausa" in (await visitor.open("/")).text


async def test_times_that_begin_too_soon_are_not_offered(visitor: Visitor, moving_clock: MovingClock) -> None:
    moving_clock.pass_by(hours=6, minutes=40)  # 15:40; the last seat begins at 16:00
    page = await visitor.open("/reservar?fecha=2027-01-07")
    assert "hay que hacerlo al menos 30 minutos antes" in page.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("fecha=2027-01-04", "El lunes 4 de enero de 2027 ya pasó"),
        ("fecha=2027-01-09", "No hay atención el sábado 9 de enero de 2027: ese día no atendemos"),
        ("fecha=2027-03-09", "Por ahora puedes reservar hasta el lunes 8 de marzo de 2027"),
        ("fecha=2199-12-31", "Todavía no abrimos el martes 31 de diciembre de 2199"),
        ("mes=2027-07", "No hay cupos en julio de 2027"),
        ("mes=2020-02", "No hay cupos en febrero de 2020"),
    ],
)
async def test_a_day_without_times_says_why_and_leads_on(visitor: Visitor, query: str, said: str) -> None:
    page = await visitor.open(f"/reservar?{query}")
    assert said in page.text
    assert "Próximo día con cupos" in page.text


async def test_nothing_free_at_all_says_what_to_do(visitor: Visitor) -> None:
    await fetch('UPDATE "seat" SET "kiosk" = {}', uuid4())
    assert "Tampoco hay otro día con cupos hasta el lunes 8 de marzo de 2027" in (await visitor.open("/reservar")).text


@pytest.mark.parametrize(
    "query",
    [
        "mes=2027-13", "mes=enero", "mes=27-1", "fecha=2027-02-30", "fecha=hoy", "fecha=0000-00-00", "fecha=9999-12-31",
        "fecha=%00", "modalidad=telepatía", "fecha=2027-01-1%FF", "mes=%F0%9F%98%80",
    ],
)  # fmt: skip
async def test_what_cannot_be_understood_is_said(visitor: Visitor, query: str) -> None:
    page = await visitor.open(f"/reservar?{query}", status=422)
    assert f"No entendimos una parte de la dirección ({query.partition('=')[0]})" in page.text
    assert page.form("10:00")


@pytest.mark.parametrize("query", ["servicio=nada", "sede=%00", "servicio=' OR 1=1", "sede=" + "x" * 500])
async def test_an_unknown_service_or_sede_falls_back(visitor: Visitor, query: str) -> None:
    page = await visitor.open(f"/reservar?{query}")
    assert "No entendimos una parte de la dirección" in page.text
    assert page.form("10:00")


@pytest.mark.parametrize("query", ["mes=2027-02&mes=2027-03", "fecha=", "otra=cosa", "fecha=2027-01-12&mes=2027-02"])
async def test_odd_queries_do_no_harm(visitor: Visitor, query: str) -> None:
    await visitor.open(f"/reservar?{query}")


async def test_a_second_sede_can_be_chosen(visitor: Visitor) -> None:
    await fetch(
        'INSERT INTO "center" ("id", "code", "name", "address", "reference", "ubigeo", "phone", "email", "active", '
        '"version") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, 0)',
        *(uuid4(), "norte", "Centro de Empleo – Sede norte", "Av. Túpac Amaru 100", "", "150106", "", "", True),
    )
    form = (await visitor.open("/reservar?modalidad=presencial")).form("Ver horarios")
    form.choose("Sede", "Centro de Empleo – Sede norte")
    page = await form.press()
    assert "Vienes a Av. Túpac Amaru 100" in page.text
    assert "No hay cupos en enero de 2027" in page.text


async def test_no_service_at_all_is_said(visitor: Visitor) -> None:
    await fetch('UPDATE "service" SET "active" = {}', False)
    assert "Por ahora no hay servicios abiertos" in (await visitor.open("/reservar")).text


async def test_who_holds_a_seat_is_told_so_and_can_go_on(visitor: Visitor, moving_clock: MovingClock) -> None:
    await hold(visitor)
    page = await visitor.open("/reservar")
    assert "Tienes apartado el lunes 11 de enero de 2027, 9:00 a. m. hasta las 9:10 a. m." in page.text
    assert (await page.follow("Seguir con ese horario")).heading == "Tus datos"
    moving_clock.pass_by(minutes=11)
    assert "Tienes apartado" not in (await visitor.open("/reservar")).text


async def test_looking_changes_nothing(visitor: Visitor) -> None:
    await visitor.open("/reservar")
    assert await one('SELECT count(*) FROM "visit"') == 0
    assert "citas_sesion" not in visitor.client.cookies
