"""/gestion/modulos: kiosks as those who steer see them."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.epochs import begin_epoch, list_paused
from portal.domain.exchange import PairRequest, Standing
from portal.domain.kiosks import list_kiosks, make_kiosk, pair
from portal.domain.lease_supply import Policy, read_policies
from tests.browser import NewVisitor, Visitor
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import World
from tests.portal.walking import MovingClock, one, post
from tests.staffing import Staffed, sign_in

PAGE = "/gestion/modulos"


@pytest.fixture
async def office(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """The administrador's browser."""
    return await sign_in(new_visitor(owned_app), staffed.administrator, moving_clock())


@pytest.fixture
async def steering(
    staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> Visitor:
    """The browser of the responsable of the sede central."""
    return await sign_in(new_visitor(owned_app), staffed.supervisor, moving_clock())


@pytest.fixture
async def kiosk(staffed: Staffed, moving_clock: MovingClock) -> HandKiosk:
    kiosk = await add_kiosk(staffed.world, now=moving_clock())
    await kiosk.speak(moving_clock())
    return kiosk


async def test_a_kiosk_is_made_and_its_code_is_shown_once(
    office: Visitor, world: World, moving_clock: MovingClock
) -> None:
    page = await (await office.open("/gestion")).follow("Módulos")
    assert "Todavía no hay módulos" in page.text
    form = (await page.follow("Agregar un módulo")).form("Agregar")
    form.fill("Nombre", "  Módulo de la entrada ")
    form.choose("Sede", "Centro de Empleo – Sede central")
    page = await form.press()
    assert page.heading == "Módulo de la entrada"
    assert "Sin emparejar" in page.text
    assert "dijo que" not in page.text, "it has never spoken"
    page = await page.form("Hacer el código").press()
    found = re.search(r"\b([0-9A-Z]{4}) ([0-9A-Z]{4})\b", page.text)
    assert found
    code = "".join(found.groups())
    assert code not in (await office.open(PAGE)).text.replace(" ", "")
    request = PairRequest(code=code.lower(), token_hash=sha256(b"token").hexdigest(), public_key="ab" * 32)
    paired = await pair(request, moving_clock())
    assert (paired.name, paired.center) == ("Módulo de la entrada", world.center)
    page = await (await office.open(PAGE)).follow("Módulo de la entrada")
    assert "En servicio" in page.text
    await post(office, f"{PAGE}/{paired.kiosk}/codigo", {}, status=409)
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'kiosk_changed\'') == 2


async def test_a_kiosk_wants_a_name_and_a_sede(office: Visitor) -> None:
    form = (await office.open(f"{PAGE}/nuevo")).form("Agregar")
    form.choose("Sede", "Elige una")
    page = await form.press(status=422)
    assert "Escribe el nombre" in page.text
    assert "Elige una sede de la lista" in page.text


async def test_the_list_says_when_it_was_heard_of_what_it_holds_and_how_wrong_its_clock_is(
    steering: Visitor, kiosk: HandKiosk, moving_clock: MovingClock, staffed: Staffed
) -> None:
    page = await steering.open(PAGE)
    assert "Hace menos de un minuto" in page.text
    assert "reloj" not in page.text
    assert "20" in page.text
    await kiosk.speak(moving_clock(), sent_at=moving_clock() - timedelta(minutes=7))
    moving_clock.pass_by(minutes=2)
    page = await steering.open(PAGE)
    assert "Hace 2 minutos" in page.text
    assert "Su reloj está 7 minutos atrasado" in page.text
    moving_clock.pass_by(hours=2)
    await sign_in(steering, staffed.supervisor, moving_clock())
    assert "Hace" not in (await steering.open(PAGE)).text


