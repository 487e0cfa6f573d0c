"""/citas and /citas/{codigo}: look up, read a QR, print again, cancel, move; /estado and the banner."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from kiosk.changing import cancel_offline
from kiosk.print_jobs import read_jobs_of
from kiosk.selling import Sold, sell
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import Answer, KeyState, Request, State
from tests.browser import Page, Visitor
from tests.documents.reading import decode_qr, picture
from tests.kiosk.desk import Desk, state_of
from tests.kiosk.paged import HandPortal, with_secrets
from tests.people import JULIO, MEI, ROSA


@pytest.fixture
async def sold(desk: Desk, visitor: Visitor) -> Sold:
    """Rosa's cita at ten."""
    await desk.hear(leases=(desk.lease(10), desk.lease(11), desk.lease(12)))
    return await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)


async def search(visitor: Visitor, text: str, status: int = 200) -> Page:
    form = (await visitor.open("/citas")).form("Buscar")
    form.fill("Código, documento o QR", text)
    return await form.press(status=status)


async def test_by_code_however_it_is_typed(visitor: Visitor, sold: Sold) -> None:
    page = await search(visitor, f" {sold.code[:4].lower()}-{sold.code[4:].lower()} ")
    assert page.address == f"/citas/{sold.code}"
    assert "Rosa María Ñahui Quispe" in page.text


async def test_by_document_without_telling_it_to_the_address(visitor: Visitor, sold: Sold) -> None:
    page = await search(visitor, "1011 7410")
    assert page.address == "/citas"
    assert (await page.follow("Rosa María Ñahui Quispe")).address == f"/citas/{sold.code}"


@pytest.mark.parametrize("text", ["", "ABCDEFGH", "99999999", "x" * 700, "\x00"])
async def test_what_is_not_known_is_said_so(visitor: Visitor, text: str) -> None:
    await search(visitor, text, status=422)
    await visitor.open("/citas/ABCDEFGH", status=404)


async def own_key_on_the_ring(desk: Desk, visitor: Visitor) -> None:
    """What the portal does after pairing: it tells the kiosk its own key among all."""
    services = visitor.app.state.services  # type: ignore[attr-defined]
    [state] = await fetch('SELECT "kiosk" FROM "kiosk_state"')
    identity = services.folder.read_identity(state["kiosk"])
    key = KeyState(
        key_id=identity.key_id,
        node=f"k-{state['kiosk'].hex[:12]}",
        public_key=identity.public_key,
        opened_at=desk.now,
    )
    await desk.hear(reference=with_secrets(desk, keys=(key,)))


async def test_a_slip_of_this_kiosk_is_verified_offline(
    desk: Desk, visitor: Visitor, sold: Sold, tmp_path: Path
) -> None:
    await own_key_on_the_ring(desk, visitor)
    pdf = (await visitor.fetch(f"/citas/{sold.code}/constancia.pdf")).content
    [address] = decode_qr(picture(pdf, tmp_path, 203))
    assert parse_qs(urlsplit(address).query)["s"]
    page = await search(visitor, address)
    assert page.heading == "La constancia es auténtica"
    assert "La cita está reservada" in page.text
    on_a_spanish_keyboard = address.replace(":", "Ñ").replace("/", "-").replace("?", "_").replace("=", "¿")
    assert (await search(visitor, on_a_spanish_keyboard)).heading == "La constancia es auténtica"
    other = desk.lease(9).code
    altered = address.replace(sold.code, other)
    assert (await search(visitor, altered)).heading == "La constancia está alterada"
    await cancel_offline(sold.code, desk.consultant, desk.now)
    assert "La cita está anulada" in (await search(visitor, address)).text


async def test_a_scanner_may_type_into_the_first_field_of_a_booking(
    desk: Desk, visitor: Visitor, sold: Sold, tmp_path: Path
) -> None:
    await own_key_on_the_ring(desk, visitor)
    pdf = (await visitor.fetch(f"/citas/{sold.code}/constancia.pdf")).content
    [address] = decode_qr(picture(pdf, tmp_path, 203))
    form = (await visitor.open("/")).form("Reservar e imprimir")
    form.fill("Número de documento", address)
    page = await form.press()
    assert page.heading == "La constancia es auténtica"
    assert "Buscar otra" in page.links
    form.fill("Nombres", "Julio")
    page = await form.press()
    assert (await page.follow("Abrir la cita")).address == f"/citas/{sold.code}"
    resumed = (await page.follow("Seguir con la reserva")).form("Reservar e imprimir")
    assert (resumed.value("Nombres"), resumed.value("Número de documento")) == ("Julio", "")


