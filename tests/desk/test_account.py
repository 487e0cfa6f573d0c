"""/cuenta: one's own password, video link and sessions."""

from __future__ import annotations

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.meet_links import read_meet_link
from portal.web.admission import COOKIE
from tests.browser import NewVisitor, Page, Visitor
from tests.desk.test_sign_in import ANOTHER, PASSWORD, enter
from tests.people import NOW
from tests.portal.walking import MovingClock, one
from tests.staffing import Staffed, give_password, sign_in


@pytest.fixture
async def member(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    """``consultor1``, signed in."""
    await give_password(staffed.consultant, PASSWORD)
    visitor = new_visitor(owned_app)
    await enter(visitor, at="/ingresar?seguir=/cuenta")
    return visitor


async def change(member: Visitor, current: str, new: str, again: str | None = None, status: int = 200) -> Page:
    form = (await member.open("/cuenta/clave")).form("Cambiar mi clave")
    form.fill("Clave actual", current)
    form.fill("Clave nueva", new)
    form.fill("Repite la clave nueva", new if again is None else again)
    return await form.press(status=status)


async def test_the_password_is_changed_and_other_browsers_are_out(
    member: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    elsewhere = await sign_in(new_visitor(owned_app), staffed.consultant)
    before = member.client.cookies[COOKIE]
    page = await change(member, PASSWORD, ANOTHER)
    assert page.address == "/cuenta?hecho=clave"
    assert "Cambiamos tu clave" in page.text
    assert member.client.cookies[COOKIE] != before
    assert (await elsewhere.open("/cuenta")).address.startswith("/ingresar")
    await enter(new_visitor(owned_app), status=422)
    assert (await enter(new_visitor(owned_app), password=ANOTHER, at="/ingresar?seguir=/cuenta")).address == "/cuenta"
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'password_changed\'') == 1


@pytest.mark.parametrize(
    ("current", "new", "again", "field", "told"),
    [
        (PASSWORD, "", None, "Clave nueva", "Escribe la clave nueva"),
        (PASSWORD, "once letras", None, "Clave nueva", "necesita 12 letras o más"),
        (PASSWORD, "x1" * 65, None, "Clave nueva", "como máximo 128"),
        (PASSWORD, "soy Consultor1 siempre", None, "Clave nueva", "no puede contener tu usuario"),
        (PASSWORD, "Contraseña2027!", None, "Clave nueva", "de las primeras que cualquiera probaría"),
        (PASSWORD, PASSWORD, None, "Clave nueva", "la clave que tienes ahora"),
        (PASSWORD, ANOTHER, "otra cosa", "Repite la clave nueva", "no son iguales"),
        ("no es la clave", ANOTHER, None, "Clave actual", "Esa no es tu clave actual"),
        (PASSWORD, "con\x00doce letras", None, "Clave nueva", "no podemos leer"),
    ],
)
async def test_a_bad_change_says_why(
    member: Visitor, current: str, new: str, again: str | None, field: str, told: str
) -> None:
    page = await change(member, current, new, again, 422)
    assert told in page.description_of(field)
    assert page.title.startswith("Error: ")
    assert (await member.open("/cuenta")).heading == "Mi cuenta"


async def test_asking_for_the_password_is_limited(member: Visitor) -> None:
    for _ in range(10):
        await change(member, "no es la clave", ANOTHER, status=422)
    await change(member, PASSWORD, ANOTHER, status=429)


async def save_link(member: Visitor, typed: str, status: int = 200) -> Page:
    form = (await member.open("/cuenta")).form("Guardar el enlace")
    form.fill("Enlace de Google Meet", typed)
    return await form.press(status=status)


async def test_the_own_video_link_is_kept_and_taken_away(member: Visitor, staffed: Staffed) -> None:
    page = await save_link(member, " meet.google.com/xyz-abcd-efg?authuser=1 ")
    assert page.form("Guardar el enlace").value("Enlace de Google Meet") == "https://meet.google.com/xyz-abcd-efg"
    await save_link(member, "")
    assert await one('SELECT "meet_link" FROM "staff" WHERE "id" = {}', staffed.consultant) == ""
    entries = await fetch('SELECT "action", "details" FROM "audit_entry" WHERE "action" = \'staff_changed\'')
    assert len(entries) == 2
    assert "xyz" not in str(entries)


async def test_what_is_no_meet_link_comes_back_as_typed(member: Visitor) -> None:
    page = await save_link(member, "https://zoom.us/j/123", 422)
    assert "https://meet.google.com/abc-defg-hij" in page.description_of("Enlace de Google Meet")
    assert page.form("Guardar el enlace").value("Enlace de Google Meet") == "https://zoom.us/j/123"


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("https://meet.google.com/abc-defg-hij", "https://meet.google.com/abc-defg-hij"),
        ("HTTPS://Meet.Google.com/ABC-defg-hij/", "https://meet.google.com/abc-defg-hij"),
        ("http://meet.google.com/abc-defg-hij", None),
        ("https://meet.google.com/abc-defg", None),
        ("https://meet.google.com/lookup/abcdefg", None),
        ("https://meet.google.com", None),
        ("https://meet.google.com.evil.example/abc-defg-hij", None),
        ("https://meet.google.com@evil.example/abc-defg-hij", None),
        ("https://meet.google.com:444/abc-defg-hij", None),
        ("https://evil.example/https://meet.google.com/abc-defg-hij", None),
        ("javascript:alert(1)", None),
        ("https://meet.google.com/abc-defg-hij\nX", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_a_meet_link_is_recognised(typed: str, link: str | None) -> None:
    assert read_meet_link(typed) == link


async def test_the_others_are_closed(
    member: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    elsewhere = await sign_in(new_visitor(owned_app), staffed.consultant, moving_clock())
    page = await member.open("/cuenta")
    assert page.text.count("Otro navegador") == 1
    assert page.text.count("Este navegador") == 1
    page = await page.form("Cerrar las demás").press()
    assert "Cerramos tus otras sesiones" in page.text
    assert "Otro navegador" not in page.text
    assert (await elsewhere.open("/cuenta")).address.startswith("/ingresar")


async def test_a_session_that_has_run_out_is_not_listed(
    member: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    await sign_in(new_visitor(owned_app), staffed.consultant, NOW)
    moving_clock.pass_by(minutes=29)
    await member.open("/cuenta")
    moving_clock.pass_by(minutes=2)
    assert "Otro navegador" not in (await member.open("/cuenta")).text


async def test_what_was_done_is_no_text_of_strangers(member: Visitor) -> None:
    assert "evil" not in (await member.open("/cuenta?hecho=evil")).text
