"""The calendar file of a cita (RFC 5545): one entry that follows the cita when it moves, and goes when it is cancelled.

Times are in UTC, which every calendar understands and shows in its owner's zone; Lima has no daylight saving time.
The method says what the file is for (RFC 5546):

- ``PUBLISH`` for what a citizen downloads. Calendars add it without asking anybody; importing it again updates the
  entry with the same UID. A REQUEST opened from a download makes some of them ask for an answer, or refuse it.
- ``REQUEST`` and ``CANCEL`` for mails, which is where Gmail, Outlook and Apple's Mail look for them: by UID and
  SEQUENCE, with the sender as organizer and the recipient as attendee, already accepted so that no answer is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache

from icalendar import Alarm, Calendar, Event, vCalAddress
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from portal.domain.modality import Modality
from portal.domain.spanish_dates import moment_in_words
from portal.places import TEMPLATES

PRODUCER = "-//Ministerio de Trabajo y Promoción del Empleo//Citas en línea//ES"
REMINDERS = (timedelta(days=1), timedelta(minutes=30))


class Method(StrEnum):
    """What a calendar is asked to do; also the ``method`` parameter of the mail part's content type."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class CalendarEntry:
    """A cita as a calendar shows it. Moments are aware.

    ``uid`` and the growing ``sequence`` belong to the cita through all its moves; ``changed_at`` is when it was last
    booked, moved or cancelled. ``guidance`` says how to enter the video call, or who calls.
    """

    uid: str
    sequence: int
    code: str
    service_name: str
    center_name: str
    center_address: str
    modality: Modality
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    manage_url: str
    guidance: str = ""
    video_link: str = ""
    cancelled: bool = False


@dataclass(frozen=True)
class CalendarMail:
    """Who invites and who is invited, when the file goes by mail: plain addresses."""

    organizer: str
    attendee: str


@dataclass(frozen=True)
class CalendarFile:
    content: bytes
    method: Method


@dataclass(frozen=True)
class _Words:
    """The entry's texts, from the template."""

    organizer: str
    summary: str
    location: str
    description: str


def write_calendar_file(entry: CalendarEntry, mail: CalendarMail | None = None) -> CalendarFile:
    """The file to download or, with ``mail``, the part of a message that the recipient's calendar applies itself."""
    method = _method(entry, mail)
    calendar = Calendar()
    calendar.add("PRODID", PRODUCER)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method.value)
    calendar.add_component(_event(entry, mail, _put_into_words(entry)))
    return CalendarFile(content=calendar.to_ical(), method=method)


def _method(entry: CalendarEntry, mail: CalendarMail | None) -> Method:
    if mail is None:
        return Method.PUBLISH
    return Method.CANCEL if entry.cancelled else Method.REQUEST


def _event(entry: CalendarEntry, mail: CalendarMail | None, words: _Words) -> Event:
    event = Event()
    event.add("UID", entry.uid)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", entry.changed_at.astimezone(UTC))
    event.add("LAST-MODIFIED", entry.changed_at.astimezone(UTC))
    event.add("DTSTART", entry.starts_at.astimezone(UTC))
    event.add("DTEND", entry.ends_at.astimezone(UTC))
    event.add("SUMMARY", words.summary)
    event.add("LOCATION", words.location)
    event.add("DESCRIPTION", words.description)
    event.add("URL", entry.video_link or entry.manage_url)
    event.add("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    if mail is not None:
        event.add("ORGANIZER", _address(mail.organizer, CN=words.organizer))
        event.add("ATTENDEE", _address(mail.attendee, ROLE="REQ-PARTICIPANT", PARTSTAT="ACCEPTED", RSVP="FALSE"))
    if not entry.cancelled:
        for before in REMINDERS:
            event.add_component(_alarm(before, words.summary))
    return event


def _address(mailbox: str, **parameters: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{mailbox}")
    for name, value in parameters.items():
        address.params[name] = value
    return address


def _alarm(before: timedelta, summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("TRIGGER", -before)
    alarm.add("DESCRIPTION", summary)
    return alarm


def _put_into_words(entry: CalendarEntry) -> _Words:
    words = _template().make_module({"entry": entry, "start": moment_in_words(entry.starts_at)})
    return _Words(**{field.name: str(getattr(words, field.name)).strip() for field in fields(_Words)})


@cache
def _template() -> Template:
    texts = Environment(  # noqa: S701  # plain text, which icalendar escapes as its format wants it
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return texts.get_template("documents/calendar_entry.txt")
