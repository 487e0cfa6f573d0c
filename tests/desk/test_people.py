"""/gestion/personal: who works here, kept by an administrador."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.audit import Actor
from portal.domain.personnel import LastAdministrator, change_person, deactivate, find_person, list_personnel
from portal.domain.vocabulary import Role
from tests.browser import NewVisitor, Page, Visitor
from tests.desk.test_sign_in import ANOTHER, PASSWORD, enter
from tests.people import NOW, ROSA, RULES, reserve, slot_at
from tests.portal.walking import NINE, MovingClock, one, post
from tests.staffing import Staffed, add_person, give_password, sign_in

ACTOR = Actor(None, "x")


@pytest.fixture
async def office(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Visitor:
    """The administrador's browser."""
    return await sign_in(new_visitor(owned_app), staffed.administrator, moving_clock())


async def test_the_office_leads_to_its_pages(
    office: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    page = await office.open("/gestion")
    assert {"Personal", "Auditoría"} <= set(page.links)
    steering = await sign_in(new_visitor(owned_app), staffed.supervisor)
    assert not {"Personal", "Auditoría"} & set((await steering.open("/gestion")).links)


async def test_everybody_is_listed_and_the_look_is_written_down_once(office: Visitor) -> None:
    await office.open("/gestion/personal")
    page = await office.open("/gestion/personal")
    assert {"Consultor 1", "Consultor 9", "Elena Ríos", "Óscar Núñez"} <= set(page.links)
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'staff_seen\'') == 1


async def test_somebody_new_gets_a_password_that_is_shown_once_and_changed(
    office: Visitor, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    form = (await office.open("/gestion/personal/nueva")).form("Agregar")
    form.fill("Usuario", " Ana.Flores ")
    form.fill("Nombre y apellidos", "Ana  Flores D'Angelo")
    form.choose("Sede", "Centro de Empleo – Callao")
    page = await form.press()
    assert page.heading == "Entrega esto a Ana Flores D'Angelo"
    found = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", page.text)
    assert found
    assert found[0] not in (await office.open("/gestion/personal")).text
    hers = new_visitor(owned_app)
    page = await enter(hers, "ana.flores", found[0])
    assert page.heading == "Elige tu clave"
    form = page.form("Guardar mi clave")
    form.fill("Clave nueva", ANOTHER)
    form.fill("Repite la clave nueva", ANOTHER)
    await form.press()
    page = await hers.open("/cuenta")
    assert "Centro de Empleo – Callao" in page.text
    assert "Consultor de empleo" in page.text


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"usuario": ""}, "Usuario", "Escribe tu usuario"),
        ({"usuario": "an"}, "Usuario", "de 3 a 40 letras"),
        ({"usuario": "ana flores"}, "Usuario", "de 3 a 40 letras"),
        ({"usuario": "consultor1"}, "Usuario", "Ya hay alguien con ese usuario"),
        ({"nombre": " "}, "Nombre y apellidos", "Escribe el nombre"),
        ({"nombre": "x" * 121}, "Nombre y apellidos", "máximo 120"),
        ({"nombre": "A\x00na"}, "Nombre y apellidos", "no podemos leer"),
        ({"rol": "jefe"}, "Rol", "Elige el rol"),
        ({"sede": ""}, "Sede", "Un consultor necesita una sede"),
        ({"sede": "arequipa"}, "Sede", "Elige una sede de la lista"),
        ({"correo": "ana@"}, "Correo", "correo electrónico completo"),
        ({"enlace_meet": "https://zoom.us/1"}, "Enlace de Google Meet", "Pega un enlace de Google Meet"),
    ],
)
async def test_what_is_wrong_comes_back_beside_its_field(
    office: Visitor, changes: dict[str, str], field: str, told: str
) -> None:
    typed = {"usuario": "ana", "nombre": "Ana", "rol": "consultant", "sede": "central", "correo": "ana@example.org"}
    page = await post(office, "/gestion/personal/nueva", {**typed, **changes}, status=422)
    assert told in page.description_of(field)
    assert page.form("Agregar").value("Usuario") == {**typed, **changes}["usuario"]


async def edit(office: Visitor, staff: object, status: int = 200, **choices: str) -> Page:
    form = (await office.open(f"/gestion/personal/{staff}/datos")).form("Guardar")
    for label, choice in choices.items():
        form.choose(label, choice)
    return await form.press(status=status)


async def test_particulars_are_changed_and_the_audit_names_fields_alone(office: Visitor, staffed: Staffed) -> None:
    form = (await office.open(f"/gestion/personal/{staffed.colleague}/datos")).form("Guardar")
    form.fill("Nombre y apellidos", "Marta Ccori")
    form.fill("Correo", "marta@example.org")
    page = await form.press()
    assert page.heading == "Marta Ccori"
    assert "marta@example.org" in page.text
    (entry,) = await fetch('SELECT "subject", "details" FROM "audit_entry" WHERE "action" = \'staff_changed\'')
    assert entry["subject"] == "consultor2"
    assert "name email" in str(entry["details"])
    assert "arta" not in str(entry["details"])