async def test_giving_one_up_shows_first_what_may_collide(
    office: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    page = await (await (await office.open(PAGE)).follow("Módulo 1")).follow("Dar de baja el módulo")
    assert "estos 20 cupos" in page.text
    assert page.text.count("Consultor 1") + page.text.count("Consultor 2") == 20
    page = await page.form("Dar de baja").press()
    assert "Ya no puede" in page.text or "ya no puede" in page.text
    assert (await kiosk.speak(moving_clock())).standing is Standing.REVOKED
    assert await one('SELECT count(*) FROM "seat" WHERE "kiosk" IS NOT NULL') == 0
    page = await office.open(f"{PAGE}/{kiosk.id}/baja")
    assert page.heading == "Módulo 1"
    assert "dijo que" not in page.text


async def test_recalled_seats_are_asked_for(steering: Visitor, kiosk: HandKiosk, moving_clock: MovingClock) -> None:
    page = await (await steering.open(PAGE)).follow("Módulo 1")
    page = await page.form("Pedir que devuelva").press()
    assert "Pedimos los cupos" in page.text
    assert all(lease.recalled for lease in (await kiosk.speak(moving_clock())).leases)


async def test_what_is_lent_is_decided_per_service(steering: Visitor, kiosk: HandKiosk, world: World) -> None:
    assert kiosk
    page = await (await steering.open(PAGE)).follow("Centro de Empleo – Sede central")
    assert "valores iniciales" in page.text
    form = page.form("Guardar")
    assert [form.value(label) for label in ("Cupos de cada", "Días", "Como máximo", "Pero al menos")] == [
        "2",
        "5",
        "50",
        "0",
    ]
    form.fill("Cupos de cada", "tres")
    form.fill("Como máximo", "101")
    form.fill("Días", "3")
    page = await form.press(status=422)
    assert "Escribe un número entero de 0 a 50" in page.text
    form = page.form("Guardar")
    assert form.value("Días") == "3"
    form.fill("Cupos de cada", "3")
    form.fill("Como máximo", "100")
    page = await form.press()
    assert "Guardado" in page.text
    assert await read_policies(world.center) == {world.service: Policy(3, 3, 100, 0)}
    form = page.form("Guardar")
    form.fill("Días", "4")
    await form.press()
    assert await read_policies(world.center) == {world.service: Policy(3, 4, 100, 0)}
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'leases_changed\'') == 2


async def test_a_sede_that_waits_is_shown_and_somebody_answers_for_not_waiting(
    steering: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    assert kiosk
    await begin_epoch(moving_clock(), "restored")
    page = await steering.open(PAGE)
    assert "no ofrece horarios en línea" in page.text
    assert "Falta que se comunique: Módulo 1" in page.text
    page = await page.follow("Reanudar sin esperar")
    page = await page.form("Reanudar sin esperar").press()
    assert "ofrece otra vez sus horarios" in page.text
    assert await list_paused() == []
    [row] = await fetch('SELECT "staff" FROM "audit_entry" WHERE "action" = \'pause_waived\'')
    assert row["staff"] is not None


async def test_after_a_restore_somebody_checks_what_was_revoked_since(
    office: Visitor, steering: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    assert "copia anterior" not in (await office.open(PAGE)).text
    await begin_epoch(moving_clock(), "restored")
    await kiosk.speak(moving_clock())
    await kiosk.speak(moving_clock(), leases=())
    assert await list_paused() == []  # every kiosk has declared itself, a stolen one as well
    assert "Solo un administrador da de baja" in (await steering.open(PAGE)).text
    await post(steering, f"{PAGE}/revisados", {}, status=403)
    page = await office.open(PAGE)
    assert "Revisa esta lista de módulos" in page.text
    assert "olvidó qué módulos se dieron de baja o se emparejaron desde la copia" in page.text
    page = await page.follow("Dar de baja Módulo 1")
    await page.form("Dar de baja").press()
    page = await (await office.open(PAGE)).form("Ya revisé la lista").press()
    assert "Anotamos que revisaste" in page.text
    assert "copia anterior" not in (await office.open(PAGE)).text
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'kiosks_checked\'') == 1
    await begin_epoch(moving_clock(), "restored once more")
    assert "Revisa esta lista de módulos" in (await office.open(PAGE)).text


async def test_kiosks_of_other_sedes_are_as_if_they_did_not_exist(steering: Visitor, staffed: Staffed) -> None:
    theirs = await make_kiosk("Módulo del Callao", staffed.other_center)
    assert "Callao" not in (await steering.open(PAGE)).text
    for address in (f"{PAGE}/{theirs}", f"{PAGE}/{uuid4()}", f"{PAGE}/cupos/{staffed.other_center}"):
        await steering.open(address, status=404)
    await steering.open(f"{PAGE}/espera/{staffed.other_center}", status=404)
    await post(steering, f"{PAGE}/{theirs}/retirar", {}, status=404)
    await post(steering, f"{PAGE}/cupos/{staffed.world.center}/{uuid4()}", {}, status=404)
    assert [kiosk.name for kiosk in await list_kiosks()] == ["Módulo del Callao"]
