"""From a booking to the mailbox: what arrives for each kind of message, and what goes with it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID

from icalendar import Calendar
from pypdf import PdfReader

from portal.database.node import Node, fetch
from portal.domain.answering import answer_question, forward_question
from portal.domain.appointments import AppointmentView, find_appointment
from portal.domain.audit import Actor
from portal.domain.changing import cancel, move
from portal.domain.displaced import seat_again
from portal.domain.files import CheckedFile, MediaType
from portal.domain.links import read_link
from portal.domain.questions import ask_question
from portal.domain.spanish_dates import moment_in_words
from portal.domain.staff import find_staff
from portal.keys import Keys
from tests.mail.conftest import GOES_ON, STARTS, OpenOffice, OpenServer, SetClock, states
from tests.people import NOW, ROSA, RULES, World, build_world, reserve, slot_at
from tests.portal.walking import one
from tests.staffing import add_staff

MINUTE = timedelta(minutes=1)


async def _ids(cita: AppointmentView) -> tuple[UUID, UUID, tuple[UUID, ...]]:
    """Center, service and consultores of a cita's world."""
    row = (await fetch('SELECT "center", "service" FROM "appointment" WHERE "id" = {}', cita.id))[0]
    staff = await fetch('SELECT "id" FROM "staff" ORDER BY "username"')
    return row["center"], row["service"], tuple(person["id"] for person in staff)


async def view(code: str) -> AppointmentView:
    found = await find_appointment(code)
    assert found is not None
    return found


def attachments(message: EmailMessage) -> dict[str, Any]:
    return {part.get_filename() or "": part.get_content() for part in message.iter_attachments()}


def text_of(message: EmailMessage, subtype: str = "plain") -> str:
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content())


def event_in(content: bytes | str) -> tuple[str, Any]:
    """The method of a calendar file, and its only event."""
    calendar = Calendar.from_ical(content)
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def calendar_part(message: EmailMessage) -> tuple[str, Any]:
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    method, event = event_in(part.get_content())
    assert part["Content-Type"].params["method"] == method
    return method, event


async def test_a_booking_is_confirmed(code: str, open_server: OpenServer, open_office: OpenOffice, keys: Keys) -> None:
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 1
    assert await states() == [("sent", "")]
    [received] = server.mood.received
    message = received.message
    assert received.recipients == ("rosa@example.org",)
    assert message["Subject"] == "Tu cita está reservada: viernes 8 de enero de 2027, 9:00 a. m."
    assert f"{code[:4]} {code[4:]}" in text_of(message)
    opened_by = re.search(rf"https://citas\.example\.org/citas/{code}\?k=(\S+)", text_of(message))
    assert opened_by is not None
    assert read_link(code, opened_by[1], keys.access, NOW)


async def test_the_slip_goes_with_it(code: str, open_server: OpenServer, open_office: OpenOffice) -> None:
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    slip = PdfReader(BytesIO(attachments(server.mood.received[0].message)["constancia.pdf"]))
    words = " ".join(slip.pages[0].extract_text().split())
    assert len(slip.pages) == 1
    assert "viernes 8 de enero de 2027" in words
    assert "Rosa María Ñahui Quispe" in words
    assert code in words.replace(" ", "")
    assert [round(float(side) / 72 * 25.4) for side in slip.pages[0].mediabox[2:]] == [148, 210]