async def test_without_the_key_nobody_can_tell(visitor: Visitor, sold: Sold, tmp_path: Path) -> None:
    pdf = (await visitor.fetch(f"/citas/{sold.code}/constancia.pdf?formato=ticket")).content
    [address] = decode_qr(picture(pdf, tmp_path, 203))
    page = await search(visitor, address)
    assert page.heading == "No podemos decir si la constancia es auténtica"


async def test_cancel_offline(desk: Desk, visitor: Visitor, sold: Sold) -> None:
    page = await (await visitor.open(f"/citas/{sold.code}")).follow("Anular")
    form = page.form("Sí, anular la cita")
    page = await form.press()
    assert "Anulada" in page.text
    assert await state_of(sold.code) == "cancelled"
    assert (await form.press()).address == f"/citas/{sold.code}"
    assert "Imprimir" not in page.text
    await visitor.open(f"/citas/{sold.code}/constancia.pdf", status=410)


async def test_move_offline_once_however_often_it_is_pressed(desk: Desk, visitor: Visitor, sold: Sold) -> None:
    page = await (await visitor.open(f"/citas/{sold.code}")).follow("Reprogramar")
    form = page.form("Reprogramar e imprimir")
    first = await form.press()
    assert first.heading == "Cita reprogramada"
    assert "Antes:" in first.text
    assert (await form.press()).address.partition("?")[0] == first.address.partition("?")[0]
    assert await state_of(sold.code) == "rescheduled"
    assert len(await fetch('SELECT "id" FROM "appointment"')) == 2


async def test_the_time_that_a_cita_has_is_none_to_move_it_to(desk: Desk, visitor: Visitor, sold: Sold) -> None:
    await desk.hear(leases=(desk.lease(10, consultant=desk.colleague), desk.lease(11)))
    page = await visitor.open(f"/citas/{sold.code}/reprogramar")
    typed = dict(page.form("Reprogramar e imprimir").values)
    assert typed["horario"] == str(desk.order(ROSA, 11).key)
    assert page.html.count('name="horario"') == 1
    address, kind = f"/citas/{sold.code}/horarios", "application/x-www-form-urlencoded"
    times = await visitor.send(address, urlencode(typed).encode(), kind, headers={"hx-request": "true"})
    assert times.html.count('name="horario"') == 1
    # A page that was open before, or somebody's own hand.
    body = urlencode({**typed, "paso": "mover", "horario": str(desk.order(ROSA, 10).key)}).encode()
    page = await visitor.send(page.address, body, kind, status=409)
    assert "La cita ya tiene ese horario" in page.text
    # The same time with somebody else is another matter.
    form = page.form("Ver horarios")
    form.choose("Con quién", "Consultor2")
    assert (await (await form.press()).form("Reprogramar e imprimir").press()).heading == "Cita reprogramada"
    assert await state_of(sold.code) == "rescheduled"


async def test_other_times_for_a_move(visitor: Visitor, sold: Sold) -> None:
    page = await visitor.open(f"/citas/{sold.code}/reprogramar")
    form = page.form("Ver horarios")
    form.choose("Modalidad", "Por teléfono")
    page = await form.press()
    assert "11:00 a. m." in page.text


async def test_what_has_begun_is_not_changed(desk: Desk, visitor: Visitor, sold: Sold) -> None:
    form = (await visitor.open(f"/citas/{sold.code}/anular")).form("Sí, anular la cita")
    desk.now = desk.at(10, 1)
    await fetch('UPDATE "sitting" SET "seen_at" = {}', desk.now)
    page = await form.press(status=409)
    assert "ya no se puede cambiar" in page.text
    await visitor.open(f"/citas/{sold.code}/reprogramar", status=409)
    assert await state_of(sold.code) == "reserved"


async def test_print_again(visitor: Visitor, sold: Sold) -> None:
    services = visitor.app.state.services  # type: ignore[attr-defined]
    object.__setattr__(services, "settings", services.settings.model_copy(update={"printer": "ticket"}))
    page = await visitor.open(f"/citas/{sold.code}")
    assert "Imprimiendo" in page.text
    await fetch('UPDATE "print_job" SET "state" = \'stuck\', "problem" = \'paper_out\'')
    assert "falta papel" in (await visitor.swap(f"/citas/{sold.code}/impresion")).text
    await fetch('UPDATE "print_job" SET "state" = \'printed\', "problem" = \'\'')
    page = await visitor.open(f"/citas/{sold.code}")
    assert "Impresa" in page.text
    await page.form("Imprimir otra vez").press()
    assert len(await read_jobs_of(sold.appointment)) == 2


