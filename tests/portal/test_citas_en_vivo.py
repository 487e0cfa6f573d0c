"""The page of a cita on its day: the consultor is ready, the tolerance, the times after what was not held."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.attention import finish, start
from portal.domain.attention_abandonment import abandon, take_back
from portal.domain.attention_invitation import invite, set_link
from portal.domain.attention_not_held import offered_times, record_not_held
from portal.domain.modality import Modality
from portal.domain.vocabulary import AbandonMotive, NotHeldReason
from tests.browser import NewVisitor, Page
from tests.people import RULES, World
from tests.portal.owning import Owner, link_to, own
from tests.portal.walking import NINE, MovingClock, one, post

LINK = "https://meet.google.com/abc-defg-hij"
ENTER = "Entrar a la videollamada"


async def come_at(owner: Owner, moment: datetime) -> None:
    """Let it be that time; the owner comes again by the link of the mail."""
    app = owner.visitor.app
    assert isinstance(app, Litestar)
    owner.clock.now = moment
    await owner.visitor.client.get(link_to(app, owner.cita.code), follow_redirects=False)


def asks_every(page: Page) -> str | None:
    """How often the page asks by itself whether something changed."""
    return page.ids["ahora"].get("data-hx-trigger")


def version_address(page: Page) -> str:
    return page.ids["ahora"].get("data-hx-get", "")


async def test_the_way_in_appears_by_itself_ten_minutes_before(owner: Owner) -> None:
    await come_at(owner, NINE - timedelta(minutes=11))
    assert ENTER not in (await owner.open()).links
    await come_at(owner, NINE - timedelta(minutes=10))
    assert (await owner.open()).links[ENTER] == LINK


@pytest.mark.parametrize(
    ("before", "every"),
    [
        (timedelta(days=1), None),
        (timedelta(hours=2), "every 60s"),
        (timedelta(minutes=15), "every 15s"),
        (timedelta(minutes=-3), "every 15s"),
        (timedelta(hours=-15), None),
    ],
)
async def test_it_asks_by_itself_on_the_day_alone(owner: Owner, before: timedelta, every: str | None) -> None:
    await come_at(owner, NINE - before)
    assert asks_every(await owner.open()) == every


async def test_it_hears_that_the_consultor_is_ready_and_until_when(owner: Owner, world: World) -> None:
    await come_at(owner, NINE - timedelta(minutes=2))
    address = version_address(await owner.open())
    answer = await owner.visitor.client.get(address, headers={"hx-request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    await invite(owner.cita.id, world.consultants[0], owner.clock.now, RULES)
    news = await owner.visitor.swap(address)
    assert "Tu consultor ya está listo" in news.text
    assert "Te espera hasta las 9:05 a. m." in news.text
    assert news.links[ENTER] == LINK
    assert [box.get("data-seconds-left") for box in news.elements("div") if box.get("data-seconds-left")] == ["420"]
    await come_at(owner, NINE + timedelta(minutes=5))
    late = await owner.open()
    assert "Te esperó hasta las 9:05 a. m." in late.text
    assert late.links[ENTER] == LINK


async def test_a_new_link_is_news(owner: Owner, world: World) -> None:
    await come_at(owner, NINE)
    await invite(owner.cita.id, world.consultants[0], NINE, RULES)
    address = version_address(await owner.open())
    await set_link(owner.cita.id, world.consultants[0], "https://meet.google.com/xyz-abcd-efg", NINE)
    assert (await owner.visitor.swap(address)).links[ENTER] == "https://meet.google.com/xyz-abcd-efg"


@pytest.mark.parametrize(
    ("modality", "says"),
    [(Modality.PHONE, "te está llamando al 987 654 321"), (Modality.IN_PERSON, "te está llamando al módulo")],
)
async def test_otherwise_they_are_called(
    owned_app: Litestar,
    new_visitor: NewVisitor,
    moving_clock: MovingClock,
    world: World,
    modality: Modality,
    says: str,
) -> None:
    owner = await own(owned_app, new_visitor(owned_app), moving_clock, modality=modality)
    await come_at(owner, NINE)
    await invite(owner.cita.id, world.consultants[0], NINE, RULES)
    assert says in (await owner.open()).text


async def test_an_abandonment_is_told_neutrally_and_may_be_taken_back(owner: Owner, world: World) -> None:
    consultant = world.consultants[0]
    await invite(owner.cita.id, consultant, NINE, RULES)
    await abandon(owner.cita.id, consultant, AbandonMotive.NO_CONTACT, "", NINE + timedelta(minutes=5))
    await come_at(owner, NINE + timedelta(minutes=6))
    page = await owner.open()
    assert "No logramos comunicarnos contigo" in page.text
    assert "¿Acabas de llegar?" in page.text
    assert page.links["Reservar otra cita"].startswith("/reservar?servicio=bolsa&sede=central&modalidad=virtual")
    assert not any(word in page.text.lower() for word in ("anulad", "perdi", "faltaste", "culpa"))
    await take_back(owner.cita.id, consultant, NINE + timedelta(minutes=7))
    assert (await owner.visitor.swap(version_address(page))).links[ENTER] == LINK


async def test_the_links_of_the_end_are_on_the_page(owner: Owner, world: World) -> None:
    await start(owner.cita.id, world.consultants[0], NINE)
    await finish(owner.cita.id, world.consultants[0], NINE + timedelta(minutes=20), 15)
    await come_at(owner, NINE + timedelta(minutes=21))
    page = await owner.open()
    survey = await page.follow("Encuesta de satisfacción")
    assert survey.address.startswith("/encuesta/")


async def test_one_of_the_offered_times_is_chosen_with_one_tap(owner: Owner, world: World) -> None:
    await come_at(owner, NINE + timedelta(minutes=10))
    await record_not_held(
        owner.cita.id, world.consultants[0], NotHeldReason.CONSULTANT_ABSENT, "", owner.clock.now, RULES
    )
    page = await owner.open()
    assert "No fue por ti" in page.text
    assert "Te guardamos estos hasta las 10:10 a. m." in page.text
    new = await page.form("lunes 11 de enero de 2027, 10:30 a. m.").press()
    assert "quedó reservada" in new.text
    assert "10:30 a. m." in new.text
    former = await owner.open()
    assert "Ya elegiste otro horario" in former.text
    assert (await former.follow("Ver mi nueva cita")).address == new.address
    again = await page.form("lunes 11 de enero de 2027, 10:30 a. m.").press()
    assert again.address == new.address
    other = await page.form("lunes 11 de enero de 2027, 10:00 a. m.").press()
    assert other.address == new.address
    assert await one('SELECT count(*) AS "n" FROM "appointment" WHERE "state" = \'reserved\'') == 1


async def test_after_the_hour_the_times_are_gone(owner: Owner, world: World) -> None:
    await come_at(owner, NINE)
    await record_not_held(owner.cita.id, world.consultants[0], NotHeldReason.TECHNICAL_FAULT, "", NINE, RULES)
    [*_, last] = await offered_times(owner.cita.id, NINE)
    for seat in await fetch('SELECT "id" FROM "seat" WHERE "starts_at" = {}', last.starts_at):
        await fetch('UPDATE "seat" SET "is_open" = {} WHERE "id" = {}', False, seat["id"])
    await come_at(owner, NINE + timedelta(minutes=62))
    assert "Te guardamos" not in (await owner.open()).text
    lost = await post(owner.visitor, f"{owner.address}/elegir", {"opcion": str(last.id)}, status=409)
    assert "Otra persona acaba de reservar ese horario" in lost.text


async def test_what_was_not_offered_cannot_be_chosen(owner: Owner) -> None:
    for choice in ("", "x", "7b0e7b5e-1111-4222-8333-444444444444"):
        page = await post(owner.visitor, f"{owner.address}/elegir", {"opcion": choice})
        assert page.address == owner.address


async def test_a_stranger_chooses_nothing(owner: Owner, world: World, new_visitor: NewVisitor) -> None:
    await come_at(owner, NINE)
    await record_not_held(owner.cita.id, world.consultants[0], NotHeldReason.TECHNICAL_FAULT, "", NINE, RULES)
    [first, *_] = await offered_times(owner.cita.id, NINE)
    stranger = new_visitor(owner.visitor.app)
    page = await post(stranger, f"{owner.address}/elegir", {"opcion": str(first.id)})
    assert page.address == "/citas"
    assert await one('SELECT count(*) AS "n" FROM "appointment"') == 1