async def test_a_role_is_good_at_once(
    office: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    hers = await sign_in(new_visitor(owned_app), staffed.colleague)
    await hers.open("/gestion", status=403)
    await edit(office, staffed.colleague, Rol="Responsable del servicio")
    await hers.open("/gestion")


async def test_a_consultor_with_citas_ahead_keeps_sede_and_role(office: Visitor, staffed: Staffed) -> None:
    booked = await one(
        'SELECT "consultant" FROM "appointment" WHERE "id" = {}', (await reserve(ROSA, slot_at(NINE))).id
    )
    page = await edit(office, booked, 422, Sede="Centro de Empleo – Callao")
    assert "Tiene 1 citas por atender" in page.description_of("Rol")
    other = staffed.colleague if booked == staffed.consultant else staffed.consultant
    assert "Callao" in (await edit(office, other, Sede="Centro de Empleo – Callao")).text
    assert await one('SELECT count(*) FROM "seat" WHERE "consultant" = {} AND "is_open"', other) > 0


async def test_leaving_says_what_it_means_and_ends_sessions(
    office: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    booked = await one(
        'SELECT "consultant" FROM "appointment" WHERE "id" = {}', (await reserve(ROSA, slot_at(NINE))).id
    )
    username = await one('SELECT "username" FROM "staff" WHERE "id" = {}', booked)
    await give_password(booked, PASSWORD)
    hers = await sign_in(new_visitor(owned_app), booked)
    page = await (await office.open(f"/gestion/personal/{booked}")).follow("Dar de baja")
    assert "Tiene 1 cita por atender" in page.text
    assert "Rosa María" in (await page.follow("transfiérelas desde la agenda")).text
    page = await page.form("Dar de baja").press()
    assert "Ya no puede ingresar" in page.text
    assert "Rosa María" in (await page.follow("1 cita por atender")).text
    assert (await hers.open("/cuenta")).address.startswith("/ingresar")
    await enter(new_visitor(owned_app), username, status=422)
    free = 'SELECT count(*) FROM "seat" WHERE "consultant" = {} AND "is_open" AND "appointment" IS NULL'
    assert await one(free, booked) == 0
    page = await page.form("Dejar que ingrese otra vez").press()
    assert await one(free, booked) > 0
    await enter(new_visitor(owned_app), username, at="/ingresar?seguir=/cuenta")


async def test_the_last_administrador_stays(office: Visitor, staffed: Staffed) -> None:
    me = staffed.administrator
    page = await (await office.open(f"/gestion/personal/{me}/baja")).form("Dar de baja").press(status=422)
    assert "Es el último administrador" in page.text
    page = await edit(office, me, 422, Rol="Responsable del servicio")
    assert "Es el último administrador" in page.description_of("Rol")
    assert (await office.open("/gestion/personal")).heading == "Personal"


async def test_two_administradores_who_remove_each_other_do_not_both_succeed(staffed: Staffed) -> None:
    second = await add_person("admin2", "Segunda", Role.ADMINISTRATOR, None)
    people = [await find_person(person) for person in (staffed.administrator, second)]
    done = await asyncio.gather(
        *(deactivate(person, ACTOR, NOW, RULES) for person in people if person), return_exceptions=True
    )
    assert sum(isinstance(one_done, LastAdministrator) for one_done in done) == 1
    left = [person for person in await list_personnel() if person.active]
    assert [person.particulars.role for person in left].count(Role.ADMINISTRATOR) == 1


async def test_a_link_is_mailed_or_shown_once_where_there_is_no_address(
    office: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    page = await office.open(f"/gestion/personal/{staffed.consultant}")
    page = await page.form("Enviarle un enlace para su clave").press()
    assert "Enviamos el enlace a su correo" in page.text
    assert "nueva-clave" not in page.html
    assert await one('SELECT "recipient" FROM "outbox_message"') == "consultor1@example.org"
    await fetch('UPDATE "staff" SET "email" = \'\' WHERE "id" = {}', staffed.colleague)
    page = await office.open(f"/gestion/personal/{staffed.colleague}")
    page = await page.form("Hacer un enlace para su clave").press()
    found = re.search(r"http://127\.0\.0\.1:8000(/ingresar/nueva-clave/\S+)", page.text)
    assert found
    assert (await new_visitor(owned_app).open(found[1])).heading == "Elige una clave nueva"
    assert await one('SELECT count(*) FROM "outbox_message"') == 1


async def test_sessions_of_somebody_are_closed_and_the_own_one_stays(
    office: Visitor, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    hers = await sign_in(new_visitor(owned_app), staffed.consultant)
    page = await office.open(f"/gestion/personal/{staffed.consultant}")
    await page.form("Cerrar sus sesiones").press()
    assert (await hers.open("/cuenta")).address.startswith("/ingresar")
    page = await office.open(f"/gestion/personal/{staffed.administrator}")
    await page.form("Cerrar sus sesiones").press()
    assert (await office.open("/cuenta")).heading == "Mi cuenta"
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'sessions_revoked\'') == 2


async def test_nothing_that_did_not_change_is_written_down(staffed: Staffed) -> None:
    person = await find_person(staffed.consultant)
    assert person
    await change_person(person, person.particulars, ACTOR, NOW + timedelta(days=1))
    assert await fetch('SELECT "id" FROM "audit_entry"') == []
