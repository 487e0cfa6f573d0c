"""GET and POST /ingresar, its steps and POST /salir: who gets in, where they go on, and what they are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.sessions import Stage
from portal.web.admission import COOKIE
from portal.web.following import carry, read_wanted
from tests.browser import NewVisitor, Page, Visitor
from tests.people import NOW
from tests.portal.walking import MovingClock, NewWalkApp, one, post
from tests.staffing import Staffed, give_password, sign_in

PASSWORD = "caballo batería grapa"
ANOTHER = "doce gatos azules cantan"


@pytest.fixture
async def stranger(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    """A browser that nobody of the staff has used yet; ``consultor1`` has a password."""
    await give_password(staffed.consultant, PASSWORD)
    return new_visitor(owned_app)


async def enter(
    visitor: Visitor, username: str = "consultor1", password: str = PASSWORD, at: str = "/ingresar", status: int = 200
) -> Page:
    form = (await visitor.open(at)).form("Ingresar")
    form.fill("Usuario", username)
    form.fill("Clave", password)
    return await form.press(status=status)


async def test_one_signs_in_and_out(stranger: Visitor) -> None:
    page = await enter(stranger, at="/ingresar?seguir=/cuenta", username="  Consultor1 ")
    assert page.address == "/cuenta"
    assert "Consultor 1" in page.text
    page = await page.form("Salir").press()
    assert page.address == "/ingresar"
    assert (await stranger.open("/cuenta")).address == "/ingresar?seguir=/cuenta"
    actions = await fetch('SELECT "action", "staff" FROM "audit_entry" ORDER BY "at", "action"')
    assert [row["action"] for row in actions] == ["signed_in", "signed_out"]
    assert all(row["staff"] for row in actions)


@pytest.mark.parametrize("username", ["consultor1", "nadie", "", "responsable", "\x00", "x" * 500])
async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(stranger: Visitor, username: str) -> None:
    page = await post(stranger, "/ingresar", {"usuario": username, "clave": "no es la clave"}, status=422)
    assert page.title.startswith("Error: ")
    assert "El usuario o la clave no son correctos. Revisa los dos" in page.description_of("Usuario")
    assert page.form("Ingresar").value("Clave") == ""
    assert COOKIE not in stranger.client.cookies
    written = await fetch('SELECT "action", "subject", "origin" FROM "audit_entry"')
    known = username in ("consultor1", "responsable")
    assert [tuple(row.values()) for row in written] == [("sign_in_refused", username if known else "", "127.0.0.1")]


async def test_who_left_does_not_get_in(stranger: Visitor, staffed: Staffed) -> None:
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, staffed.consultant)
    await enter(stranger, status=422)


async def test_nobody_has_the_empty_password(stranger: Visitor) -> None:
    await enter(stranger, "consultor2", "", status=422)


async def test_every_sign_in_opens_a_new_session_in_place_of_the_former(stranger: Visitor) -> None:
    await enter(stranger, at="/ingresar?seguir=/cuenta")
    first = stranger.client.cookies[COOKIE]
    await enter(stranger, at="/ingresar?seguir=/cuenta")
    assert stranger.client.cookies[COOKIE] != first
    assert await one('SELECT count(*) FROM "staff_session"') == 1


@pytest.mark.parametrize(
    ("settings", "later", "told"),
    [
        ({}, timedelta(minutes=30), "pasaron 30 minutos sin uso"),
        ({"staff_session_hours": 1, "staff_idle_minutes": 90}, timedelta(hours=1), "tiempo máximo"),
    ],
)
async def test_who_has_to_sign_in_again_is_told_why_and_comes_back(
    staffed: Staffed,
    new_walk_app: NewWalkApp,
    new_visitor: NewVisitor,
    moving_clock: MovingClock,
    settings: dict[str, int],
    later: timedelta,
    told: str,
) -> None:
    await give_password(staffed.consultant, PASSWORD)
    visitor = new_visitor(new_walk_app(**settings))
    await enter(visitor, at="/ingresar?seguir=/cuenta/clave")
    moving_clock.now += later
    page = await visitor.open("/cuenta/clave")
    assert page.address == "/ingresar?seguir=/cuenta/clave"
    assert told in page.text
    assert "vuelves a donde estabas" in page.text
    form = page.form("Ingresar")
    form.fill("Usuario", "consultor1")
    form.fill("Clave", PASSWORD)
    assert (await form.press()).address == "/cuenta/clave"


async def test_who_was_revoked_is_told_so(stranger: Visitor, staffed: Staffed) -> None:
    await sign_in(stranger, staffed.consultant)
    await fetch('DELETE FROM "staff_session"')
    assert "se cerró desde otro lugar" in (await stranger.open("/cuenta")).text


async def test_a_part_asked_for_by_htmx_leads_back_to_the_page_it_is_of(stranger: Visitor) -> None:
    headers = {"hx-request": "true", "hx-current-url": "http://127.0.0.1:8000/agenda?fecha=2027-01-11"}
    answer = await stranger.client.get("/cuenta", headers=headers)
    assert answer.headers["hx-redirect"] == "/ingresar?seguir=/agenda%3Ffecha%3D2027-01-11"
    headers["hx-current-url"] = "https://evil.example//evil.example"
    answer = await stranger.client.get("/cuenta", headers=headers)
    assert answer.headers["hx-redirect"] == "/ingresar?seguir=/cuenta"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "evil",
        "/\tevil",
        "/ñ",
        "/a b",
        "/salir",
        "/ingresar",
        "/ingresar/codigo?seguir=/x",
        "/" + "x" * 600,
        "",
    ],
)
async def test_nobody_is_sent_away_after_signing_in(stranger: Visitor, wanted: str) -> None:
    assert read_wanted(wanted) == ""
    assert carry("/ingresar", wanted) == "/ingresar"
    token = dict((await stranger.open("/ingresar")).form("Ingresar").values)["_csrf_token"]
    data = {"_csrf_token": token, "usuario": "consultor1", "clave": PASSWORD, "seguir": wanted}
    answer = await stranger.client.post("/ingresar", data=data, follow_redirects=False)
    assert answer.headers["location"] == "/agenda"


async def test_wrong_tries_are_limited_and_say_when_it_goes_on(stranger: Visitor, moving_clock: MovingClock) -> None:
    for _ in range(10):
        await enter(stranger, password="no es la clave", status=422)
    page = await enter(stranger, status=429)
    assert "Podrás ingresar desde esta hora: 10:00 a. m." in page.text
    assert page.headers["retry-after"] == "3600"
    assert page.links["pide un enlace a tu correo"] == "/ingresar/olvide"
    assert page.form("Ingresar").value("Usuario") == "consultor1"
    moving_clock.pass_by(hours=1)
    assert (await enter(stranger, at="/ingresar?seguir=/cuenta")).address == "/cuenta"


async def test_a_stranger_cannot_lock_the_owner_out(
    stranger: Visitor, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    owner = new_visitor(owned_app, address="192.0.2.7")
    await (await enter(owner, at="/ingresar?seguir=/cuenta")).form("Salir").press()
    for _ in range(9):  # the owner's first time came from a browser that was as unknown
        await enter(stranger, password="no es la clave", status=422)
    await enter(stranger, status=429)
    assert (await enter(owner, at="/ingresar?seguir=/cuenta")).address == "/cuenta"
    forged = stranger.client.cookies
    forged.set("citas_conocido", owner.client.cookies["citas_conocido"][:-1] + "x")
    await enter(stranger, status=429)


async def test_one_origin_tries_so_many_names(
    new_walk_app: NewWalkApp, staffed: Staffed, new_visitor: NewVisitor
) -> None:
    app = new_walk_app(limit_signins_per_origin=3)
    visitor = new_visitor(app)
    for number in range(3):
        await enter(visitor, f"nadie{number}", status=422)
    await enter(visitor, "nadie9", status=429)
    await enter(new_visitor(app, address="192.0.2.9"), "nadie9", status=422)


async def test_a_password_that_was_made_must_be_changed(stranger: Visitor, staffed: Staffed) -> None:
    await give_password(staffed.consultant, PASSWORD, must_change=True)
    page = await enter(stranger, at="/ingresar?seguir=/cuenta")
    assert page.address == "/ingresar/clave?seguir=/cuenta"
    assert "Agenda" not in page.links
    half = stranger.client.cookies[COOKIE]
    assert (await stranger.open("/cuenta")).address == "/ingresar/clave?seguir=/cuenta"
    page = await choose(page, PASSWORD, PASSWORD, 422)
    assert "Esa es la clave que tienes ahora" in page.text
    page = await choose(page, ANOTHER, f"{ANOTHER}.", 422)
    assert "no son iguales" in page.description_of("Repite la clave nueva")
    page = await choose(page, ANOTHER, ANOTHER)
    assert page.address == "/cuenta"
    assert stranger.client.cookies[COOKIE] != half
    await enter(stranger, status=422)
    assert (await enter(stranger, password=ANOTHER, at="/ingresar?seguir=/cuenta")).address == "/cuenta"


async def choose(page: Page, new: str, again: str, status: int = 200) -> Page:
    form = page.form("Guardar mi clave")
    form.fill("Clave nueva", new)
    form.fill("Repite la clave nueva", again)
    return await form.press(status=status)


async def test_half_a_session_does_not_last(stranger: Visitor, staffed: Staffed, moving_clock: MovingClock) -> None:
    await sign_in(stranger, staffed.consultant, moving_clock(), stage=Stage.NEW_PASSWORD)
    assert (await stranger.open("/ingresar/clave")).heading == "Elige tu clave"
    moving_clock.pass_by(minutes=15)
    assert (await stranger.open("/ingresar/clave")).address == "/ingresar"


async def test_who_is_wholly_in_has_no_business_at_the_steps(stranger: Visitor, staffed: Staffed) -> None:
    await sign_in(stranger, staffed.consultant, NOW)
    answer = await stranger.client.get("/ingresar/codigo", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/agenda")


async def test_another_role_is_told_so(stranger: Visitor, staffed: Staffed) -> None:
    await sign_in(stranger, staffed.consultant, NOW)
    page = await stranger.open("/gestion/personal", status=403)
    assert page.heading == "Esta página es para otro rol"
