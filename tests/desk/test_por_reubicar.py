"""/gestion/por-reubicar: what kiosks sold and somebody has to decide about."""

from __future__ import annotations

import msgspec
import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.exchange import Cancellation, Release, Sale
from tests.browser import NewVisitor, Visitor
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import JULIO, ROSA, RULES, reserve, slot_at
from tests.portal.walking import MovingClock, one, post
from tests.staffing import Staffed, sign_in

PAGE = "/gestion/por-reubicar"


@pytest.fixture
async def office(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """The responsable's browser."""
    return await sign_in(new_visitor(owned_app), staffed.supervisor, moving_clock())


@pytest.fixture
async def kiosk(staffed: Staffed, moving_clock: MovingClock) -> HandKiosk:
    return await add_kiosk(staffed.world, now=moving_clock())


async def displace(kiosk: HandKiosk, clock: MovingClock) -> Sale:
    """Have the kiosk sell a seat that somebody else has by now."""
    lease = (await kiosk.speak(clock())).leases[-1]
    sale = kiosk.sell(lease, ROSA.document_number, clock())
    await fetch('UPDATE "seat" SET "kiosk" = NULL WHERE "id" = {}', lease.seat)
    await fetch(
        'UPDATE "seat" SET "is_open" = {} WHERE "starts_at" = {} AND "id" <> {}', *(False, lease.starts_at, lease.seat)
    )
    await reserve(JULIO, slot_at(lease.starts_at), clock())
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "starts_at" = {}', *(True, lease.starts_at))
    await kiosk.speak(clock())
    assert await one('SELECT "displaced" FROM "appointment" WHERE "code" = {}', sale.code)
    return sale


async def test_nothing_is_listed_where_nothing_is_wrong(office: Visitor) -> None:
    page = await (await office.open("/gestion")).follow("Citas por reubicar")
    assert "Todas las citas tienen su cupo" in page.text
    assert "No hay avisos por ver" in page.text


async def test_one_click_gives_a_displaced_cita_the_nearest_seat(
    office: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    sale = await displace(kiosk, moving_clock)
    page = await office.open(PAGE)
    assert "Rosa Ñahui" in page.text
    # Julio's is not among them: it has its seat.
    assert page.links["Gestión 1 por atender"] == "/gestion"
    page = await page.form("Reubicar en el horario más cercano").press()
    assert "Reubicada: Rosa Ñahui" in page.text
    assert "No dio correo" in page.text
    assert "El código es el mismo" in page.text
    assert "Imprimir la constancia nueva" in page.links
    assert "Gestión" in page.links
    assert "Todas las citas tienen su cupo" in page.text
    [cita] = await fetch('SELECT "seat", "displaced", "code", "id" FROM "appointment" WHERE "code" = {}', sale.code)
    assert (bool(cita["displaced"]), cita["seat"] is not None) == (False, True)
    assert "Se reubicó en un cupo libre" in (await office.open(f"/atenciones/{cita['id']}")).text
    again = await post(office, f"{PAGE}/{cita['id']}/reubicar", {}, status=409)
    assert "ya no espera un cupo" in again.text


async def test_another_time_is_chosen(office: Visitor, kiosk: HandKiosk, moving_clock: MovingClock) -> None:
    sale = await displace(kiosk, moving_clock)
    page = await (await office.open(PAGE)).follow("Elegir otro horario (Rosa Ñahui)")
    button = page.elements("button")
    last = [element for element in button if element.get("name") == "horario"][-1]
    address = f"{PAGE}/{sale.appointment}/reubicar"
    taken = await post(office, address, {"horario": "bolsa~central~virtual~20200101T1400Z"}, status=409)
    assert "acaba de tomar ese horario" in taken.text
    page = await post(office, address, {"horario": str(last.get("value"))})
    assert "Reubicada" in page.text


async def test_of_two_citas_one_is_cancelled_and_the_other_is_the_persons(
    office: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    lease = (await kiosk.speak(moving_clock())).leases[-1]
    [free, *_] = await fetch(
        'SELECT "starts_at" FROM "seat" WHERE "kiosk" IS NULL AND "starts_at" > {} ORDER BY "starts_at"',
        moving_clock() + RULES.notice,
    )
    online = await reserve(ROSA, slot_at(free["starts_at"]), moving_clock())
    sale = kiosk.sell(lease, ROSA.document_number, moving_clock())
    await kiosk.speak(moving_clock())
    page = await office.open(PAGE)
    assert "Personas con dos citas (1)" in page.text
    page = await page.form(f"Anular esta ({online.code})").press()
    assert "Anulamos la cita" in page.text
    assert "Nadie tiene dos citas" in page.text
    assert not await one('SELECT "duplicate" FROM "appointment" WHERE "code" = {}', sale.code)
    refused = await post(office, f"{PAGE}/{online.id}/reubicar", {}, status=409)
    assert "ya no espera un cupo" in refused.text


async def test_what_was_flagged_or_not_applied_is_settled_by_somebody(
    office: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    lease = (await kiosk.speak(moving_clock())).leases[0]
    kiosk.write(Cancellation(code="AAAAAAAA", cancelled_by=kiosk.seller), moving_clock())
    foreign = msgspec.structs.replace(lease, seat=kiosk.id)
    kiosk.sell(foreign, "10117410", moving_clock())
    kiosk.write(Release(lease=lease.id), moving_clock())
    await kiosk.speak(moving_clock())
    page = await office.open(PAGE)
    assert "se anuló una cita que no existe en la sede" in page.text
    assert "No se pudo aplicar" in page.text
    assert lease.code in page.text
    assert str(lease.id) in page.text
    assert "Rosa" not in page.text
    assert "10117410" not in page.text
    page = await page.form("Ya está resuelto (movimiento 1 de Módulo 1)").press()
    assert "ya no aparece" in page.text
    assert "Resueltos hace poco" in page.text
    assert "Elena Ríos" in page.text
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'entry_settled\'') == 1
    page = await page.form("Ya está resuelto (movimiento 2 de Módulo 1)").press()
    assert "No hay avisos por ver" in page.text


async def test_a_cita_with_a_new_code_tells_which_one_its_paper_bears(
    office: Visitor, kiosk: HandKiosk, moving_clock: MovingClock
) -> None:
    sale = await displace(kiosk, moving_clock)
    # As an import of the other copy's log leaves it: another code here, and beside the kiosk's own log.
    await fetch('UPDATE "appointment" SET "code" = \'ZZZZ9999\' WHERE "id" = {}', sale.appointment)
    await fetch(
        'UPDATE "kiosk_entry" SET "number" = -1, "outcome" = \'flagged\', "remark" = \'new_code\' '
        'WHERE "appointment" = {}',
        sale.appointment,
    )
    on_paper = f"Su papel lleva {sale.code[:4]} {sale.code[4:]}, que ahora es de otra persona"
    page = await office.open(PAGE)
    assert page.text.count(on_paper) == 2, "at the cita, and at the entry"
    assert "movimiento -1" not in page.text
    page = await page.form("Reubicar en el horario más cercano").press()
    assert "El código es el mismo" not in page.text
    assert "Su código es ZZZZ 9999" in page.text
    await page.form("Ya está resuelto (Otra copia del módulo usó el mismo código").press()


async def test_another_sede_sees_nothing_of_it(
    kiosk: HandKiosk, staffed: Staffed, moving_clock: MovingClock, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    sale = await displace(kiosk, moving_clock)
    kiosk.write(Cancellation(code="AAAAAAAA", cancelled_by=kiosk.seller), moving_clock())
    await kiosk.speak(moving_clock())
    await fetch('UPDATE "staff" SET "center" = {} WHERE "id" = {}', *(staffed.other_center, staffed.supervisor))
    elsewhere = await sign_in(new_visitor(owned_app), staffed.supervisor, moving_clock())
    page = await elsewhere.open(PAGE)
    assert "Todas las citas tienen su cupo" in page.text
    assert "No hay avisos por ver" in page.text
    entry = await one('SELECT "id" FROM "kiosk_entry" WHERE "remark" = \'unknown_cita\'')
    for address in (
        f"{PAGE}/{sale.appointment}/reubicar",
        f"{PAGE}/{sale.appointment}/anular",
        f"{PAGE}/entradas/{entry}",
    ):
        await post(elsewhere, address, {}, status=404)
    await elsewhere.open(f"{PAGE}/{sale.appointment}/horarios", status=404)
