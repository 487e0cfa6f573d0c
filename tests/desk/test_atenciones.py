"""``/atenciones/{id}``: the procedure as steps, each taken once, each refusal told in plain Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.attention_record import find_record
from portal.domain.changing import cancel
from portal.domain.people import Person
from portal.domain.vocabulary import EventKind, Language, Preference, State
from tests.attending import Case, add_case, at
from tests.browser import NewVisitor, Page, Visitor
from tests.people import NOW, ROSA, RULES
from tests.portal.walking import MovingClock, NewWalkApp, answer_to, one, post
from tests.staffing import Staffed, sign_in

OBSERVATIONS = "Le falta el currículum documentado"


@dataclass
class Desk:
    """A consultor in front of the page of a cita, at a time that the test moves."""

    case: Case
    staffed: Staffed
    app: Litestar
    clock: MovingClock
    new_visitor: NewVisitor
    visitor: Visitor

    @property
    def address(self) -> str:
        return f"/atenciones/{self.case.id}"

    def at(self, minutes: float) -> None:
        self.clock.now = at(minutes)

    async def open(self, status: int = 200) -> Page:
        return await self.visitor.open(self.address, status=status)

    async def press(self, button: str, status: int = 200, **typed: str) -> Page:
        """Open the page, fill in by label what the button's form has, press."""
        form = (await self.open()).form(button)
        for label, text in typed.items():
            form.fill(label.replace("_", " "), text)
        return await form.press(status=status)

    async def send(self, step: str, status: int = 200, htmx: bool = False, **fields: str) -> Page:
        fields = {name.replace("__", "-"): value for name, value in fields.items()}
        return await post(self.visitor, f"{self.address}/{step}", fields, status=status, htmx=htmx)

    async def seat(self, staff: UUID) -> Visitor:
        """Somebody else of the staff, with a browser of their own."""
        return await sign_in(self.new_visitor(self.app), staff, self.clock.now)


