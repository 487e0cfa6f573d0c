"""GET, POST /citas/{codigo}/reprogramar"""

from __future__ import annotations

from datetime import timedelta

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.changing import cancel
from portal.domain.modality import Modality
from portal.domain.vocabulary import State
from tests.browser import NewVisitor, Page, Visitor
from tests.people import JULIO, RULES, citizen_number, reserve, slot_at
from tests.portal.owning import UNKNOWN, Owner, link_to, own
from tests.portal.walking import NINE, answer_to, one, post

TEN = NINE + timedelta(hours=1)
CONFIRM = "Cambiar mi cita"
ACTIVE = 'SELECT count(*) FROM "appointment" WHERE "state" = \'reserved\''


async def choose_ten(owner: Owner) -> Page:
    """Tap ten o'clock of the same day; the review."""
    return await (await owner.open("/reprogramar")).form("10:00 a. m.").press()


async def test_the_picker_opens_on_the_citas_day(owner: Owner) -> None:
    page = await (await owner.open()).follow("Reprogramar")
    assert page.heading == "Elige tu nuevo horario"
    assert "Ahora tienes tu cita el lunes 11 de enero de 2027, 9:00 a. m." in page.text
    assert page.ids["d2027-01-11"].get("aria-current") == "date"


async def test_a_tapped_time_is_shown_beside_the_old_one_and_nothing_is_held(owner: Owner) -> None:
    page = await choose_ten(owner)
    assert page.heading == "Confirma el cambio"
    assert "Ahora lunes 11 de enero de 2027, 9:00 a. m." in page.text
    assert "Cambia a lunes 11 de enero de 2027, 10:00 a. m." in page.text
    assert await one('SELECT count(*) FROM "seat" WHERE "hold_token" IS NOT NULL') == 0
    assert (await owner.view()).state is State.RESERVED


async def test_confirming_moves_it_and_leads_to_the_new_cita(owner: Owner) -> None:
    page = await (await choose_ten(owner)).form(CONFIRM).press()
    assert page.heading == "Tu cita está reservada"
    assert "Listo: cambiaste tu cita." in page.text
    assert "lunes 11 de enero de 2027 10:00 a. m." in page.text
    assert "Antes era el lunes 11 de enero de 2027, 9:00 a. m." in page.text
    assert page.address != owner.address
    old = await owner.view()
    assert (old.state, f"/citas/{old.moved_to}") == (State.RESCHEDULED, page.address)
    assert await one('SELECT count(*) FROM "outbox_message" WHERE "kind" = \'move\'') == 1


async def test_confirming_twice_moves_once(owner: Owner) -> None:
    form = (await choose_ten(owner)).form(CONFIRM)
    first, second = await form.press(), await form.press()
    assert first.address == second.address
    assert await one(ACTIVE) == 1


async def test_day_month_and_modality_are_kept_from_link_to_link(
    owner: Owner, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    julio = await own(owned_app, new_visitor(owned_app), owner.clock, JULIO, modality=Modality.PHONE)
    page = await julio.open("/reprogramar")
    assert page.ids["m-telefonica"].get("aria-current") == "true"
    page = await julio.visitor.open(page.ids["d2027-01-12"].get("href", "").partition("#")[0])
    assert page.ids["m-telefonica"].get("aria-current") == "true"
    page = await page.follow("Videollamada")
    assert page.ids["m-virtual"].get("aria-current") == "true"
    review = await page.form("9:00 a. m.").press()
    assert "martes 12 de enero de 2027, 9:00 a. m. Videollamada" in review.text


async def test_htmx_gets_the_picker_alone(owner: Owner) -> None:
    page = await owner.visitor.swap(f"{owner.address}/reprogramar?fecha=2027-01-12")
    assert page.is_fragment
    assert "martes 12 de enero de 2027" in page.text


async def test_the_time_one_has_is_no_new_time(owner: Owner) -> None:
    page = await owner.open(f"/reprogramar?horario={slot_at(NINE)}", status=422)
    assert "Ese es el horario que ya tienes." in page.text


@pytest.mark.parametrize(
    "horario",
    [
        "nada",
        str(slot_at(TEN)).replace("bolsa", "otro"),
        str(slot_at(NINE - timedelta(days=30))),
        str(slot_at(NINE + timedelta(days=300))),
        str(slot_at(NINE + timedelta(minutes=7))),
        "a~b~c~\x00",
    ],
)
async def test_a_time_that_is_not_on_offer_is_refused(owner: Owner, horario: str) -> None:
    page = await post(owner.visitor, f"{owner.address}/reprogramar", {"horario": horario}, status=422)
    assert "Ese horario no está disponible." in page.text
    assert (await owner.view()).state is State.RESERVED


async def test_when_somebody_was_faster_the_nearest_are_shown_and_the_cita_stays(owner: Owner) -> None:
    form = (await choose_ten(owner)).form(CONFIRM)
    for number in range(2):
        await reserve(citizen_number(number), slot_at(TEN), owner.clock())
    page = await form.press(status=409)
    assert page.heading == "Otra persona acaba de reservar ese horario"
    assert (await owner.view()).state is State.RESERVED
    review = await page.form("lunes 11 de enero de 2027, 10:30 a. m.").press()
    assert review.heading == "Confirma el cambio"
    await review.form(CONFIRM).press()
    assert (await owner.view()).state is State.RESCHEDULED


async def test_after_it_began_it_is_too_late(owner: Owner, owned_app: Litestar) -> None:
    form = (await choose_ten(owner)).form(CONFIRM)
    owner.clock.now = NINE
    await owner.visitor.open(link_to(owned_app, owner.cita.code))
    assert (await form.press(status=409)).heading == "Tu cita ya empezó"
    assert (await owner.open("/reprogramar", status=409)).heading == "Tu cita ya empezó"


async def test_a_cancelled_cita_is_not_moved(owner: Owner) -> None:
    form = (await choose_ten(owner)).form(CONFIRM)
    await cancel(owner.cita.code, owner.clock(), RULES)
    assert (await form.press(status=409)).heading == "Esta cita está anulada"
    assert (await owner.open("/reprogramar", status=409)).heading == "Esta cita está anulada"
    assert await one(ACTIVE) == 0


async def test_a_service_that_is_no_longer_offered_leaves_the_cita_as_it_is(owner: Owner) -> None:
    await fetch('UPDATE "service" SET "active" = {}', False)
    page = await owner.open("/reprogramar")
    assert "no hay horarios de este servicio" in page.text


async def test_a_stranger_moves_nothing_and_learns_nothing(owner: Owner, stranger: Visitor) -> None:
    fields = {"horario": str(slot_at(TEN))}
    answers = [await answer_to(stranger, f"/citas/{code}/reprogramar", fields) for code in (owner.cita.code, UNKNOWN)]
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, "/citas")] * 2
    assert (await owner.view()).state is State.RESERVED
