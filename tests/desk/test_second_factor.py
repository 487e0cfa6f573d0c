"""/cuenta/segundo-paso and /ingresar/codigo: codes of an app and recovery codes, each taken once."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from urllib.parse import unquote

import pyotp
import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.audit import Actor
from portal.domain.second_factor import (
    CodeRefused,
    begin_enrolment,
    confirm_enrolment,
    count_recovery_codes,
    find_enrolment,
    has_second_factor,
    take_code,
)
from portal.domain.staff import find_staff
from tests.browser import NewVisitor, Page, Visitor
from tests.desk.test_sign_in import PASSWORD, enter
from tests.people import NOW
from tests.portal.walking import MovingClock, one
from tests.staffing import Staffed, give_password, sign_in

KEY = b"k" * 32
ACTOR = Actor(None, "x", "session")


@pytest.fixture
async def member(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    """``consultor1``, signed in."""
    await give_password(staffed.consultant, PASSWORD)
    visitor = new_visitor(owned_app)
    await enter(visitor, at="/ingresar?seguir=/cuenta")
    return visitor


async def say_again(page: Page, button: str, password: str = PASSWORD, status: int = 200) -> Page:
    form = page.form(button)
    form.fill("Clave actual", password)
    return await form.press(status=status)


async def switch_on(member: Visitor, now: datetime) -> tuple[str, list[str]]:
    """Switch the second factor on as a person would; the secret and the recovery codes."""
    page = await say_again(await member.open("/cuenta/segundo-paso"), "Continuar")
    secret = secret_on(page)
    form = page.form("Activar")
    form.fill("Código", pyotp.TOTP(secret).at(now))
    page = await form.press()
    assert page.heading == "Guarda tus códigos de recuperación"
    return secret, re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}\b", page.text)


def secret_on(page: Page) -> str:
    found = re.search(r"escribe esta clave en la aplicación: ((?:[A-Z2-7]{4} ?){8})", page.text)
    assert found
    return found[1].replace(" ", "")


async def type_code(page: Page, code: str, status: int = 200) -> Page:
    form = page.form("Continuar")
    form.fill("Código", code)
    return await form.press(status=status)


async def test_it_is_switched_on_with_its_first_code_and_asked_for_ever_after(
    member: Visitor, moving_clock: MovingClock, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    secret, codes = await switch_on(member, moving_clock())
    assert len(set(codes)) == 10
    assert "Te quedan 10 códigos" in (await member.open("/cuenta")).text
    kept = await one('SELECT "totp_secret" FROM "staff" WHERE "id" = {}', staffed.consultant)
    assert secret not in kept
    assert not set(codes) & {row["code_hash"] for row in await fetch('SELECT "code_hash" FROM "recovery_code"')}

    moving_clock.pass_by(minutes=1)
    elsewhere = new_visitor(owned_app)
    page = await enter(elsewhere, at="/ingresar?seguir=/cuenta")
    assert page.address == "/ingresar/codigo?seguir=/cuenta"
    assert (await elsewhere.open("/agenda")).address == "/ingresar/codigo?seguir=/agenda"
    page = await type_code(page, "000000", 422)
    assert "El código no es correcto" in page.description_of("Código")
    assert (await type_code(page, pyotp.TOTP(secret).at(moving_clock()))).address == "/cuenta"


async def test_the_picture_holds_the_secret_the_name_and_ours(member: Visitor) -> None:
    page = await say_again(await member.open("/cuenta/segundo-paso"), "Continuar")
    picture = next(element.get("src", "") for element in page.elements("img"))
    assert picture.startswith("data:image/svg+xml")
    assert "<svg" in unquote(picture)
    assert secret_on(await member.open("/cuenta/segundo-paso")) == secret_on(page)  # opening it changes nothing


async def test_a_code_is_good_once(
    member: Visitor, moving_clock: MovingClock, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    secret, codes = await switch_on(member, moving_clock())
    moving_clock.pass_by(seconds=30)
    code = pyotp.TOTP(secret).at(moving_clock())
    page = await type_code(await enter(new_visitor(owned_app), at="/ingresar?seguir=/cuenta"), code)
    assert page.address == "/cuenta"
    page = await type_code(await enter(new_visitor(owned_app), at="/ingresar?seguir=/cuenta"), code, 422)
    page = await type_code(page, codes[0].upper().replace("-", " "))
    assert "Te quedan 9 códigos" in page.text
    page = await enter(new_visitor(owned_app))
    await type_code(page, codes[0], 422)


async def test_wrong_codes_are_limited(
    member: Visitor, moving_clock: MovingClock, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    secret, _ = await switch_on(member, moving_clock())
    moving_clock.pass_by(minutes=1)
    page = await enter(new_visitor(owned_app))
    for _ in range(10):
        page = await type_code(page, "000000", 422)
    page = await type_code(page, pyotp.TOTP(secret).at(moving_clock()), 429)
    assert "10:00 a. m." in page.text
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'sign_in_refused\'') == 10


async def test_the_password_is_asked_for_again(member: Visitor, moving_clock: MovingClock) -> None:
    page = await say_again(await member.open("/cuenta/segundo-paso"), "Continuar", "no es la clave", 422)
    assert "Esa no es tu clave actual" in page.description_of("Clave actual")
    await switch_on(member, moving_clock())
    page = await member.open("/cuenta/segundo-paso")
    page = await say_again(page, "Hacer códigos nuevos", "no es la clave", 422)
    page = await say_again(page, "Quitar el segundo paso", "no es la clave", 422)
    page = await say_again(page, "Quitar el segundo paso")
    assert "Quitamos el segundo paso" in page.text
    assert await one('SELECT count(*) FROM "recovery_code"') == 0


async def test_new_recovery_codes_replace_the_former(
    member: Visitor, moving_clock: MovingClock, staffed: Staffed
) -> None:
    _, former = await switch_on(member, moving_clock())
    page = await say_again(await member.open("/cuenta/segundo-paso"), "Hacer códigos nuevos")
    new = re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}\b", page.text)
    assert len(new) == 10
    assert not set(new) & set(former)
    assert await count_recovery_codes(staffed.consultant) == 10


async def test_a_wrong_first_code_switches_nothing_on(member: Visitor, staffed: Staffed) -> None:
    page = await say_again(await member.open("/cuenta/segundo-paso"), "Continuar")
    form = page.form("Activar")
    form.fill("Código", "123")
    await form.press(status=422)
    assert not await has_second_factor(staffed.consultant)


async def test_an_administrador_takes_it_away_from_who_lost_everything(
    member: Visitor, moving_clock: MovingClock, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    await switch_on(member, moving_clock())
    office = await sign_in(new_visitor(owned_app), staffed.administrator, moving_clock())
    page = await office.open(f"/gestion/personal/{staffed.consultant}")
    page = await page.form("Quitar su segundo paso").press()
    assert "ahora ingresa solo con su clave" in page.text
    assert not await has_second_factor(staffed.consultant)


async def enrol(staffed: Staffed) -> str:
    person = await find_staff(staffed.consultant)
    assert person
    await begin_enrolment(person.id, "session", KEY)
    enrolment = await find_enrolment(person.id, "session", KEY)
    assert enrolment
    codes = await confirm_enrolment(person, pyotp.TOTP(enrolment.secret).at(NOW), KEY, ACTOR, NOW)
    assert len(codes) == 10
    return enrolment.secret


async def test_of_many_who_type_one_code_at_once_one_gets_in(staffed: Staffed) -> None:
    secret = await enrol(staffed)
    later = NOW + timedelta(minutes=5)
    code = pyotp.TOTP(secret).at(later)
    done = await asyncio.gather(
        *(take_code(staffed.consultant, code, KEY, later) for _ in range(8)), return_exceptions=True
    )
    assert sorted(type(one_done).__name__ for one_done in done) == ["CodeRefused"] * 7 + ["NoneType"]


@pytest.mark.parametrize(("off", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_clocks_may_be_half_a_minute_off(staffed: Staffed, off: int, *, taken: bool) -> None:
    secret = await enrol(staffed)
    later = NOW + timedelta(minutes=5)
    code = pyotp.TOTP(secret).at(later + timedelta(seconds=off))
    if taken:
        await take_code(staffed.consultant, code, KEY, later)
    else:
        with pytest.raises(CodeRefused):
            await take_code(staffed.consultant, code, KEY, later)


async def test_with_another_key_nothing_fits(staffed: Staffed) -> None:
    secret = await enrol(staffed)
    later = NOW + timedelta(minutes=5)
    with pytest.raises(CodeRefused):
        await take_code(staffed.consultant, pyotp.TOTP(secret).at(later), b"o" * 32, later)


async def test_a_secret_in_another_row_does_not_open(staffed: Staffed) -> None:
    secret = await enrol(staffed)
    sealed = await one('SELECT "totp_secret" FROM "staff" WHERE "id" = {}', staffed.consultant)
    await fetch(
        'UPDATE "staff" SET "totp_secret" = {}, "totp_confirmed_at" = {} WHERE "id" = {}',
        *(sealed, NOW, staffed.colleague),
    )
    code = pyotp.TOTP(secret).at(NOW + timedelta(minutes=5))
    with pytest.raises(CodeRefused):
        await take_code(staffed.colleague, code, KEY, NOW + timedelta(minutes=5))


async def test_a_secret_that_waits_opens_in_the_session_that_made_it_alone(staffed: Staffed) -> None:
    await begin_enrolment(staffed.consultant, "one", KEY)
    assert await find_enrolment(staffed.consultant, "one", KEY)
    assert await find_enrolment(staffed.consultant, "another", KEY) is None


@pytest.mark.parametrize("typed", ["", "  ", "12345", "1234567", "١٢٣٤٥٦", "\x00", "x" * 5000])
async def test_what_is_no_code_is_refused(staffed: Staffed, typed: str) -> None:
    await enrol(staffed)
    with pytest.raises(CodeRefused):
        await take_code(staffed.consultant, typed, KEY, NOW + timedelta(minutes=5))
