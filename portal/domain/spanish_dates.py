"""Days and times in Spanish words, as Peru writes them: the one place that knows the names of days and months.

Moments come as aware datetimes (UTC in the database) and are told in the time of Lima. All spaces are plain ones, so
that what a page or a PDF says can be searched for and copied; keeping "9:30 a. m." on one line is the style sheet's
business.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LIMA = ZoneInfo("America/Lima")

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "setiembre",
    "octubre",
    "noviembre",
    "diciembre",
)


def local_day(moment: datetime) -> date:
    """The calendar day in Lima of an aware moment. Raises ValueError when the moment carries no time zone."""
    return _in_lima(moment).date()


def midnight_before(moment: datetime) -> datetime:
    """The midnight, in UTC, with which the local day of an aware moment began in Lima."""
    return datetime.combine(local_day(moment), time(), tzinfo=LIMA).astimezone(UTC)


def date_in_words(day: date) -> str:
    """A day with its weekday: "lunes 4 de enero de 2027"."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} de {MONTHS[day.month - 1]} de {day.year}"


def time_in_words(moment: datetime) -> str:
    """The time of day in Lima of an aware moment: "9:30 a. m.", "12:00 p. m." at noon."""
    local = _in_lima(moment)
    half = "a. m." if local.hour < 12 else "p. m."
    return f"{local.hour % 12 or 12}:{local.minute:02} {half}"


def moment_in_words(moment: datetime) -> str:
    """Day and time in Lima of an aware moment: "lunes 4 de enero de 2027, 9:30 a. m."."""
    return f"{date_in_words(local_day(moment))}, {time_in_words(moment)}"


def month_in_words(day: date) -> str:
    """The month that a day lies in: "enero de 2027"."""
    return f"{MONTHS[day.month - 1]} de {day.year}"


def short_date(day: date) -> str:
    """A day where there is little room: "lun. 4 ene."."""
    return f"{WEEKDAYS[day.weekday()][:3]}. {day.day} {MONTHS[day.month - 1][:3]}."


def _in_lima(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone to be told in Lima's time")
    return moment.astimezone(LIMA)
