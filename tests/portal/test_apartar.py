"""POST /reservar/apartar"""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.epochs import begin_epoch
from portal.domain.modality import Modality
from tests.browser import NewVisitor, Visitor
from tests.domain.kiosking import add_kiosk
from tests.people import World, slot_at
from tests.portal.walking import (
    NINE,
    ROSA_TYPES,
    MovingClock,
    NewWalkApp,
    answer_to,
    describe,
    hold,
    one,
    post,
    token_of,
)

HELD = 'SELECT count(*) FROM "seat" WHERE "hold_token" IS NOT NULL'


@pytest.fixture
def others(visitor: Visitor, new_visitor: NewVisitor) -> list[Visitor]:
    """As many other people, each with a browser of their own, as there are consultores."""
    return [new_visitor(visitor.app) for _ in range(2)]


async def test_one_tap_holds_a_seat_and_leads_to_the_details(visitor: Visitor) -> None:
    page = await (await visitor.open("/reservar?fecha=2027-01-11")).form("9:00 a. m.").press()
    assert page.address == "/reservar/datos"
    assert "lunes 11 de enero de 2027, 9:00 a. m." in page.text
    assert await one(HELD) == 1


async def test_it_answers_see_other_with_a_cookie_that_scripts_cannot_read(visitor: Visitor) -> None:
    answer = await answer_to(visitor, "/reservar/apartar", {"horario": str(slot_at(NINE))})
    assert (answer.status_code, answer.headers["location"]) == (303, "/reservar/datos")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("citas_sesion="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_browser_holds_one_seat_at_a_time(visitor: Visitor) -> None:
    await hold(visitor)
    page = await hold(visitor, NINE + timedelta(hours=1))
    assert "10:00 a. m." in page.text
    assert await one(HELD) == 1


async def test_the_modality_is_the_chosen_one(visitor: Visitor) -> None:
    page = await hold(visitor, NINE, Modality.IN_PERSON)
    assert "En persona" in page.text
    assert "Av. Salaverry 655" in page.text


async def test_who_comes_too_late_reads_so_with_the_three_nearest(visitor: Visitor, others: list[Visitor]) -> None:
    for other in others:
        await hold(other)
    page = await post(visitor, "/reservar/apartar", {"horario": str(slot_at(NINE))}, status=409)
    assert page.heading == "Otra persona acaba de reservar ese horario"
    assert "lunes 11 de enero de 2027, 9:00 a. m." in page.text
    for time in ("8:30", "9:30", "10:00"):
        assert page.form(f"lunes 11 de enero de 2027, {time}")
    taken = await page.form("lunes 11 de enero de 2027, 9:30").press()
    assert taken.address == "/reservar/datos"


async def test_who_chose_before_the_sede_paused_is_not_told_that_somebody_was_quicker(
    visitor: Visitor, world: World, moving_clock: MovingClock
) -> None:
    await add_kiosk(world, now=moving_clock())
    form = (await visitor.open("/reservar?fecha=2027-01-11")).form("9:00 a. m.")
    await begin_epoch(moving_clock(), "restored")
    page = await form.press(status=409)
    assert page.heading == "Las reservas en línea están en pausa"
    assert "pausó sus reservas en línea por un momento" in page.text
    assert "alguien tomó" not in page.text


async def test_from_there_all_times_of_that_day_are_one_tap_away(visitor: Visitor, others: list[Visitor]) -> None:
    for other in others:
        await hold(other, NINE, Modality.PHONE)
    page = await post(visitor, "/reservar/apartar", {"horario": str(slot_at(NINE, Modality.PHONE))}, status=409)
    page = await page.follow("Ver todos los horarios")
    assert page.ids["m-telefonica"].get("aria-current") == "true"
    assert page.ids["d2027-01-11"].get("aria-current") == "date"


async def test_losing_a_race_keeps_the_seat_that_one_has(visitor: Visitor, others: list[Visitor]) -> None:
    for other in others:
        await hold(other)
    await hold(visitor, NINE + timedelta(hours=1))
    await post(visitor, "/reservar/apartar", {"horario": str(slot_at(NINE))}, status=409)
    assert "10:00 a. m." in (await visitor.open("/reservar/datos")).text


async def test_who_has_typed_the_details_goes_straight_to_the_review(visitor: Visitor) -> None:
    await describe(visitor, ROSA_TYPES)
    page = await hold(visitor, NINE + timedelta(days=1))
    assert page.address == "/reservar/confirmar"
    assert "martes 12 de enero de 2027" in page.text
    assert "Rosa María" in page.text


@pytest.mark.parametrize(
    "value",
    [
        "", "nada", "~~~", "ñ" * 500,
        "bolsa~central~virtual~20270111T1401Z", "bolsa~central~virtual~20270104T1400Z",
        "bolsa~central~virtual~20280111T1400Z", "bolsa~central~telepatia~20270111T1400Z",
        "x~central~virtual~20270111T1400Z", "bolsa~central~virtual~99999999T9999Z",
        "\x00~central~virtual~20270111T1400Z", "bolsa~central~virtual~00010101T0000Z",
        "bolsa~central~virtual~99991231T2359Z",
    ],
)  # fmt: skip
async def test_a_time_that_is_not_on_offer_is_refused_with_the_offer(visitor: Visitor, value: str) -> None:
    page = await post(visitor, "/reservar/apartar", {"horario": value}, status=422)
    assert "Ese horario no está disponible" in page.text
    assert page.heading == "Elige un horario"
    assert await one(HELD) == 0


async def test_a_time_that_began_too_soon_is_refused(visitor: Visitor, moving_clock: MovingClock) -> None:
    moving_clock.now = NINE - timedelta(minutes=29)
    page = await post(visitor, "/reservar/apartar", {"horario": str(slot_at(NINE))}, status=422)
    assert "Ese horario no está disponible" in page.text
    assert "lunes 11 de enero de 2027" in page.text


async def test_without_the_browsers_token_nothing_is_held(visitor: Visitor) -> None:
    answer = await visitor.client.post("/reservar/apartar", data={"horario": str(slot_at(NINE))})
    assert answer.status_code == 403
    assert await one(HELD) == 0


async def test_a_browser_that_tries_too_often_waits(
    world: World, new_walk_app: NewWalkApp, new_visitor: NewVisitor
) -> None:
    assert world.center
    visitor = new_visitor(new_walk_app(limit_holds_per_session=2))
    await hold(visitor)
    await hold(visitor, NINE + timedelta(hours=1))
    answer = await answer_to(visitor, "/reservar/apartar", {"horario": str(slot_at(NINE))})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Demasiados intentos" in answer.text


async def test_a_place_with_many_browsers_has_a_limit_of_its_own(
    world: World, new_walk_app: NewWalkApp, new_visitor: NewVisitor
) -> None:
    assert world.center
    app = new_walk_app(limit_requests_per_origin=2)
    for moment in (NINE, NINE + timedelta(hours=1)):
        await hold(new_visitor(app), moment)
    answer = await answer_to(new_visitor(app), "/reservar/apartar", {"horario": str(slot_at(NINE))})
    assert answer.status_code == 429
    elsewhere = new_visitor(app, address="192.0.2.9")
    assert await token_of(elsewhere)
    assert (await hold(elsewhere)).address == "/reservar/datos"
