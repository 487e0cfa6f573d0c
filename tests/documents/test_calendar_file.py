"""The calendar file: read back by a parser, as a phone would."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from portal.documents.calendar_file import CalendarEntry, CalendarMail, Method, write_calendar_file
from portal.domain.modality import Modality

ENTRY = CalendarEntry(
    uid="5f1c7f0e-6d1b-4c0e-9a44-2d9d0f8f6a10",
    sequence=0,
    code="K7WM3R9H",
    service_name="Bolsa de Trabajo",
    center_name="Centro de Empleo – Sede Central",
    center_address="Av. Salaverry 655, Jesús María; Lima",
    modality=Modality.IN_PERSON,
    starts_at=datetime(2027, 1, 4, 14, 30, tzinfo=UTC),
    ends_at=datetime(2027, 1, 4, 15, 0, tzinfo=UTC),
    changed_at=datetime(2026, 12, 28, 20, 5, tzinfo=UTC),
    manage_url="https://citas.trabajo.gob.pe/citas",
)
MAIL = CalendarMail(organizer="citas@trabajo.gob.pe", attendee="rosa@example.com")


def read_back(entry: CalendarEntry, mail: CalendarMail | None = None) -> tuple[Any, Any]:
    """The calendar and its one event; untyped, since a property may be any of thirty types of the parser."""
    calendar = Calendar.from_ical(write_calendar_file(entry, mail).content)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_a_download_is_an_entry_to_publish_with_the_cita_in_it() -> None:
    calendar, event = read_back(ENTRY)
    assert (calendar["METHOD"], calendar["VERSION"]) == ("PUBLISH", "2.0")
    assert event["UID"] == ENTRY.uid
    assert event["SEQUENCE"] == 0
    assert event["DTSTART"].dt == ENTRY.starts_at
    assert event["DTEND"].dt == ENTRY.ends_at
    assert event["SUMMARY"] == "Cita: Bolsa de Trabajo"
    assert event["LOCATION"] == "Centro de Empleo – Sede Central, Av. Salaverry 655, Jesús María; Lima"
    assert event["STATUS"] == "CONFIRMED"
    description = str(event["DESCRIPTION"])
    assert description.startswith("lunes 4 de enero de 2027, 9:30 a. m.\nCódigo de tu cita: K7WM3R9H\n")
    assert "https://citas.trabajo.gob.pe/citas" in description
    assert "ATTENDEE" not in event


def test_times_are_written_in_utc_so_that_no_calendar_needs_a_table_of_zones() -> None:
    content = write_calendar_file(ENTRY).content
    assert b"DTSTART:20270104T143000Z\r\n" in content
    assert b"VTIMEZONE" not in content


def test_lines_are_folded_at_75_bytes_and_end_in_crlf() -> None:
    content = write_calendar_file(replace(ENTRY, guidance="ñandú " * 40)).content
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line for line in lines)


def test_the_phone_reminds_the_day_before_and_half_an_hour_before() -> None:
    _, event = read_back(ENTRY)
    alarms = event.walk("VALARM")
    assert [alarm["TRIGGER"].dt for alarm in alarms] == [-timedelta(days=1), -timedelta(minutes=30)]
    assert {str(alarm["ACTION"]) for alarm in alarms} == {"DISPLAY"}


def test_a_mailed_entry_is_a_request_between_sender_and_recipient_that_needs_no_answer() -> None:
    calendar, event = read_back(ENTRY, MAIL)
    assert calendar["METHOD"] == write_calendar_file(ENTRY, MAIL).method == Method.REQUEST
    assert event["ORGANIZER"] == "mailto:citas@trabajo.gob.pe"
    assert event["ATTENDEE"] == "mailto:rosa@example.com"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


def test_a_move_is_the_same_entry_with_a_higher_sequence() -> None:
    later = timedelta(days=2)
    moved = replace(ENTRY, sequence=1, starts_at=ENTRY.starts_at + later, ends_at=ENTRY.ends_at + later)
    _, before = read_back(ENTRY, MAIL)
    _, after = read_back(moved, MAIL)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt - before["DTSTART"].dt == later


@pytest.mark.parametrize(("mail", "method"), [(None, Method.PUBLISH), (MAIL, Method.CANCEL)])
def test_a_cancelled_cita_is_cancelled_in_the_calendar_and_rings_no_more(
    mail: CalendarMail | None, method: Method
) -> None:
    calendar, event = read_back(replace(ENTRY, sequence=2, cancelled=True), mail)
    assert calendar["METHOD"] == method
    assert event["STATUS"] == "CANCELLED"
    assert event["SUMMARY"] == "Cita anulada: Bolsa de Trabajo"
    assert event["UID"] == ENTRY.uid
    assert not event.walk("VALARM")


def test_a_video_call_has_its_link_where_calendars_look_for_it() -> None:
    link = "https://meet.google.com/abc-defg-hij"
    virtual = replace(
        ENTRY, modality=Modality.VIRTUAL, video_link=link, guidance="Toca el enlace a la hora de tu cita."
    )
    _, event = read_back(virtual)
    assert event["LOCATION"] == event["URL"] == link
    assert "Toca el enlace a la hora de tu cita." in event["DESCRIPTION"]


def test_a_video_call_without_link_yet_and_a_telephone_call_say_what_they_are() -> None:
    _, virtual = read_back(replace(ENTRY, modality=Modality.VIRTUAL))
    _, call = read_back(replace(ENTRY, modality=Modality.PHONE, guidance="Te llamamos al 9•• ••• 321."))
    assert virtual["LOCATION"] == "Videollamada por Google Meet"
    assert call["LOCATION"] == "Por teléfono"
    assert "Te llamamos al 9•• ••• 321." in call["DESCRIPTION"]


def test_text_cannot_break_out_of_its_line() -> None:
    _, event = read_back(replace(ENTRY, center_name="Sede\r\nSTATUS:CANCELLED\r\nX-EVIL:1", service_name="A;B,C\\n"))
    assert event["STATUS"] == "CONFIRMED"
    assert "X-EVIL" not in event
    assert event["SUMMARY"] == "Cita: A;B,C\\n"
