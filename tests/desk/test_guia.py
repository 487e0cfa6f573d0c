"""``/guia``: for whoever works here; edited by who steers, with a preview, versions, and word of who was faster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from litestar import Litestar

from portal.database.node import fetch
from tests.browser import NewVisitor, Visitor
from tests.portal.walking import MovingClock, answer_to, post
from tests.staffing import Staffed, sign_in

Enter = Callable[[UUID], Awaitable[Visitor]]
EDITED = "«Buenas tardes, ¿cómo está?»."


@pytest.fixture
def enter(owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Enter:
    """A browser of somebody of the staff: ``await enter(staffed.supervisor)``."""

    async def make(person: UUID) -> Visitor:
        return await sign_in(new_visitor(owned_app), person, moving_clock())

    return make


async def test_it_has_every_activity_with_its_minutes(staffed: Staffed, enter: Enter) -> None:
    page = await (await enter(staffed.consultant)).open("/guia")
    assert page.heading == "Guía del Consultor"
    for words in (
        "01 La reserva de la cita",
        "03 La invitación",
        "15 minutos",
        "1 minuto",
        "26 minutos",
        "Texto inicial",
    ):
        assert words in page.text
    assert page.text.count("Qué hacer") == 8
    assert "Editar" not in page.text


async def test_only_who_steers_edits(staffed: Staffed, enter: Enter) -> None:
    consultant = await enter(staffed.consultant)
    await consultant.open("/guia/editar?actividad=03", status=403)
    fields = {"actividad": "03", "version": "0", "hacer": "x"}
    assert (await answer_to(consultant, "/guia/editar", fields)).status_code == 403
    assert (await answer_to(consultant, "/guia/versiones/0/restaurar", {"version": "0"})).status_code == 403
    for person in (staffed.supervisor, staffed.administrator):
        page = await (await enter(person)).open("/guia/editar")
        assert page.heading == "Editar la guía"


async def test_an_edit_is_looked_at_and_then_kept(staffed: Staffed, enter: Enter, moving_clock: MovingClock) -> None:
    visitor = await enter(staffed.supervisor)
    page = await (await visitor.open("/guia")).follow("Editar la actividad 04")
    form = page.form("Ver cómo queda")
    form.fill("Qué decir", f"- {EDITED}\n\n  •  Con  ñandú & <b>.  ")
    page = await form.press()
    assert "Así queda" in page.text
    assert f"{EDITED} Con ñandú & <b>." in page.text
    assert await fetch('SELECT "number" FROM "guide_version"') == []
    page = await page.form("Guardar").press()
    assert page.address == "/guia"
    assert f"{EDITED} Con ñandú & <b>." in page.text
    assert "Versión 1, del jueves 7 de enero de 2027, 9:00 a. m., por Elena Ríos." in page.text
    (entry,) = await fetch('SELECT "action", "staff", "subject" FROM "audit_entry" WHERE "action" = \'guide_edited\'')
    assert (entry["staff"], entry["subject"]) == (staffed.supervisor, "1")


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ({"decir": "", "hacer": " \n-\n", "enviar": ""}, "Escribe al menos una indicación"),
        ({"hacer": "x" * 3001}, "Escribe como máximo 3000 letras y espacios"),
        ({"hacer": "nulo\x00"}, "Hay caracteres que no podemos leer"),
    ],
)
async def test_what_cannot_be_kept_comes_back_as_typed(
    staffed: Staffed, enter: Enter, texts: dict[str, str], sentence: str
) -> None:
    visitor = await enter(staffed.supervisor)
    fields = {"actividad": "03", "version": "0", "decir": "Mi «frase».", **texts}
    page = await post(visitor, "/guia/editar", fields, status=422)
    assert page.text.count(sentence) == 2
    if "decir" not in texts:
        assert page.form("Guardar").value("Qué decir") == "Mi «frase»."


async def test_the_second_of_two_editors_is_told_and_loses_nothing(staffed: Staffed, enter: Enter) -> None:
    first, second = await enter(staffed.supervisor), await enter(staffed.administrator)
    forms = [(await one.open("/guia/editar?actividad=03")).form("Guardar") for one in (first, second)]
    forms[0].fill("Qué decir", "Texto de Elena.")
    forms[1].fill("Qué decir", "Texto de Óscar.")
    await forms[0].press()
    page = await forms[1].press(status=409)
    assert "Otra persona guardó esta actividad mientras la editabas" in page.text
    assert "por Elena Ríos" in page.text
    assert "Texto de Elena." in page.text
    again = page.form("Guardar")
    assert again.value("Qué decir") == "Texto de Óscar."
    assert "Texto de Óscar." in (await again.press()).text
    rows = await fetch('SELECT "number" FROM "guide_version" ORDER BY "number"')
    assert [row["number"] for row in rows] == [1, 2]
    assert "Texto de Elena." in (await second.open("/guia/versiones/1")).text


async def test_old_versions_are_listed_shown_and_brought_back(staffed: Staffed, enter: Enter) -> None:
    visitor = await enter(staffed.supervisor)
    form = (await visitor.open("/guia/editar?actividad=08")).form("Guardar")
    form.fill("Qué hacer", "Nada más.")
    await form.press()
    page = await (await visitor.open("/guia")).follow("Versiones")
    assert "Versión 1 (vale ahora)" in page.text
    page = await page.follow("Ver el texto inicial")
    assert page.heading == "Guía del Consultor: texto inicial"
    assert "Nada más." not in page.text
    page = await page.form("Volver a usar esta versión").press()
    assert page.heading == "Versiones de la guía"
    assert "Versión 2 (vale ahora)" in page.text
    assert "Nada más." not in (await visitor.open("/guia")).text
    assert "Nada más." in (await visitor.open("/guia/versiones/1")).text


async def test_who_restores_over_a_newer_version_is_told(staffed: Staffed, enter: Enter) -> None:
    visitor = await enter(staffed.supervisor)
    for words in ("Uno.", "Dos."):
        form = (await visitor.open("/guia/editar?actividad=08")).form("Guardar")
        form.fill("Qué hacer", words)
        await form.press()
    page = await post(visitor, "/guia/versiones/0/restaurar", {"version": "1"}, status=409)
    assert page.heading == "Otra persona guardó la guía"
    assert "Dos." in (await visitor.open("/guia")).text


async def test_a_consultor_sees_versions_and_restores_none(staffed: Staffed, enter: Enter) -> None:
    supervisor = await enter(staffed.supervisor)
    form = (await supervisor.open("/guia/editar?actividad=08")).form("Guardar")
    form.fill("Qué hacer", "Nada más.")
    await form.press()
    page = await (await enter(staffed.consultant)).open("/guia/versiones/0")
    assert "Volver a usar" not in page.text


@pytest.mark.parametrize("address", ["/guia/versiones/7", "/guia/versiones/99999999999", "/guia/versiones/x"])
async def test_a_version_that_never_was_is_not_found(staffed: Staffed, enter: Enter, address: str) -> None:
    await (await enter(staffed.consultant)).open(address, status=404)


@pytest.mark.parametrize("fields", [{}, {"actividad": "09"}, {"actividad": "03", "version": "77", "hacer": "x"}])
async def test_a_form_that_was_not_ours_is_not_found(staffed: Staffed, enter: Enter, fields: dict[str, str]) -> None:
    assert (await answer_to(await enter(staffed.supervisor), "/guia/editar", fields)).status_code == 404


async def test_the_pdf_is_for_the_staff_alone(
    staffed: Staffed, enter: Enter, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    stranger = new_visitor(owned_app)
    assert (await stranger.open("/guia.pdf")).address.startswith("/ingresar")
    assert (await stranger.open("/guia")).address.startswith("/ingresar")
