"""GET and POST /ingresar, /bloqueo, /salir, /emparejar: who gets in, offline too, and who is kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from kiosk.day_sheets import keep_sheets, read_kept_sheets
from kiosk.pages.admission import COOKIE
from kiosk.print_jobs import Problem
from kiosk.word_lists import PORTAL_SAYS, WORDS
from portal.database.node import fetch
from portal.domain.exchange import Notice, Standing, State
from portal.domain.kiosk_questions import DaySheetsAnswer, PrintedSheet, RefusalCode
from portal.domain.spanish_dates import local_day
from tests.browser import NewVisitor, Visitor
from tests.kiosk.desk import Desk
from tests.kiosk.paged import HERE, PIN, SECRET, HandPortal, enter, with_secrets
from tests.people import ROSA


@pytest.fixture
def stranger(kiosk_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    """A browser at the desk in which nobody has signed in."""
    return new_visitor(kiosk_app, origin=HERE)


async def test_one_signs_in_and_out_without_the_portal(stranger: Visitor) -> None:
    assert (await stranger.open("/citas")).address == "/ingresar?seguir=/citas"
    page = await enter(stranger, "  Consultor1 ")
    assert page.address == "/"
    assert "Consultor1" in page.text
    page = await page.form("Salir").press()
    assert page.address == "/ingresar"
    assert (await stranger.open("/")).address == "/ingresar"


@pytest.mark.parametrize(("username", "secret"), [("consultor1", "otra"), ("nadie", SECRET), ("", ""), ("\x00", "")])
async def test_a_wrong_name_and_a_wrong_secret_get_the_same_answer(
    stranger: Visitor, username: str, secret: str
) -> None:
    page = await enter(stranger, username, secret, status=422)
    assert "no son correctos" in page.text
    assert COOKIE not in stranger.client.cookies


async def test_attempts_are_limited_also_with_the_right_secret(stranger: Visitor) -> None:
    for _ in range(10):
        await enter(stranger, secret="otra", status=422)
    page = await enter(stranger, status=429)
    assert "Demasiados intentos" in page.text
    assert (await enter(stranger, "consultor2")).address == "/"


async def test_after_some_days_without_the_portal_secrets_open_nothing(desk: Desk, stranger: Visitor) -> None:
    desk.now += timedelta(days=7, minutes=1)
    page = await enter(stranger, status=422)
    assert "sus claves vencieron" in page.text


async def test_who_was_revoked_at_the_portal_is_out_from_the_next_exchange_on(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(reference=with_secrets(desk, ["consultor2"]))
    assert (await visitor.open("/")).address == "/ingresar"
    await enter(visitor, status=422)


async def test_left_alone_the_screen_is_locked_and_the_pin_opens_it(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(state=State(version=2, whole=True, citas=(desk.cita(15, ROSA),)))
    assert "Rosa María" in (await visitor.open("/citas")).text
    desk.now += timedelta(minutes=5)
    page = await visitor.open("/citas")
    assert page.heading == "Pantalla bloqueada"
    assert "Rosa María" not in page.text
    form = page.form("Desbloquear")
    form.fill("PIN de Consultor1", PIN)
    assert (await form.press()).address == "/citas"


async def test_the_banner_keeps_nobody_signed_in_and_leads_to_the_lock(desk: Desk, visitor: Visitor) -> None:
    for _ in range(4):
        desk.now += timedelta(minutes=1)
        await visitor.swap("/estado/aviso?quien=si")
    desk.now += timedelta(minutes=1)
    answer = await visitor.client.get("/estado/aviso?quien=si", headers={"hx-request": "true"})
    assert answer.headers["hx-redirect"].startswith("/bloqueo")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("another_protocol", "Este módulo tiene otra versión que el portal"),
        ("waiting_for_kiosks", "espera a los demás módulos de la sede"),
        ("of_a_later_version", "no conoce (of_a_later_version)"),
    ],
)
async def test_what_the_portal_says_in_a_code_is_shown_in_words(visitor: Visitor, code: str, words: str) -> None:
    await fetch('UPDATE "kiosk_state" SET "message" = {} WHERE "id" = 1', code)
    assert (await visitor.open("/estado")).text.count(words) == 2  # in the banner too


def test_there_are_words_for_whatever_the_portal_says_and_whatever_holds_up_a_slip() -> None:
    assert set(PORTAL_SAYS) == {*Notice, RefusalCode.UNKNOWN_TOKEN, RefusalCode.STALE}
    assert set(WORDS) == set(Problem)


async def test_a_kiosk_that_the_portal_does_not_know_is_paired_again(visitor: Visitor) -> None:
    assert (await visitor.open("/emparejar")).address == "/"
    await fetch('UPDATE "kiosk_state" SET "message" = \'unknown_token\' WHERE "id" = 1')
    assert "Emparejar otra vez" in (await visitor.open("/estado")).text
    assert "sigue siendo el mismo módulo" in (await visitor.open("/emparejar")).text


async def test_whoever_types_keeps_the_screen_open(desk: Desk, visitor: Visitor) -> None:
    for _ in range(10):
        desk.now += timedelta(minutes=1)
        await visitor.swap("/estado/aviso?quien=si&activo=si")
    assert (await visitor.open("/")).heading == "Reservar una cita"


async def test_five_wrong_pins_ask_for_the_secret(visitor: Visitor) -> None:
    page = await (await visitor.open("/")).form("Bloquear").press()
    for _ in range(5):
        form = page.form("Desbloquear")
        form.fill("PIN de Consultor1", "000000")
        page = await form.press(status=422)
        assert "Ese PIN no es el tuyo" in page.text
    form = page.form("Desbloquear")
    form.fill("PIN de Consultor1", PIN)
    page = await form.press()
    assert page.address == "/ingresar?motivo=pin"
    assert (await enter(visitor)).address == "/"


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.FORKED])
async def test_a_locked_kiosk_shows_nothing_personal_and_says_why(
    desk: Desk, visitor: Visitor, standing: Standing
) -> None:
    cita = desk.cita(15, ROSA)
    await desk.hear(leases=(desk.lease(10),), state=State(version=2, whole=True, citas=(cita,)))
    await desk.hear(standing=standing)
    kept = PrintedSheet(consultant=desk.consultant, consultant_name="Ana Ruiz", content=b"%PDF Rosa")
    await keep_sheets(DaySheetsAnswer(portal_time=desk.now, day=local_day(desk.now), sheets=(kept,)), desk.now)
    [sheet] = await read_kept_sheets(desk.now)
    for address in ("/", "/citas", f"/citas/{cita.code}/constancia.pdf", "/hojas", f"/hojas/{sheet.id}"):
        await visitor.open(address, status=403)
    page = await visitor.open(f"/citas/{cita.code}", status=403)
    assert page.heading == "Módulo bloqueado"
    assert "Rosa" not in page.text
    assert "no reserva" in page.text.lower()
    assert not {"Reservar", "Buscar cita"} & set(page.links)
    state = await page.follow("Ver el estado")
    assert "Rosa" not in state.text
    assert (await state.follow("Emparejar este módulo")).heading == "Emparejar este módulo"


async def test_an_unpaired_machine_asks_for_the_code_alone(desk: Desk, stranger: Visitor, portal: HandPortal) -> None:
    await fetch('UPDATE "kiosk_state" SET "kiosk" = NULL, "standing" = \'unpaired\', "answered_at" = NULL')
    portal.code = "ABCD2345"
    page = await stranger.open("/")
    assert page.address == "/emparejar"
    form = page.form("Emparejar")
    form.fill("Código del administrador", "abcd-2345")
    assert "El portal no responde" in (await form.press(status=422)).text
    portal.away = False
    form.fill("Código del administrador", "ZZZZ2345")
    assert "Ese código no sirve" in (await form.press(status=422)).text
    form.fill("Código del administrador", "abcd-2345")
    assert (await form.press()).address == "/ingresar"
    assert portal.paired is not None
    [state] = await fetch('SELECT "kiosk", "standing", "answered_at" FROM "kiosk_state"')
    assert (state["kiosk"], state["standing"]) == (portal.paired.kiosk, "good")
    assert portal.tokens[-1]
    assert (await stranger.open("/emparejar")).address == "/ingresar"


async def test_another_host_leads_nowhere(kiosk_app: Litestar, new_visitor: NewVisitor) -> None:
    elsewhere = new_visitor(kiosk_app, origin="http://citas.example.org:8100")
    await elsewhere.open("/ingresar", status=404)


async def test_a_form_of_another_site_is_refused(visitor: Visitor) -> None:
    page = await visitor.send("/", b"paso=reservar", "application/x-www-form-urlencoded", status=403)
    assert page.heading == "Este formulario ya no sirve"


def test_every_route_says_who_may_come(kiosk_app: Litestar) -> None:
    routes = [route for route in kiosk_app.routes if isinstance(route, HTTPRoute)]
    handlers = [
        handler for route in routes for handler in route.route_handlers if "OPTIONS" not in handler.http_methods
    ]
    assert handlers
    assert [str(handler) for handler in handlers if "kiosk_access" not in handler.opt] == []
    still_open = {path for handler in handlers if handler.opt["kiosk_access"] == "locked" for path in handler.paths}
    assert still_open == {"/estado"}, "what a locked kiosk shows, nothing personal on it"
