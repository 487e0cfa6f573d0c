"""The reminder as it arrives, each attachment opened; and the mail of who books too late for one."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from portal.database.node import Node
from portal.domain.appointments import find_appointment
from portal.domain.changing import cancel, move
from portal.domain.links import read_link
from portal.domain.modality import Modality
from portal.domain.reminders import remind_batch
from portal.keys import Keys
from tests.mail.conftest import GOES_ON, OpenOffice, OpenServer, SetClock, states
from tests.mail.test_what_arrives import attachments, calendar_part, event_in, text_of
from tests.people import NOW, ROSA, RULES, build_world, reserve, slot_at

# Rosa's cita is on Monday at 9:00; her reminder goes on Sunday at 9:00.
STARTS = NOW + timedelta(days=4)
DUE = STARTS - timedelta(days=1)
LEAFLET = "cartilla-videollamada.pdf"


@pytest.fixture
async def booked(node: Node, open_server: OpenServer, open_office: OpenOffice) -> str:
    """Rosa's cita of Monday; its confirmation has arrived."""
    await build_world()
    code = (await reserve(ROSA, slot_at(STARTS))).code
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 1
    assert set(attachments(server.mood.received[0].message)) == {"constancia.pdf", "cita.ics"}
    return code


async def test_it_carries_indications_leaflet_slip_and_calendar(
    booked: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock, keys: Keys
) -> None:
    clock.now = DUE
    assert await remind_batch(DUE, RULES) == 1
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 1
    [received] = server.mood.received
    message = received.message
    assert received.recipients == ("rosa@example.org",)
    assert message["Subject"] == "Recuerda: tu cita es mañana, 9:00 a. m."
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@citas.example.org>")
    text = text_of(message)
    for words in ("lunes 11 de enero de 2027, 9:00 a. m.", "Prueba antes tu internet", "https://meet.google.com/"):
        assert words in text
        assert words in text_of(message, "html")
    opened_by = re.search(rf"https://citas\.example\.org/citas/{booked}\?k=(\S+)", text)
    assert opened_by is not None
    assert read_link(booked, opened_by[1], keys.access, DUE)

    files = attachments(message)
    assert set(files) == {"constancia.pdf", LEAFLET, "cita.ics"}
    leaflet, slip = PdfReader(BytesIO(files[LEAFLET])), PdfReader(BytesIO(files["constancia.pdf"]))
    assert len(leaflet.pages) <= 2
    steps = " ".join(" ".join(page.extract_text() for page in leaflet.pages).split())
    for words in ("Google Meet", "Desde tu celular", "Desde una computadora"):
        assert words in steps
    assert booked in slip.pages[0].extract_text().replace(" ", "")
    method, event = event_in(files["cita.ics"])
    assert (method, event.decoded("DTSTART")) == ("REQUEST", STARTS)
    assert calendar_part(message)[1]["UID"] == event["UID"]


async def test_one_that_comes_late_says_today(
    booked: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    clock.now = STARTS - timedelta(hours=1)
    await remind_batch(clock.now, RULES)
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    assert server.mood.received[0].message["Subject"] == "Recuerda: tu cita es hoy, 9:00 a. m."


@pytest.mark.parametrize("change", ["cancelled", "moved", "started"])
async def test_none_arrives_once_it_would_be_wrong(
    booked: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock, change: str
) -> None:
    await remind_batch(DUE, RULES)
    clock.now = DUE + timedelta(minutes=1)
    if change == "cancelled":
        await cancel(booked, clock.now, RULES)
    elif change == "moved":
        await move(booked, slot_at(STARTS + timedelta(days=2)), clock.now, RULES)
    else:
        clock.now = STARTS
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    assert [
        received.message["Subject"] for received in server.mood.received if "Recuerda" in received.message["Subject"]
    ] == []
    assert ("expired", "deadline" if change == "started" else "superseded") in await states()


@pytest.mark.parametrize("how", ["booked", "moved"])
async def test_who_books_or_moves_too_late_gets_everything_at_once(
    node: Node, open_server: OpenServer, open_office: OpenOffice, clock: SetClock, how: str
) -> None:
    await build_world()
    clock.now = DUE + timedelta(hours=1)
    code = (await reserve(ROSA, slot_at(STARTS), now=clock.now)).code
    if how == "moved":
        code = (await move(code, slot_at(STARTS + timedelta(hours=1)), clock.now, RULES)).code
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 1
    [received] = server.mood.received
    assert set(attachments(received.message)) == {"constancia.pdf", LEAFLET, "cita.ics"}
    for words in ("la cartilla que explica paso a paso", "Prueba antes tu internet"):
        assert words in text_of(received.message)
    cita = await find_appointment(code)
    assert cita is not None
    assert cita.reminded_at == clock.now
    assert await remind_batch(clock.now, RULES) == 0


async def test_a_cita_in_person_needs_no_leaflet(
    node: Node, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    await build_world()
    await reserve(ROSA, slot_at(STARTS, Modality.IN_PERSON))
    server = await open_server()
    office = open_office(server)
    await office.deliver_due(GOES_ON)
    clock.now = DUE
    await remind_batch(DUE, RULES)
    await office.deliver_due(GOES_ON)
    message = server.mood.received[1].message
    assert set(attachments(message)) == {"constancia.pdf", "cita.ics"}
    assert "Llega 10 minutos antes" in text_of(message)
    assert "videollamada" not in text_of(message)