@pytest.fixture
async def desk(staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Desk:
    case = await add_case(staffed.world)
    return await seated(case, staffed, owned_app, new_visitor, moving_clock)


async def seated(case: Case, staffed: Staffed, app: Litestar, new_visitor: NewVisitor, clock: MovingClock) -> Desk:
    clock.now = at(-5)
    visitor = await sign_in(new_visitor(app), case.consultant, clock.now)
    return Desk(case, staffed, app, clock, new_visitor, visitor)


async def test_from_the_invitation_to_the_register(desk: Desk) -> None:
    page = await desk.press("Invitar")
    assert "Esperando al usuario" in page.text
    assert "hasta las 9:05 a. m." in page.text
    desk.at(1)
    await desk.press("Inicio")
    desk.at(12)
    form = (await desk.open()).form("Final")
    form.tick("Creación de cuenta")
    form.fill("Observaciones (opcional)", OBSERVATIONS)
    page = await form.press()
    assert "Atención terminada" in page.text
    assert OBSERVATIONS in page.text
    cita = await desk.case.cita()
    assert (cita.state, cita.started_at, cita.finished_at) == (State.ATTENDED, at(1), at(12))
    assert await desk.case.events() == [EventKind.INVITED, EventKind.STARTED, EventKind.FINISHED]
    assert await desk.case.mails() == ["invitation", "links"]
    actions = await fetch('SELECT "action", "staff" FROM "audit_entry" ORDER BY "at"')
    assert [row["action"] for row in actions].count("cita_changed") == 3
    assert [row["action"] for row in actions].count("cita_seen") == 1
    assert {row["staff"] for row in actions} == {desk.case.consultant}


async def test_it_shows_who_it_is_and_what_to_know(
    staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    person: Person = replace(
        ROSA, preference=Preference.PREGNANT, language=Language.QUECHUA, motive="Busco trabajo de cocinera"
    )
    desk = await seated(await add_case(staffed.world, person), staffed, owned_app, new_visitor, moving_clock)
    page = await desk.open()
    for words in ("Rosa María Ñahui Quispe", "10117410", "Preferente", "Quechua", "Busco trabajo de cocinera"):
        assert words in page.text
    assert page.links["987 654 321"] == "tel:+51987654321"
    assert "https://meet.google.com/abc-defg-hij" in page.links.values()
    assert "Rosa" not in page.title


async def test_the_pages_of_other_sedes_and_unknown_ones_are_alike(desk: Desk) -> None:
    stranger = await desk.seat(desk.staffed.elsewhere)
    foreign = await stranger.open(desk.address, status=404)
    unknown = await stranger.open(f"/atenciones/{uuid4()}", status=404)
    assert foreign.text.replace(foreign.headers["x-request-id"], "") == unknown.text.replace(
        unknown.headers["x-request-id"], ""
    )
    await post(stranger, f"{desk.address}/inicio", {}, status=404)
    assert (await desk.case.cita()).state is State.RESERVED
    assert await one('SELECT count(*) AS "n" FROM "audit_entry"') == 0


async def test_a_colleague_sees_but_does_not_act_until_it_is_left_waiting(desk: Desk) -> None:
    colleague = await desk.seat(desk.case.colleague)
    page = await colleague.open(desk.address)
    assert f"La atiende {(await desk.case.cita()).consultant_name}" in page.text
    page = await post(colleague, f"{desk.address}/inicio", {}, status=403)
    assert "No hicimos ningún cambio" in page.text
    desk.at(5)
    page = await (await colleague.open(desk.address)).form("Invitar").press()
    assert "Esperando al usuario" in page.text
    desk.at(6)
    await (await colleague.open(desk.address)).form("Inicio").press()
    assert (await desk.case.cita()).attended_by == desk.case.colleague


@pytest.mark.parametrize(
    ("minutes", "step", "says"),
    [
        (-11, "inicio", "Puedes hacerlo desde las 8:50 a. m."),
        (-11, "invitar", "Puedes hacerlo desde las 8:50 a. m."),
        (15 * 60, "inicio", "El día de la cita ya terminó"),
        (0, "final", "primero presiona Inicio"),
        (1, "avisar", "el recordatorio ya no sirve"),
        (1, "recuperar", "La cita cambió antes de tu clic"),
        (1, "correo-encuesta", "La cita cambió antes de tu clic"),
    ],
)
async def test_a_step_out_of_its_time_is_told_and_changes_nothing(
    desk: Desk, minutes: float, step: str, says: str
) -> None:
    desk.at(minutes)
    await sign_in(desk.visitor, desk.case.consultant, desk.clock.now)
    page = await desk.send(step, status=409)
    assert says in page.text
    assert await desk.case.events() == []


async def test_inicio_twice_and_on_a_cancelled_cita(desk: Desk) -> None:
    desk.at(0)
    await desk.send("inicio")
    page = await desk.send("inicio", status=409)
    assert "Ahora está: En atención desde las 9:00 a. m." in page.text
    other = await add_case(desk.staffed.world, replace(ROSA, document_number="45678901"))
    await cancel(other.booked.code, NOW, RULES)
    visitor = await desk.seat(desk.staffed.supervisor)
    page = await post(visitor, f"/atenciones/{other.id}/inicio", {}, status=409)
    assert "Ahora está: Anulada" in page.text


async def test_abandonment_before_the_five_minutes_without_motive_and_uninvited(desk: Desk) -> None:
    desk.at(0)
    page = await desk.send("abandono", status=409, motivo="not_connected")
    assert "Nadie invitó a esta persona" in page.text
    await desk.send("invitar")
    desk.at(4)
    page = await desk.send("abandono", status=409, motivo="not_connected", observaciones_abandono="No entró")
    assert "Los 5 minutos de tolerancia terminan a las 9:05 a. m." in page.text
    assert "No entró" in page.form("Registrar abandono").values[-1]
    desk.at(5)
    page = await desk.send("abandono", status=422, observaciones_abandono="No entró")
    assert "Elige el motivo del abandono" in page.text
    assert "No entró" in page.form("Registrar abandono").values[-1]
    assert (await desk.case.cita()).state is State.RESERVED


async def test_abandonment_and_the_way_back(desk: Desk) -> None:
    await desk.send("invitar")
    desk.at(6)
    form = (await desk.open()).form("Anotar intento")
    form.choose("Por dónde", "Teléfono")
    form.choose("Cómo resultó", "No contestó")
    page = await form.press()
    assert "Teléfono: no contestó" in page.text
    form = page.form("Registrar abandono")
    form.choose("Motivo", "No se conectó")
    page = await form.press()
    assert "Cita abandonada" in page.text
    assert await desk.case.mails() == ["invitation", "abandonment"]
    desk.at(20)
    page = await desk.press("Llegó tarde: atender")
    assert "En atención" in page.text
    assert (await desk.case.cita()).state is State.IN_ATTENTION


async def test_after_an_hour_there_is_no_way_back(desk: Desk) -> None:
    await desk.send("invitar")
    desk.at(6)
    await desk.send("abandono", motivo="no_contact")
    desk.at(66)
    await sign_in(desk.visitor, desk.case.consultant, desk.clock.now)
    assert "Llegó tarde" not in (await desk.open()).text
    page = await desk.send("recuperar", status=409)
    assert "dentro de la hora siguiente" in page.text


async def test_a_colleague_records_that_it_was_not_held(desk: Desk) -> None:
    desk.at(2)
    colleague = await desk.seat(desk.case.colleague)
    form = (await colleague.open(desk.address)).form("Registrar como no realizada")
    page = await form.press(status=422)
    assert "Elige por qué no se realizó" in page.text
    form = page.form("Registrar como no realizada")
    form.choose("Por qué", "Consultor ausente")
    page = await form.press()
    assert "No se realizó" in page.text
    assert await desk.case.mails() == ["not_held"]


async def test_text_is_kept_as_one_types_and_a_reload_loses_nothing(desk: Desk) -> None:
    desk.at(0)
    await desk.send("inicio")
    kept = await desk.send("observaciones", htmx=True, temas="search", observaciones=OBSERVATIONS, revision="0")
    assert "Guardado a las 9:00 a. m." in kept.text
    assert 'name="revision" value="1"' in kept.html
    page = await desk.open()
    assert page.form("Final").value("Observaciones (opcional)") == OBSERVATIONS
    assert page.form("Final").value("Búsqueda de vacantes") == "search"
    changed = await fetch('SELECT "details" FROM "audit_entry" WHERE "action" = {}', "cita_changed")
    assert len(changed) == 2


async def test_another_window_does_not_write_over_a_newer_text(desk: Desk) -> None:
    desk.at(0)
    await desk.send("inicio")
    await desk.send("observaciones", htmx=True, observaciones="Lo nuevo", revision="0")
    told = await desk.send("observaciones", status=409, htmx=True, observaciones="Lo viejo", revision="0")
    assert "Lo nuevo" in told.text
    page = await desk.send("final", status=409, observaciones="Lo viejo", revision="0")
    assert "Otra ventana guardó un texto más nuevo" in page.text
    assert page.form("Final").value("Observaciones (opcional)") == "Lo viejo"
    assert "Lo nuevo" in page.text
    assert (await desk.case.cita()).state is State.IN_ATTENTION
    page = await page.form("Guardar lo mío en su lugar").press()
    assert (await find_record(desk.case.id)).written.observations == "Lo viejo"


async def test_what_cannot_be_kept_is_told_and_not_lost(desk: Desk) -> None:
    page = await desk.send("temas", status=422, observaciones="x" * 2001, revision="0")
    assert "Escribe como máximo 2000 letras y espacios" in page.text
    assert page.form("Guardar").value("Observaciones (opcional)") == "x" * 2001
    kept = await desk.send("observaciones", status=422, htmx=True, observaciones="a\0b", revision="0")
    assert "No se guardó" in kept.text


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 40, "²"])
async def test_a_revision_that_is_none_writes_over_nothing(desk: Desk, revision: str) -> None:
    await desk.send("temas", observaciones="Primero", revision="0")
    await desk.send("temas", status=409, observaciones="Después", revision=revision)
    assert (await find_record(desk.case.id)).written.observations == "Primero"