async def test_a_calendar_follows_the_cita_to_its_end(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server()
    office = open_office(server)
    await office.deliver_due(GOES_ON)
    clock.advance(MINUTE)
    moved = await move(code, slot_at(STARTS + timedelta(hours=1)), clock(), RULES)
    await office.deliver_due(GOES_ON)
    clock.advance(MINUTE)
    await cancel(moved.code, clock(), RULES)
    await office.deliver_due(GOES_ON)

    booked, changed, ended = [calendar_part(received.message) for received in server.mood.received]
    assert [method for method, _ in (booked, changed, ended)] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [event for _, event in (booked, changed, ended)]
    assert len({event["UID"] for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert [event.decoded("DTSTART") for event in events] == [STARTS] + [STARTS + timedelta(hours=1)] * 2
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert {str(event["ORGANIZER"]) for event in events} == {"mailto:citas@example.org"}
    assert {str(event["ATTENDEE"]) for event in events} == {"mailto:rosa@example.org"}
    for received, part in zip(server.mood.received, (booked, changed, ended), strict=True):
        assert event_in(attachments(received.message)["cita.ics"])[1]["SEQUENCE"] == part[1]["SEQUENCE"]


async def test_a_move_says_old_and_new(code: str, open_server: OpenServer, open_office: OpenOffice) -> None:
    server = await open_server()
    await move(code, slot_at(STARTS + timedelta(hours=1)), NOW, RULES)
    assert await open_office(server).deliver_due(GOES_ON) == 1
    message = server.mood.received[0].message
    assert "Antes: viernes 8 de enero de 2027, 9:00 a. m. (ya no vale)" in text_of(message)
    assert "Ahora: viernes 8 de enero de 2027, 10:00 a. m." in text_of(message)
    assert "constancia.pdf" in attachments(message)
    assert sorted(await states()) == [("expired", "superseded"), ("sent", "")]


async def test_a_cita_that_got_another_seat_keeps_its_code(
    code: str, open_server: OpenServer, open_office: OpenOffice
) -> None:
    server = await open_server()
    office = open_office(server)
    await office.deliver_due(GOES_ON)
    await fetch('UPDATE "seat" SET "is_open" = {}, "appointment" = NULL WHERE "starts_at" = {}', *(False, STARTS))
    await fetch('UPDATE "appointment" SET "seat" = NULL, "displaced" = {} WHERE "code" = {}', *(True, code))
    cita = (await view(code)).id
    moment, _ = await seat_again(cita, None, Actor(None, "192.0.2.7"), NOW, RULES)
    assert await office.deliver_due(GOES_ON) == 1
    message = server.mood.received[1].message
    for text in (text_of(message), text_of(message, "html")):
        assert "Tu código es el mismo" in text
        assert "Antes:" not in text
        assert "El código también cambió" not in text
    assert f"Ahora: {moment_in_words(moment)}" in text_of(message)
    slip = PdfReader(BytesIO(attachments(message)["constancia.pdf"])).pages[0].extract_text()
    assert code in slip.replace(" ", "")
    method, event = calendar_part(message)
    assert (method, event["SEQUENCE"], event.decoded("DTSTART")) == ("REQUEST", 1, moment)


async def test_a_cancellation_needs_no_slip(code: str, open_server: OpenServer, open_office: OpenOffice) -> None:
    server = await open_server()
    await cancel(code, NOW, RULES)
    assert await open_office(server).deliver_due(GOES_ON) == 1
    message = server.mood.received[0].message
    assert message["Subject"] == "Tu cita fue anulada: viernes 8 de enero de 2027, 9:00 a. m."
    assert set(attachments(message)) == {"cita.ics"}


async def test_a_doubt_reaches_the_consultor_with_its_copy(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server()
    office = open_office(server)
    await office.deliver_due(GOES_ON)
    cita = await view(code)
    copy = CheckedFile(MediaType.JPEG, b"\xff\xd8\xff\xe0", sha256(b"\xff\xd8\xff\xe0").hexdigest())
    await ask_question(cita.id, cita.email, cita.consultant_email, "¿Puedo ir con mi hijo?", copy, clock())
    assert await office.deliver_due(GOES_ON) == 2
    by_recipient = {received.recipients[0]: received.message for received in server.mood.received[1:]}
    for_staff = by_recipient.pop(cita.consultant_email)
    assert "¿Puedo ir con mi hijo?" in text_of(for_staff)
    assert for_staff["Reply-To"] == "rosa@example.org"
    assert attachments(for_staff) == {"documento.jpg": copy.content}
    assert attachments(by_recipient["rosa@example.org"]) == {}


async def test_a_doubt_goes_to_the_responsable_and_its_answer_to_who_asked(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server()
    office = open_office(server)
    cita = await view(code)
    staffed = await add_staff(World(*(await _ids(cita))))
    question = await ask_question(cita.id, cita.email, "", "¿Puedo ir con mi hijo?", None, clock())
    await office.deliver_due(GOES_ON)
    consultor = await find_staff(await one('SELECT "consultant" FROM "appointment"'))
    responsable = await find_staff(staffed.supervisor)
    assert consultor is not None
    assert responsable is not None
    clock.advance(MINUTE)
    await forward_question(question, consultor, "No sé qué decirle.", clock())
    await office.deliver_due(GOES_ON)
    forwarded = server.mood.received[-1]
    assert forwarded.recipients == ("responsable@example.org",)
    assert forwarded.message["Subject"] == f"Te derivaron una consulta: cita {code}"
    for words in ("No sé qué decirle.", "¿Puedo ir con mi hijo?", f"https://citas.example.org/incidencias/{question}"):
        assert words in text_of(forwarded.message)
    clock.advance(MINUTE)
    await answer_question(question, responsable, "Sí, ven con él.", clock())
    await office.deliver_due(GOES_ON)
    answered = server.mood.received[-1]
    assert answered.recipients == ("rosa@example.org",)
    assert "Elena Ríos responde a tu consulta." in text_of(answered.message)
    assert "Sí, ven con él." in text_of(answered.message)
    assert {state for state, _ in await states()} == {"sent"}


async def test_what_was_answered_is_forwarded_to_nobody(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server()
    cita = await view(code)
    staffed = await add_staff(World(*(await _ids(cita))))
    question = await ask_question(cita.id, "", "", "¿Puedo ir con mi hijo?", None, clock())
    consultor = await find_staff(await one('SELECT "consultant" FROM "appointment"'))
    responsable = await find_staff(staffed.supervisor)
    assert consultor is not None
    assert responsable is not None
    await forward_question(question, consultor, "nota", clock())
    await answer_question(question, responsable, "Sí.", clock())
    await open_office(server).deliver_due(GOES_ON)
    assert "responsable@example.org" not in {received.recipients[0] for received in server.mood.received}


async def test_a_hostile_name_changes_nothing_but_the_greeting(
    node: Node, open_server: OpenServer, open_office: OpenOffice
) -> None:
    await build_world()
    hostile = replace(ROSA, given_names='"><script>x</script>', first_surname="=?utf-8?q?=0D=0ABcc:_x?=")
    await reserve(hostile, slot_at(STARTS))
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 1
    message = server.mood.received[0].message
    assert "Bcc" not in message
    assert "<script>" not in text_of(message, "html")
