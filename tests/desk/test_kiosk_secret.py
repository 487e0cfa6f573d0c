"""/cuenta/modulo: how somebody signs in at the kiosk of their sede."""

from __future__ import annotations

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.audit import Actor
from portal.domain.passwords import fits
from portal.domain.personnel import deactivate, find_person
from tests.browser import NewVisitor, Page, Visitor
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import RULES
from tests.portal.walking import MovingClock, one
from tests.staffing import Staffed, give_password, sign_in

PASSWORD, SECRET, PIN = "una clave larga y propia", "mesa azul 7", "480915"
WRONG = (
    ({"clave_modulo": "corta", "clave_modulo_repetida": "corta"}, "necesita 8 letras o más"),
    ({"clave_modulo": "contraseña1", "clave_modulo_repetida": "contraseña1"}, "primeras que cualquiera probaría"),
    ({"clave_modulo_repetida": "mesa azul 8"}, "Las dos claves no son iguales"),
    ({"clave_modulo": PASSWORD, "clave_modulo_repetida": PASSWORD}, "distinta de la que usas en el portal"),
    ({"pin": "12345"}, "El PIN tiene 6 dígitos"),
    ({"pin": "4809ñ5"}, "El PIN tiene 6 dígitos"),
    ({"pin": "123456", "pin_repetido": "123456"}, "se adivina pronto"),
    ({"pin": "777777", "pin_repetido": "777777"}, "se adivina pronto"),
    ({"pin_repetido": "480916"}, "Los dos PIN no son iguales"),
    ({"clave_actual": "otra"}, "Esa no es tu clave actual"),
)
LABELS = {
    "clave_actual": "Tu clave del portal",
    "clave_modulo": "Clave del módulo",
    "clave_modulo_repetida": "Escríbela otra vez",
    "pin": "PIN",
    "pin_repetido": "El PIN otra vez",
}
RIGHT = {
    "clave_actual": PASSWORD,
    "clave_modulo": SECRET,
    "clave_modulo_repetida": SECRET,
    "pin": PIN,
    "pin_repetido": PIN,
}


@pytest.fixture
async def desk(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """A consultor's browser."""
    await give_password(staffed.consultant, PASSWORD)
    return await sign_in(new_visitor(owned_app), staffed.consultant, moving_clock())


@pytest.fixture
async def kiosk(staffed: Staffed, moving_clock: MovingClock) -> HandKiosk:
    return await add_kiosk(staffed.world, now=moving_clock())


async def send(desk: Visitor, given: dict[str, str], *, status: int = 200) -> Page:
    form = (await desk.open("/cuenta/modulo")).form("Guardar")
    for name, typed in given.items():
        form.fill(LABELS[name], typed)
    return await form.press(status=status)


async def known_hashes(kiosk: HandKiosk, clock: MovingClock, username: str) -> tuple[str, str] | None:
    reference = (await kiosk.speak(clock(), reference="")).reference
    assert reference is not None
    return next(((one.secret_hash, one.pin_hash) for one in reference.consultants if one.username == username), None)


async def test_a_secret_and_a_pin_reach_the_kiosk_as_hashes(
    desk: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    assert await known_hashes(kiosk, moving_clock, "consultor1") == ("", "")
    assert "Todavía no puedes ingresar al módulo" in (await desk.open("/cuenta")).text
    page = await send(desk, RIGHT)
    assert "Guardamos tu clave y tu PIN" in page.text
    known = await known_hashes(kiosk, moving_clock, "consultor1")
    assert known is not None
    assert await fits(SECRET, known[0])
    assert await fits(PIN, known[1])
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'kiosk_secret_set\'') == 1
    await send(desk, RIGHT)
    assert await known_hashes(kiosk, moving_clock, "consultor1") != known
    page = await desk.open("/cuenta/modulo")
    assert "Quitamos tu clave" in (await page.form("Quitar mi clave").press()).text
    assert await known_hashes(kiosk, moving_clock, "consultor1") == ("", "")


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(desk: Visitor) -> None:
    for given, words in WRONG[:-1]:
        assert words in (await send(desk, RIGHT | given, status=422)).text
    assert "Esa no es tu clave actual" in (await send(desk, RIGHT | WRONG[-1][0], status=422)).text
    assert await fetch('SELECT "staff" FROM "kiosk_secret"') == []


async def test_who_leaves_signs_in_at_no_kiosk(
    desk: Visitor, kiosk: HandKiosk, moving_clock: MovingClock, staffed: Staffed
) -> None:
    await send(desk, RIGHT)
    person = await find_person(staffed.consultant)
    assert person is not None
    await deactivate(person, Actor(staffed.administrator, "x"), moving_clock(), RULES)
    assert await known_hashes(kiosk, moving_clock, "consultor1") is None
    assert await fetch('SELECT "staff" FROM "kiosk_secret"') == []
