"""What is typed when the lock falls: there again after the PIN, for nobody else. With scripts: browser."""

from __future__ import annotations

from datetime import timedelta

from portal.database.node import fetch
from tests.browser import Page, Visitor
from tests.kiosk.desk import Desk
from tests.kiosk.paged import PIN, enter
from tests.kiosk.test_pages_book import BOOK, fill_in


async def unlock(page: Page) -> Page:
    form = page.form("Desbloquear")
    form.fill("PIN de Consultor1", PIN)
    return await form.press()


async def locked_while_typing(desk: Desk, visitor: Visitor) -> Page:
    """Everything is filled in, nobody touches the page for five minutes, then it is sent."""
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    form = fill_in(await visitor.open("/"))
    form.fill("Segundo apellido", "Ñuñoa")
    desk.now += timedelta(minutes=5)
    page = await form.press()
    assert page.heading == "Pantalla bloqueada"
    return page


async def test_whoever_types_the_pin_finds_what_they_had_typed(desk: Desk, visitor: Visitor) -> None:
    locked = await locked_while_typing(desk, visitor)
    assert "Ñuñoa" not in locked.html
    assert await fetch('SELECT "id" FROM "appointment"') == []
    page = await unlock(locked)
    assert "Esto es lo que escribías" in page.text
    form = page.form(BOOK)
    assert (form.value("Segundo apellido"), form.value("Celular o teléfono")) == ("Ñuñoa", "987654321")
    assert (await form.press()).heading == "Cita reservada"
    [sitting] = await fetch('SELECT "typed" FROM "sitting"')
    assert sitting["typed"] == ""


async def test_what_was_typed_is_a_link_away_for_whoever_unlocks_another_page(desk: Desk, visitor: Visitor) -> None:
    await locked_while_typing(desk, visitor)
    page = await unlock(await visitor.open("/citas"))
    assert page.address == "/citas"
    page = await (await page.follow("Reservar")).follow("Seguir con lo que escribías")
    assert page.form(BOOK).value("Segundo apellido") == "Ñuñoa"
    assert "Seguir con lo que escribías" not in page.links
    await page.form(BOOK).press()
    assert "Seguir con lo que escribías" not in (await visitor.open("/")).links


async def test_another_person_at_the_desk_does_not_find_it(desk: Desk, visitor: Visitor) -> None:
    page = await (await locked_while_typing(desk, visitor)).form("Ingresar con otro usuario").press()
    assert page.address == "/ingresar"
    assert await fetch('SELECT "typed" FROM "sitting"') == []
    await enter(visitor, "consultor2")
    assert "Ñuñoa" not in (await visitor.open("/?retomar=si")).html


async def test_a_lock_without_anything_typed_keeps_nothing(desk: Desk, visitor: Visitor) -> None:
    await unlock(await locked_while_typing(desk, visitor))
    page = await unlock(await (await visitor.open("/")).form("Bloquear").press())
    assert page.form(BOOK).value("Nombres") == ""
    assert "Ñuñoa" not in (await visitor.open("/?retomar=si")).html


async def test_a_form_of_another_site_is_not_kept(desk: Desk, visitor: Visitor) -> None:
    desk.now += timedelta(minutes=5)
    await visitor.send("/", b"nombres=Rosa", "application/x-www-form-urlencoded", status=403)
    assert await fetch('SELECT "typed" FROM "sitting" WHERE "typed" <> \'\'') == []
