"""The form that mail travels in: headers that nobody can smuggle anything into, parts that mail programs understand."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.documents.calendar_file import CalendarFile, Method
from portal.mail.courier import Parcel, Refused
from portal.mail.message import Attachment, Letter, mail_host, pack, read_recipient, read_sender

NOW = datetime(2027, 1, 7, 14, 0, tzinfo=UTC)
SENDER = read_sender("Citas en línea <citas@example.org>", "https://citas.example.org")
LETTER = Letter("Tu cita está reservada", "Hola, Rosa María Ñahui:\n.\n", "<p>Hola, Rosa María Ñahui:</p>\n")
CALENDAR = CalendarFile("BEGIN:VCALENDAR\r\nSUMMARY:Atención\r\nEND:VCALENDAR\r\n".encode(), Method.REQUEST)
PDF = Attachment("constancia.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")


def packed(letter: Letter = LETTER, recipient: str = "rosa@example.org", **more: object) -> Parcel:
    to = read_recipient(recipient)
    return pack(letter, sender=SENDER, recipient=to, message_id="1-2-3", now=NOW, **more)  # type: ignore[arg-type]


def read(parcel: Parcel) -> EmailMessage:
    message = message_from_bytes(parcel.content, policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def test_headers() -> None:
    message = read(packed())
    assert {name: value for name, value in message.items() if not name.startswith(("Content-Type", "MIME"))} == {
        "From": "Citas en línea <citas@example.org>",
        "To": "rosa@example.org",
        "Subject": "Tu cita está reservada",
        "Date": "Thu, 07 Jan 2027 14:00:00 +0000",
        "Message-ID": "<1-2-3@citas.example.org>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "es",
    }


def test_the_envelope() -> None:
    parcel = packed()
    assert (parcel.name, parcel.sender, parcel.recipient) == ("1-2-3", "citas@example.org", "rosa@example.org")
    assert not parcel.international


def test_the_parts() -> None:
    message = read(packed(calendar=CALENDAR, attachments=(PDF,)))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/pdf",
        "application/ics",
    ]
    calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert calendar.get_content().encode() == CALENDAR.content
    files = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert files == {"constancia.pdf": PDF.content, "cita.ics": CALENDAR.content}


def test_texts_come_back_as_they_were() -> None:
    message = read(packed())
    assert [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()] == [LETTER.text, LETTER.html]


def test_every_byte_survives_an_old_server() -> None:
    content = packed(calendar=CALENDAR, attachments=(PDF,)).content
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "recipient",
    [
        "rosa@example.org\r\nBcc: otro@example.org",
        "rosa@example.org, otro@example.org",
        "Rosa <rosa@example.org>",
        "rosa@example.org\x00",
        "rosa",
        "",
        "@example.org",
        "rosa@",
        '"rosa> BODY"@example.org',
    ],
)
def test_what_is_no_address_is_refused(recipient: str) -> None:
    with pytest.raises(Refused, match=r"^address$"):
        read_recipient(recipient)


@given(st.text(max_size=60))
def test_nothing_in_a_subject_becomes_a_header(typed: str) -> None:
    message = message_from_bytes(packed(Letter(f"Cita\r\nBcc: x@example.org {typed}", "", "")).content, policy=SMTP)
    assert "Bcc" not in message
    assert message.get_content_type() == "multipart/alternative"
    assert len(message.keys()) == len(set(message.keys())) == 9


@given(st.text(max_size=200))
def test_nothing_in_a_text_becomes_a_part(typed: str) -> None:
    message = message_from_bytes(packed(Letter("Cita", f"Hola {typed}\r\n--=\r\n", "<p>")).content, policy=SMTP)
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_domain_beyond_ascii_travels_in_ascii() -> None:
    parcel = packed(recipient="rosa@ñandú.pe")
    assert (parcel.recipient, parcel.international) == ("rosa@xn--and-6ma2c.pe", False)
    assert parcel.content.isascii()


def test_a_name_beyond_ascii_needs_a_modern_server() -> None:
    parcel = packed(recipient="josé@ñandú.pe")
    assert (parcel.recipient, parcel.international) == ("josé@xn--and-6ma2c.pe", True)
    assert read(parcel)["To"] == "josé@xn--and-6ma2c.pe"


def test_an_answer_goes_to_who_asked() -> None:
    assert read(packed(reply_to=read_recipient("julio@example.org")))["Reply-To"] == "julio@example.org"


@pytest.mark.parametrize(
    ("setting", "name", "address"),
    [
        ("Citas en línea <citas@localhost>", "Citas en línea", "citas@localhost"),
        ("citas@example.org", "", "citas@example.org"),
        ('"Citas, MTPE" <citas@trabajo.gob.pe>', "Citas, MTPE", "citas@trabajo.gob.pe"),
        ("Citas <citas@ñandú.pe>", "Citas", "citas@xn--and-6ma2c.pe"),
    ],
)
def test_who_writes_is_a_setting(setting: str, name: str, address: str) -> None:
    sender = read_sender(setting, "https://citas.example.org").address
    assert (sender.display_name, sender.addr_spec) == (name, address)


@pytest.mark.parametrize(
    "setting", ["", "citas", "<>", "a b <c d@example.org>", "x\r\nBcc: <a@example.org>", "@", "a@"]
)
def test_a_wrong_setting_is_told(setting: str) -> None:
    with pytest.raises(ValueError, match="must be an address"):
        read_sender(setting, "https://citas.example.org")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://citas.trabajo.gob.pe", "citas.trabajo.gob.pe"),
        ("http://127.0.0.1:8000", "[127.0.0.1]"),
        ("http://[::1]:8000", "[IPv6:::1]"),
        ("https://ñandú.pe", "xn--and-6ma2c.pe"),
        ("http://localhost:8000", "localhost"),
    ],
)
def test_message_ids_end_with_our_host(origin: str, host: str) -> None:
    assert mail_host(origin) == host
