"""/gestion/auditoria: who did what, filtered, newest first, a page at a time; and every action has its words."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from portal.domain.audit import Action, Actor, write_audit
from portal.domain.audit_reading import PAGE
from portal.domain.kiosks import make_kiosk
from portal.domain.vocabulary import Role
from portal.pages.word_lists.access import ACTIONS, ROLES
from tests.browser import NewVisitor, Page, Visitor
from tests.people import NOW, ROSA, reserve, slot_at
from tests.portal.walking import NINE, MovingClock, one
from tests.staffing import Staffed, sign_in


@pytest.fixture
async def office(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """The administrador's browser."""
    return await sign_in(new_visitor(owned_app), staffed.administrator, moving_clock())


def rows(page: Page) -> list[str]:
    """The entries as they are read, without the heading of the table."""
    return [" ".join("".join(row.itertext()).split()) for row in page.elements("tr")][1:]


def test_every_action_and_role_has_its_words() -> None:
    assert set(ACTIONS) == set(Action)
    assert set(ROLES) == set(Role)


async def test_who_did_what_to_which_cita_and_from_where(office: Visitor, staffed: Staffed) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    actor = Actor(staffed.consultant, "192.0.2.7", "s")
    await write_audit(actor, Action.CITA_SEEN, NOW - timedelta(hours=1), appointment=cita.id, kind="phone")
    page = await office.open("/gestion/auditoria")
    assert page.links[f"Cita {cita.code}"] == f"/atenciones/{cita.id}"
    line = rows(page)[-1]
    assert all(words in line for words in ("Consultor 1", "Vio una cita", "192.0.2.7", "8:00 a. m.", "kind: phone"))


async def test_what_was_done_to_a_kiosk_names_it_and_its_sede(office: Visitor, staffed: Staffed) -> None:
    center = staffed.world.center
    kiosk = await make_kiosk("Módulo de la entrada", center)
    actor = Actor(staffed.administrator, "192.0.2.7")
    minute = timedelta(minutes=1)
    changed, lends, waived = Action.KIOSK_CHANGED, Action.LEASES_CHANGED, Action.PAUSE_WAIVED
    await write_audit(actor, changed, NOW - minute, subject=str(kiosk), change="added")
    await write_audit(actor, changed, NOW - 2 * minute, subject=str(kiosk), change="pairing_code")
    await write_audit(actor, lends, NOW - 3 * minute, subject=str(kiosk), change="recalled", number="20")
    await write_audit(actor, lends, NOW - 4 * minute, subject=str(center), change="policy", per_consultant="2")
    await write_audit(actor, waived, NOW - 5 * minute, subject=str(center))
    # One that a restored portal has forgotten.
    await write_audit(actor, changed, NOW - 6 * minute, subject=str(uuid4()), change="revoked")
    found = rows(await office.open("/gestion/auditoria"))[1:]
    sede = "Centro de Empleo – Sede central"
    for row, words in zip(
        found,
        (
            f"Módulo de la entrada ({sede}) cambio: módulo nuevo",
            f"Módulo de la entrada ({sede}) cambio: código para emparejar",
            f"Módulo de la entrada ({sede}) cambio: pidió de vuelta los cupos cupos: 20",
            f"{sede} cambio: cuántos se prestan por consultor y día: 2",
            f"sin esperar a los módulos {sede}",
            "cambio: baja",
        ),
        strict=True,
    ):
        assert words in row


async def test_looking_is_written_down_once_for_a_range(office: Visitor) -> None:
    await office.open("/gestion/auditoria")
    page = await office.open("/gestion/auditoria")
    assert len(rows(page)) == 1
    assert "Vio la auditoría" in rows(page)[0]
    assert await one('SELECT "subject" FROM "audit_entry"') == "2027-01-01..2027-01-07"


async def test_the_filter_takes_person_action_and_days(office: Visitor, staffed: Staffed) -> None:
    for days, staff, action in (
        (0, staffed.consultant, Action.AGENDA_SEEN),
        (0, staffed.colleague, Action.AGENDA_SEEN),
        (0, staffed.consultant, Action.CITA_SEEN),
        (20, staffed.consultant, Action.AGENDA_SEEN),
    ):
        await write_audit(Actor(staff, "192.0.2.1"), action, NOW - timedelta(days=days), subject=f"hace {days}")
    form = (await office.open("/gestion/auditoria")).form("Filtrar")
    form.choose("Persona", "Consultor 1 (consultor1)")
    form.choose("Acción", "Vio la agenda")
    page = await form.press()
    assert [("hace 0" in row, "Consultor 1" in row) for row in rows(page)] == [(True, True)]
    form = page.form("Filtrar")
    form.fill("Desde", "2026-12-01")
    assert len(rows(await form.press())) == 2
    form.fill("Hasta", "2026-12-31")
    page = await form.press()
    assert ["hace 20" in row for row in rows(page)] == [True]
    assert page.form("Filtrar").value("Persona") == str(staffed.consultant)


async def test_long_lists_come_in_pages_and_nothing_is_left_out(office: Visitor, staffed: Staffed) -> None:
    for number in range(PAGE + 5):
        at = NOW - timedelta(minutes=10 + number // 3)  # several at one moment
        await write_audit(Actor(staffed.consultant, "192.0.2.1"), Action.CITA_SEEN, at, subject=f"n{number:03}")
    address = f"/gestion/auditoria?persona={staffed.consultant}"
    first = await office.open(address)
    second = await first.follow("Ver lo anterior")
    assert (len(rows(first)), len(rows(second))) == (PAGE, 5)
    assert len({*rows(first), *rows(second)}) == PAGE + 5
    assert "Ver lo anterior" not in second.links
    assert rows(await second.follow("Volver a lo más reciente")) == rows(first)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("desde=2027-01-08&hasta=2027-01-07", "anterior a la primera"),
        ("desde=2025-01-01&hasta=2027-01-07", "como máximo un año"),
        ("desde=ayer", "Escribe la primera fecha"),
        ("hasta=9999-99-99", "Escribe la última fecha"),
    ],
)
async def test_a_range_that_cannot_be_is_told(office: Visitor, query: str, told: str) -> None:
    page = await office.open(f"/gestion/auditoria?{query}", status=422)
    assert told in page.text
    assert page.title.startswith("Error: ")


@pytest.mark.parametrize(
    "query", ["persona=x", "accion=x", "despues=x", "despues=99999999999999999_x", "despues=1_1", "pagina=-1"]
)
async def test_what_the_address_cannot_mean_is_passed_over(office: Visitor, query: str) -> None:
    assert (await office.open(f"/gestion/auditoria?{query}")).heading == "Auditoría"
