"""A forgotten password: /ingresar/olvide and /ingresar/nueva-clave/{token}."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.audit import Actor
from portal.domain.outbox import claim_messages
from portal.domain.recovery import LinkSpent, make_link, purge_links, sign_number, use_link
from portal.domain.sessions import SessionRules, find_session
from portal.domain.staff import find_staff
from portal.web.services import Services
from tests.browser import NewVisitor, Page, Visitor
from tests.desk.test_sign_in import ANOTHER, PASSWORD, enter
from tests.people import NOW
from tests.portal.walking import MovingClock, one
from tests.staffing import Staffed, give_password, sign_in

KEY = b"k" * 32


@pytest.fixture
async def forgetful(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    await give_password(staffed.consultant, PASSWORD)
    return new_visitor(owned_app)


async def ask(visitor: Visitor, username: str, status: int = 200) -> Page:
    form = (await visitor.open("/ingresar/olvide")).form("Enviarme el enlace")
    form.fill("Usuario", username)
    return await form.press(status=status)


async def mailed_address(app: Litestar) -> str:
    """Where the link of the mail in the outbox leads."""
    services: Services = app.state.services
    (message,) = await claim_messages(uuid4(), 5, services.now())
    return f"/ingresar/nueva-clave/{sign_number(message.reference, services.keys.access)}"


async def set_new(page: Page, password: str = ANOTHER, status: int = 200) -> Page:
    form = page.form("Guardar e ingresar")
    form.fill("Clave nueva", password)
    form.fill("Repite la clave nueva", password)
    return await form.press(status=status)


async def test_a_link_sets_a_new_password_once(
    forgetful: Visitor, owned_app: Litestar, staffed: Staffed, new_visitor: NewVisitor
) -> None:
    elsewhere = await sign_in(new_visitor(owned_app), staffed.consultant)
    assert "ya está en camino" in (await ask(forgetful, "Consultor1")).text
    address = await mailed_address(owned_app)
    page = await forgetful.open(address)
    assert "consultor1" in page.text
    page = await forgetful.open(address)  # opened again, by a program that looks at mails: still good
    assert (await set_new(page, "corta", 422)).title.startswith("Error: ")
    answer = await set_new(await forgetful.open(address))
    assert (await forgetful.open("/cuenta")).address == "/cuenta"
    assert answer.address != address
    assert (await elsewhere.open("/cuenta")).address == "/ingresar?seguir=/cuenta"
    assert (await forgetful.open(address, status=410)).heading == "El enlace ya no sirve"
    await enter(new_visitor(owned_app), status=422)


@pytest.mark.parametrize("username", ["nadie", "consultor2", "responsable"])
async def test_whether_there_is_such_a_name_is_not_told(forgetful: Visitor, staffed: Staffed, username: str) -> None:
    await fetch('UPDATE "staff" SET "email" = \'\' WHERE "id" = {}', staffed.colleague)
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, staffed.supervisor)
    known = (await ask(forgetful, "consultor1")).text
    assert (await ask(forgetful, username)).text == known
    assert await one('SELECT count(*) FROM "outbox_message"') == 1


async def test_an_empty_name_is_asked_for(forgetful: Visitor) -> None:
    assert "Escribe tu usuario" in (await ask(forgetful, "  ", 422)).description_of("Usuario")


async def test_links_of_one_name_are_limited(forgetful: Visitor) -> None:
    for _ in range(3):
        await ask(forgetful, "consultor1")
    await ask(forgetful, "consultor1", 429)
    for _ in range(3):
        await ask(forgetful, "nadie")
    await ask(forgetful, "nadie", 429)


async def test_a_link_lasts_half_an_hour(forgetful: Visitor, owned_app: Litestar, moving_clock: MovingClock) -> None:
    await ask(forgetful, "consultor1")
    address = await mailed_address(owned_app)
    moving_clock.pass_by(minutes=29, seconds=59)
    page = await forgetful.open(address)
    moving_clock.pass_by(seconds=1)
    await forgetful.open(address, status=410)
    await set_new(page, status=410)


async def test_a_new_link_does_not_outlive_the_password_that_another_one_set(
    forgetful: Visitor, owned_app: Litestar
) -> None:
    await ask(forgetful, "consultor1")
    first = await mailed_address(owned_app)
    await ask(forgetful, "consultor1")
    await set_new(await forgetful.open(first))
    assert await one('SELECT count(*) FROM "password_link" WHERE "used_at" IS NULL') == 0


async def test_a_link_does_not_spare_the_second_factor(
    forgetful: Visitor, owned_app: Litestar, staffed: Staffed
) -> None:
    await fetch('UPDATE "staff" SET "totp_confirmed_at" = {} WHERE "id" = {}', NOW, staffed.consultant)
    await ask(forgetful, "consultor1")
    page = await set_new(await forgetful.open(await mailed_address(owned_app)))
    assert page.address == "/ingresar/codigo"


@pytest.mark.parametrize("token", ["x", "a.b", "ñ", "a" * 500, "%00", "..%2F"])
async def test_what_is_no_link_is_told_like_a_spent_one(forgetful: Visitor, token: str) -> None:
    assert (await forgetful.client.get(f"/ingresar/nueva-clave/{token}")).status_code in {404, 410}


async def test_a_number_without_our_signature_opens_nothing(staffed: Staffed) -> None:
    person = await find_staff(staffed.consultant)
    assert person
    token = await make_link(person, Actor(None, "x"), KEY, NOW)
    with pytest.raises(LinkSpent):
        await use_link(token, ANOTHER, "x", b"o" * 32, NOW, SessionRules())
    kept = await fetch('SELECT "key" FROM "password_link"')
    dedupe = await fetch('SELECT "dedupe_key" FROM "outbox_message"')
    assert token not in f"{kept}{dedupe}"


async def test_of_two_who_use_a_link_at_once_one_succeeds(staffed: Staffed) -> None:
    await give_password(staffed.consultant, PASSWORD)
    person = await find_staff(staffed.consultant)
    assert person
    token = await make_link(person, Actor(None, "x"), KEY, NOW)
    words = [f"doce gatos azules {number}" for number in range(6)]
    done = await asyncio.gather(
        *(use_link(token, word, "x", KEY, NOW, SessionRules()) for word in words), return_exceptions=True
    )
    opened = [one_done for one_done in done if not isinstance(one_done, BaseException)]
    assert len(opened) == 1
    assert sum(isinstance(one_done, LinkSpent) for one_done in done) == 5
    assert await find_session(opened[0].value, NOW, SessionRules())


async def test_links_are_forgotten_a_month_later(staffed: Staffed) -> None:
    person = await find_staff(staffed.consultant)
    assert person
    await make_link(person, Actor(None, "x"), KEY, NOW)
    await purge_links(NOW + timedelta(days=30))
    assert await one('SELECT count(*) FROM "password_link"') == 1
    await purge_links(NOW + timedelta(days=31))
    assert await one('SELECT count(*) FROM "password_link"') == 0