@pytest.mark.parametrize("link", ["https://zoom.us/j/1", "http://meet.google.com/abc-defg-hij", "meet", "a" * 900])
async def test_a_link_of_somebody_else_is_refused(desk: Desk, link: str) -> None:
    page = await desk.send("enlace", status=422, enlace=link)
    assert "Pega un enlace de Google Meet completo" in page.text
    assert page.form("Guardar enlace").value("Enlace de videollamada") == link


async def test_a_link_of_its_own(desk: Desk) -> None:
    page = await desk.send("enlace", enlace="meet.google.com/xyz-abcd-efg")
    assert "https://meet.google.com/xyz-abcd-efg" in page.links.values()
    assert await desk.case.mails() == ["transfer"]


async def test_without_any_link_there_is_no_invitation(desk: Desk) -> None:
    await fetch('UPDATE "staff" SET "meet_link" = {}', "")
    page = await desk.send("invitar", status=409)
    assert "Falta el enlace de la videollamada" in page.text


async def test_transfer_to_who_is_free_or_by_choice(desk: Desk) -> None:
    await add_case(desk.staffed.world, replace(ROSA, document_number="45678901"))
    page = await desk.open()
    form = page.form("Transferir")
    name = await one('SELECT "name" FROM "staff" WHERE "id" = {}', desk.case.colleague)
    form.choose("Consultor", f"{name} (tiene otra cita a esa hora)")
    page = await form.press(status=422)
    assert "Tiene otra cita a esa hora" in page.text
    form = page.form("Transferir")
    form.tick("Aunque tenga otra cita a esa hora")
    page = await form.press()
    assert f"La atiende {name}" in page.text
    assert (await desk.case.cita()).consultant == desk.case.colleague


