"""Put a letter into the form that mail travels in (MIME): texts, calendar part, attachments, headers.

Everything that people typed goes into bodies or through the library's typed headers, which refuse line breaks; the
recipient's name is in no header at all. No pictures, no tracking, nothing that is fetched when the mail is opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from portal.documents.calendar_file import CalendarFile
from portal.mail.courier import Parcel, Refused

CALENDAR_NAME: Final = "cita.ics"

# Seven bits everywhere: no server on the way has a reason to change a byte.
_PLAIN: Final = SMTP.clone(cte_type="7bit")
_INTERNATIONAL: Final = SMTP.clone(utf8=True)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said: one line of subject, and the same words as plain text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes: the address of the settings, and the host that message ids end with."""

    address: Address
    host: str


def read_sender(mail_from: str, origin: str) -> Sender:
    """The sender of a setting like ``Citas en línea <citas@example.org>``. Raises ValueError when it is not that."""
    name, _, mailbox = mail_from.rpartition("<")
    try:
        address = Address(name.strip().strip('"'), addr_spec=_ascii_domain(mailbox.rstrip("> ").strip()))
    except (ValueError, IndexError, MessageError):
        raise ValueError("must be an address, or a name and an address like <citas@example.org>") from None
    return Sender(address, mail_host(origin))


def read_recipient(text: str) -> Address:
    """An address that somebody typed, with its domain in ASCII. Raises Refused when mail cannot be sent to it."""
    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise Refused("address") from None
    return Address(username=found.local_part, domain=found.ascii_domain)


def mail_host(origin: str) -> str:
    """The host of the public origin as it stands in message ids and greetings; addresses in brackets (RFC 5321)."""
    host = urlsplit(origin).hostname or "localhost"
    if ":" in host:
        return f"[IPv6:{host}]"
    if host.replace(".", "").isdigit():
        return f"[{host}]"
    return host.encode("idna").decode()


def pack(
    letter: Letter,
    *,
    sender: Sender,
    recipient: Address,
    message_id: str,
    now: datetime,
    calendar: CalendarFile | None = None,
    attachments: tuple[Attachment, ...] = (),
    reply_to: Address | None = None,
) -> Parcel:
    """The message, ready to go. ``now`` (aware) becomes its date; the same ``message_id`` gives the same Message-ID."""
    addresses = [recipient] if reply_to is None else [recipient, reply_to]
    international = not all(address.addr_spec.isascii() for address in addresses)
    message = EmailMessage(policy=_INTERNATIONAL if international else _PLAIN)
    message["From"] = sender.address
    message["To"] = recipient
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = now
    message["Message-ID"] = f"<{message_id}@{sender.host}>"
    message["Auto-Submitted"] = "auto-generated"
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if calendar is not None:
        message.add_alternative(
            calendar.content.decode(), subtype="calendar", params={"method": calendar.method.value}, cte="base64"
        )
    for attachment in attachments:
        maintype, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name)
    if calendar is not None:
        # Once more as a file, for those whose mail program shows no calendar part.
        message.add_attachment(calendar.content, maintype="application", subtype="ics", filename=CALENDAR_NAME)
    message["Content-Language"] = "es"
    return Parcel(message_id, sender.address.addr_spec, recipient.addr_spec, message.as_bytes(), international)


def _ascii_domain(mailbox: str) -> str:
    name, at, domain = mailbox.rpartition("@")
    return f"{name}{at}{domain.encode('idna').decode()}"