async def test_the_citas_of_the_day(desk: Desk, visitor: Visitor) -> None:
    today = desk.cita(15, ROSA, preference="gestante", interpreter=True)
    tomorrow = desk.cita(15, MEI, starts_at=desk.at(15, days=1), ends_at=desk.at(16, days=1))
    gone = desk.cita(16, JULIO, state="cancelled")
    await desk.hear(state=State(version=2, whole=True, citas=(today, tomorrow, gone)))
    text = (await visitor.open("/citas")).text
    assert "Rosa María Ñahui" in text
    assert "Preferente" in text
    assert "Intérprete" in text
    assert "Mei" not in text
    assert "Julio" not in text


async def test_the_state_page(desk: Desk, visitor: Visitor, sold: Sold) -> None:
    displaced = desk.cita(16, JULIO, displaced=True)
    await desk.hear(applied=0, state=State(version=3, whole=True, citas=(displaced,)))
    page = await visitor.open("/estado")
    assert "Mesa 1" in page.text
    assert "1 cita (1 de 1 registro)" in page.text
    assert "Por reubicar" in page.text
    assert page.text.count("Consultor1") >= 2
    assert "Ninguna: se imprime desde el navegador" in page.text


async def test_the_banner_never_lies(desk: Desk, visitor: Visitor, portal: HandPortal) -> None:
    services = visitor.app.state.services  # type: ignore[attr-defined]
    await desk.hear(leases=(desk.lease(14), desk.lease(15), desk.lease(16)))
    text = (await visitor.open("/")).text
    assert "En línea" in text
    assert "Quedan 3 cupos" in text
    assert "Nada por enviar" in text
    desk.now += timedelta(minutes=1)
    assert await services.sync.exchange() is None
    await sell(desk.order(ROSA, 14), desk.now, Paper.TICKET)
    page = await visitor.swap("/estado/aviso")
    text = page.text
    assert "Sin conexión desde las 9:00 a. m." in text, "since the last answer, not the first that did not come"
    assert "load delay" not in page.html
    assert "Quedan 2 cupos" in text
    assert "1 cita por enviar" in text
    portal.away = False
    await services.sync.exchange()
    assert "En línea" in (await visitor.swap("/estado/aviso")).text
    await sell(desk.order(JULIO, 15), desk.now, Paper.TICKET)
    assert "load delay:1s" in (await visitor.swap("/estado/aviso")).html, "what is being sent is soon known to be sent"
    desk.now += timedelta(seconds=91)
    assert "Sin conexión desde las 9:01 a. m." in (await visitor.swap("/estado/aviso")).text


async def test_a_portal_that_lets_an_exchange_wait_is_not_told_to_be_there(
    visitor: Visitor, portal: HandPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = visitor.app.state.services  # type: ignore[attr-defined]
    asked = asyncio.Event()

    async def hang(_: Request) -> Answer:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(portal, "send", hang)
    exchange = asyncio.create_task(services.sync.exchange())
    await asked.wait()
    assert "En línea" in (await visitor.swap("/estado/aviso")).text
    monkeypatch.setattr("kiosk.sync._PATIENCE_SECONDS", 0.0)
    assert "Sin conexión desde las 9:00 a. m." in (await visitor.swap("/estado/aviso")).text
    exchange.cancel()
    with suppress(asyncio.CancelledError):
        await exchange
    assert "En línea" in (await visitor.swap("/estado/aviso")).text


async def test_the_desk_finds_out_that_the_portal_is_silent(
    desk: Desk, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = visitor.app.state.services  # type: ignore[attr-defined]
    woken: list[bool] = []
    monkeypatch.setattr(services.sync, "wake", lambda: woken.append(True))
    page = await visitor.open("/")
    assert "En línea" in page.text
    assert "load delay:1s" in page.html
    assert woken


async def test_what_waits_is_counted_by_cita(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=tuple(desk.lease(hour) for hour in (10, 11, 12, 14)))
    codes = [
        (await sell(desk.order(person, hour), desk.now, Paper.TICKET)).code
        for person, hour in ((ROSA, 10), (JULIO, 11), (MEI, 12))
    ]
    await cancel_offline(codes[0], desk.consultant, desk.now)
    await (await visitor.open(f"/citas/{codes[1]}/reprogramar")).form("Reprogramar e imprimir").press()
    assert "3 citas por enviar" in (await visitor.swap("/estado/aviso")).text
    assert "3 citas (5 de 5 registros)" in (await visitor.open("/estado")).text
