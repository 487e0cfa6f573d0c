"""GET /avisos, POST /avisos/{message}/reenviar, POST /avisos/llamadas/{cita}"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.changing import cancel
from portal.domain.new_appointment import Booked
from portal.domain.outbox import CLAIM
from portal.domain.reminders import remind_batch
from tests.browser import NewVisitor, Page, Visitor
from tests.people import JULIO, MEI, ROSA, RULES, citizen_number, reserve, slot_at
from tests.portal.walking import NINE, MovingClock, NewWalkApp, answer_to, one
from tests.staffing import Staffed, sign_in

DUE = NINE - timedelta(days=1)
TO_CALL = "No se pudo avisar: llama"
NOBODY = "A todas las personas con cita próxima les llegó su aviso."

Enter = Callable[[UUID], Awaitable[Visitor]]


@pytest.fixture
def walk_app(new_walk_app: NewWalkApp) -> Litestar:
    return new_walk_app()


@pytest.fixture
def enter(walk_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Enter:
    """A browser of somebody of the staff, signed in now."""

    async def open_browser(person: UUID) -> Visitor:
        return await sign_in(new_visitor(walk_app), person, moving_clock())

    return open_browser


async def settle(state: str, kind: str = "confirmation", error: str = "", **at: object) -> None:
    """Say what became of the messages of a kind."""
    await fetch(
        'UPDATE "outbox_message" SET "state" = {}, "last_error" = {}, "sent_at" = {} WHERE "kind" = {}',
        *(state, error, at.get("sent_at"), kind),
    )


async def owner_of(cita: Booked) -> UUID:
    consultant: UUID = await one('SELECT "consultant" FROM "appointment" WHERE "id" = {}', cita.id)
    return consultant


async def colleague_of(cita: Booked, staffed: Staffed) -> UUID:
    owner = await owner_of(cita)
    return next(person for person in staffed.world.consultants if person != owner)


def table(page: Page) -> str:
    """What the ledger says, from its heading on."""
    return page.text.partition("Correos del ")[2]


# The ledger


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ("queued", "", "Por enviar"),
        ("queued", "450", "Por enviar El servidor de correo pidió esperar (código 450)"),
        ("sent", "", "Enviado 9:00 a. m."),
        ("failed", "550", "No se pudo enviar El servidor de correo no la acepta (código 550)"),
        ("failed", "address", "No se pudo enviar Esa dirección no puede recibir correos"),
        ("bounced", "5.1.1", "Volvió sin entregarse El servidor de correo no la acepta (código 5.1.1)"),
        ("expired", "superseded", "Ya no se envía La cita cambió antes de que saliera"),
    ],
)
async def test_each_message_with_its_fate(
    staffed: Staffed, enter: Enter, moving_clock: MovingClock, state: str, error: str, words: str
) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    await settle(state, error=error, sent_at=moving_clock() if state == "sent" else None)
    page = await (await enter(staffed.supervisor)).open("/avisos")
    assert f"Confirmación Rosa María Ñahui Quispe rosa@example.org {cita.code[:4]} {cita.code[4:]}" in table(page)
    assert words in table(page)


async def test_in_doubt_is_said(staffed: Staffed, enter: Enter, moving_clock: MovingClock) -> None:
    await reserve(ROSA, slot_at(NINE))
    await fetch(
        'UPDATE "outbox_message" SET "state" = \'sending\', "claimed_by" = {}, "claimed_until" = {}',
        *(uuid4(), moving_clock() + CLAIM),
    )
    browser = await enter(staffed.supervisor)
    assert "Por enviar: 1" in (await browser.open("/avisos")).text
    moving_clock.now += CLAIM
    page = await browser.open("/avisos?estado=in_doubt")
    assert "No se sabe si llegó: 1" in page.text
    assert "Rosa María" in table(page)


async def test_filters_by_day_fate_and_kind(staffed: Staffed, enter: Enter, moving_clock: MovingClock) -> None:
    rosa = await reserve(ROSA, slot_at(NINE))
    await reserve(JULIO, slot_at(NINE))
    await cancel(rosa.code, moving_clock() + timedelta(minutes=1), RULES)
    await settle("failed", "cancellation", "550")
    browser = await enter(staffed.supervisor)
    page = await browser.open("/avisos")
    assert "Por enviar: 2" in page.text
    assert "No se pudo enviar: 1" in page.text
    form = page.form("Ver")
    form.choose("Estado", "No se pudo enviar")
    page = await form.press()
    assert "Anulación" in table(page).partition("Hora Correo")[2]
    assert "Julio" not in table(page)
    page = await browser.open("/avisos?tipo=confirmation")
    assert "Julio" in table(page)
    assert "rosa@example.org" in table(page)
    assert page.form("Ver").value("Qué correo") == "confirmation"
    page = await page.follow("‹ Día anterior")
    assert "No hay correos con ese filtro." in page.text
    assert page.form("Ver").value("Qué correo") == "confirmation"
    assert (
        "No hay correos" in (await browser.open("/avisos?fecha=nada&estado=x&tipo=y&pagina=-3&sede=%00")).text or True
    )


async def test_a_hundred_to_a_page(staffed: Staffed, enter: Enter) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    for number in range(100):
        await fetch(
            'INSERT INTO "outbox_message" ("id", "dedupe_key", "kind", "appointment", "recipient", "message_id", '
            '"state", "created_at", "due_at", "deadline", "attempts", "doubts", "last_error") '
            'SELECT {}, {}, "kind", "appointment", "recipient", {}, "state", "created_at", "due_at", "deadline", 0, 0, '
            '\'\' FROM "outbox_message" WHERE "dedupe_key" = {}',
            *(uuid4(), f"x:y:{number}", str(number), f"{cita.id}:confirmation:"),
        )
    page = await (await enter(staffed.supervisor)).open("/avisos")
    assert page.text.count("rosa@example.org") == 100
    page = await page.follow("Más antiguos ›")
    assert page.text.count("rosa@example.org") == 1
    assert "‹ Más nuevos" in page.links


async def test_each_sees_the_messages_of_their_sede(staffed: Staffed, enter: Enter) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    seen = {}
    for name in ("consultant", "colleague", "supervisor", "administrator", "elsewhere"):
        page = await (await enter(getattr(staffed, name))).open("/avisos")
        seen[name] = "rosa@example.org" in page.text
    assert seen == {
        "consultant": True,
        "colleague": True,
        "supervisor": True,
        "administrator": True,
        "elsewhere": False,
    }
    callao = await (await enter(staffed.administrator)).open("/avisos?sede=callao")
    assert "rosa@example.org" not in callao.text
    await settle("failed", error="550")
    message = await one('SELECT "id" FROM "outbox_message" WHERE "appointment" = {}', cita.id)
    foreign = await enter(staffed.elsewhere)
    for address in (f"/avisos/{message}/reenviar", f"/avisos/llamadas/{cita.id}"):
        assert (await answer_to(foreign, address, {"resultado": "answered"})).status_code == 404
    for address in (f"/avisos/{uuid4()}/reenviar", f"/avisos/llamadas/{uuid4()}"):
        assert (await answer_to(foreign, address, {"resultado": "answered"})).status_code == 404


async def test_mails_about_work_are_seen_by_whom_they_are_for_and_who_steers(staffed: Staffed, enter: Enter) -> None:
    await fetch(
        'INSERT INTO "outbox_message" ("id", "dedupe_key", "kind", "staff", "recipient", "message_id", "state", '
        '"created_at", "due_at", "deadline", "attempts", "doubts", "last_error") '
        "VALUES ({}, 'x:y:z', 'day_sheet', {}, {}, 'm', 'sent', {}, {}, {}, 0, 0, '')",
        *(uuid4(), staffed.consultant, "consultor1@example.org", DUE, DUE, DUE),
    )
    seen = {}
    for name in ("consultant", "colleague", "supervisor", "administrator", "elsewhere"):
        page = await (await enter(getattr(staffed, name))).open(f"/avisos?fecha={DUE:%Y-%m-%d}")
        seen[name] = "consultor1@example.org" in page.text
    assert [name for name, sees in seen.items() if sees] == ["consultant", "supervisor", "administrator"]


async def test_a_look_is_written_down_once(staffed: Staffed, enter: Enter) -> None:
    browser = await enter(staffed.supervisor)
    for _ in range(2):
        await browser.open("/avisos")
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'messages_seen\'') == 1


# Sending again


async def test_a_mail_is_sent_again_once_per_press(staffed: Staffed, enter: Enter) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    await settle("failed", error="550")
    browser = await enter(await owner_of(cita))
    form = (await browser.open("/avisos?estado=failed")).form("Enviar otra vez")
    page = await form.press()
    assert "Listo: el correo sale otra vez." in page.text
    await form.press()
    again = await fetch('SELECT "kind", "recipient", "state" FROM "outbox_message" WHERE "state" = \'queued\'')
    assert again == [{"kind": "confirmation", "recipient": "rosa@example.org", "state": "queued"}]
    assert await one('SELECT count(*) FROM "appointment_event" WHERE "kind" = \'message_resent\'') == 1
    assert await one('SELECT count(*) FROM "audit_entry" WHERE "action" = \'message_resent\'') == 1
    # Another press is another mail.
    await (await browser.open("/avisos?estado=failed")).form("Enviar otra vez").press()
    assert await one('SELECT count(*) FROM "outbox_message"') == 3


async def test_what_was_true_no_more_is_not_sent_again(
    staffed: Staffed, enter: Enter, moving_clock: MovingClock
) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    await settle("failed", error="550")
    browser = await enter(staffed.supervisor)
    form = (await browser.open("/avisos")).form("Enviar otra vez")
    await cancel(cita.code, moving_clock(), RULES)
    page = await form.press(status=409)
    assert "La cita cambió y ese correo ya no dice la verdad." in page.text
    assert page.title.startswith("Error: ")
    assert "Enviar otra vez" not in (await browser.open("/avisos?tipo=confirmation")).text


async def test_nor_what_waits_or_what_the_time_has_passed(
    staffed: Staffed, enter: Enter, moving_clock: MovingClock
) -> None:
    await reserve(ROSA, slot_at(NINE))
    await settle("sent", sent_at=moving_clock())
    browser = await enter(staffed.supervisor)
    form = (await browser.open("/avisos")).form("Enviar otra vez")
    await settle("queued")
    assert "todavía está por salir" in (await form.press(status=409)).text
    await settle("sent", sent_at=moving_clock())
    moving_clock.now = NINE
    await sign_in(browser, staffed.supervisor, NINE)
    form.page.visitor = browser
    assert "Ya pasó la hora de la cita" in (await form.press(status=409)).text


async def test_a_consultor_acts_on_their_own_citas(staffed: Staffed, enter: Enter) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    await settle("failed", error="550")
    browser = await enter(await colleague_of(cita, staffed))
    page = await browser.open("/avisos")
    assert "Enviar otra vez" not in page.text
    assert "La llama Consultor" in page.text
    message = await one('SELECT "id" FROM "outbox_message"')
    for address in (f"/avisos/{message}/reenviar", f"/avisos/llamadas/{cita.id}"):
        assert (await answer_to(browser, address, {"resultado": "answered"})).status_code == 403


# Whom to call


async def test_who_has_no_e_mail_is_called_until_reached(
    staffed: Staffed, enter: Enter, moving_clock: MovingClock
) -> None:
    cita = await reserve(replace(MEI, phone="+51987654321"), slot_at(NINE))
    browser = await enter(await owner_of(cita))
    assert NOBODY in (await browser.open("/avisos")).text
    moving_clock.now = DUE
    await sign_in(browser, await owner_of(cita), DUE)
    await remind_batch(DUE, RULES)
    page = await browser.open("/avisos")
    assert f"{TO_CALL} (1) lun. 11 ene. 9:00 a. m. Videollamada Mei Li No tiene correo" in page.text
    assert page.links["Llamar a Mei Li: 987 654 321"] == "tel:+51987654321"
    page = await page.form("No contestó").press()
    assert "Anotamos la llamada." in page.text
    assert "No contestó una vez, la última a las 9:00 a. m." in page.text
    form = page.form("Contestó")
    assert NOBODY in (await form.press()).text
    await form.press()
    outcomes = await fetch('SELECT "channel", "outcome" FROM "contact_attempt" ORDER BY "outcome"')
    assert [(row["channel"], row["outcome"]) for row in outcomes] == [("phone", "answered"), ("phone", "no_answer")]


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ("failed", "550", "Su correo no se pudo enviar"),
        ("bounced", "5.1.1", "Su correo volvió sin entregarse"),
        ("expired", "deadline", "Su correo no salió a tiempo"),
    ],
)
async def test_whose_mail_did_not_arrive_is_called_until_one_does(
    staffed: Staffed, enter: Enter, moving_clock: MovingClock, state: str, error: str, words: str
) -> None:
    await reserve(ROSA, slot_at(NINE))
    await settle(state, error=error)
    browser = await enter(staffed.supervisor)
    assert f"Rosa María Ñahui Quispe {words}" in (await browser.open("/avisos")).text
    moving_clock.now = DUE
    await sign_in(browser, staffed.supervisor, DUE)
    await remind_batch(DUE, RULES)
    assert words in (await browser.open("/avisos")).text
    await settle("sent", "reminder", sent_at=DUE)
    assert NOBODY in (await browser.open("/avisos")).text


async def test_a_mail_that_waits_too_long_before_a_cita_is_told(
    staffed: Staffed, enter: Enter, moving_clock: MovingClock
) -> None:
    await reserve(ROSA, slot_at(NINE))
    browser = await enter(staffed.supervisor)
    moving_clock.now = NINE - timedelta(hours=3)
    await sign_in(browser, staffed.supervisor, moving_clock.now)
    assert NOBODY in (await browser.open("/avisos")).text
    moving_clock.now = NINE - timedelta(hours=1)
    await sign_in(browser, staffed.supervisor, moving_clock.now)
    assert "Su correo todavía no sale y la cita está cerca" in (await browser.open("/avisos")).text
    moving_clock.now = NINE
    await sign_in(browser, staffed.supervisor, moving_clock.now)
    assert NOBODY in (await browser.open("/avisos")).text


async def test_no_one_is_called_about_what_is_over(staffed: Staffed, enter: Enter, moving_clock: MovingClock) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    await settle("failed", error="550")
    browser = await enter(staffed.supervisor)
    form = (await browser.open("/avisos")).form("Contestó")
    await cancel(cita.code, moving_clock(), RULES)
    assert NOBODY in (await browser.open("/avisos")).text
    assert "La cita cambió" in (await form.press(status=409)).text


async def test_a_call_without_an_outcome_notes_nothing(staffed: Staffed, enter: Enter) -> None:
    cita = await reserve(ROSA, slot_at(NINE))
    browser = await enter(staffed.supervisor)
    answer = await answer_to(browser, f"/avisos/llamadas/{cita.id}", {"resultado": "quizá"})
    assert answer.status_code == 422
    assert await one('SELECT count(*) FROM "contact_attempt"') == 0


async def test_the_nearest_come_first_and_each_once(staffed: Staffed, enter: Enter, moving_clock: MovingClock) -> None:
    for place, letter in enumerate("ABC"):
        person = replace(citizen_number(place), given_names=f"Persona {letter}")
        await reserve(person, slot_at(NINE + timedelta(hours=2 - place)))
    await settle("failed", error="550")
    await remind_batch(DUE, RULES)
    await settle("bounced", "reminder", error="5.1.1")
    page = await (await enter(staffed.supervisor)).open("/avisos")
    text = page.text.partition(TO_CALL)[2].partition("Correos del")[0]
    assert f"{TO_CALL} (3)" in page.text
    assert text.index("Persona C") < text.index("Persona B") < text.index("Persona A")
    assert text.count("volvió sin entregarse") == 3
    assert "no se pudo enviar" not in text