async def test_another_way_on_the_same_record(desk: Desk) -> None:
    form = (await desk.open()).form("Cambiar medio")
    form.choose("Sigue", "Por teléfono")
    page = await form.press()
    assert "Por teléfono (se reservó: videollamada)" in page.text
    await desk.send("modalidad", status=422)


async def test_back_to_the_agenda_and_nowhere_else(desk: Desk) -> None:
    desk.at(0)
    backs: Mapping[str, str] = {"invitar": "agenda", "inicio": "//evil.example", "final": "/agenda?fecha=2027-01-11"}
    places = []
    for step, back in backs.items():
        answer = await answer_to(desk.visitor, f"{desk.address}/{step}", {"volver": back})
        assert answer.status_code == 303
        places.append(answer.headers["location"])
    assert places == ["/agenda", desk.address, "/agenda?fecha=2027-01-11"]


async def test_it_asks_by_itself_and_hears_only_news(desk: Desk) -> None:
    page = await desk.open()
    address = page.ids["ahora"].get("data-hx-get", "")
    answer = await desk.visitor.client.get(address, headers={"hx-request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    await desk.send("invitar")
    news = await desk.visitor.swap(address)
    assert "Esperando al usuario" in news.text
    assert "Actualiza la página" in news.text


async def test_a_forgotten_final_is_asked_about(desk: Desk) -> None:
    desk.at(0)
    await desk.send("inicio")
    desk.at(20)
    assert "¿Ya terminó la atención?" not in (await desk.open()).text
    desk.at(46)
    await sign_in(desk.visitor, desk.case.consultant, desk.clock.now)
    page = await (await desk.open()).form("Final: terminó antes y lo olvidé").press()
    assert "Duración dudosa" in page.text
    assert (await find_record(desk.case.id)).doubtful


async def test_the_reminder_and_the_links_by_hand(desk: Desk) -> None:
    desk.at(-60)
    await sign_in(desk.visitor, desk.case.consultant, desk.clock.now)
    await desk.press("Enviar el recordatorio ahora")
    await desk.send("avisar")
    assert await desk.case.mails() == ["reminder"]
    desk.at(0)
    await sign_in(desk.visitor, desk.case.consultant, desk.clock.now)
    await desk.send("inicio")
    desk.at(9)
    await desk.send("final")
    desk.at(11)
    await desk.press("Enviar los enlaces otra vez")
    assert await desk.case.mails() == ["reminder", "links", "links"]


async def test_a_step_that_there_is_not(desk: Desk) -> None:
    await desk.send("borrar", status=404)


async def test_rooms_of_our_own_server(
    staffed: Staffed, new_walk_app: NewWalkApp, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    app = new_walk_app(video="jitsi", jitsi_url="https://video.example.org")
    desk = await seated(await add_case(staffed.world), staffed, app, new_visitor, moving_clock)
    await desk.send("invitar")
    assert (await desk.case.cita()).meet_link.startswith("https://video.example.org/cita-")
    page = await desk.send("enlace", status=422, enlace="https://meet.google.com/abc-defg-hij")
    assert "Pega el enlace de una sala de nuestro servidor" in page.text
