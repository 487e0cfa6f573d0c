"""Day sheets: the citas of a consultor's day on paper, so that a power cut stops nobody (PE-BT-01, activity 02)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from portal.documents.register_words import word
from portal.domain.desk import DeskCita
from portal.domain.modality import Modality
from portal.domain.spanish_dates import date_in_words, local_day, moment_in_words, time_in_words
from portal.domain.vocabulary import State
from portal.forms.contact import phone_in_words

SHEETS_TITLE: Final = "Hojas del día"
MOST_SHEETS: Final = 60
"""How many sheets are printed at once: a day of a large sede. A process sets some ten a second."""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A cita on a sheet, in words. ``marks`` are what to know beforehand; ``state`` is empty while it is reserved."""

    time: str
    code: str
    name: str
    document: str
    way: str
    phone: str
    link: str
    marks: tuple[str, ...]
    motive: str
    state: str


@dataclass(frozen=True, slots=True)
class DaySheet:
    """One consultor's day."""

    consultant: str
    center: str
    day: str
    lines: tuple[SheetLine, ...]


@dataclass(frozen=True, slots=True)
class DaySheets:
    """What is printed at once: a sheet for each consultor and day."""

    title: str
    printed_at: str
    sheets: tuple[DaySheet, ...]


def day_sheets_of(citas: Iterable[DeskCita], title: str, now: datetime) -> DaySheets:
    """The sheets of some citas, by day and then by consultor. ``now`` (aware) is when they are printed."""

    def sheet_of(cita: DeskCita) -> tuple[object, ...]:
        return (local_day(cita.starts_at), cita.consultant_name, cita.consultant, cita.center_name)

    ordered = sorted(citas, key=lambda cita: (*map(str, sheet_of(cita)), cita.starts_at))
    sheets = []
    for _, group in groupby(ordered, sheet_of):
        of_day = tuple(group)
        first = of_day[0]
        sheets.append(
            DaySheet(
                consultant=first.consultant_name,
                center=first.center_name,
                day=date_in_words(local_day(first.starts_at)),
                lines=tuple(_line(cita) for cita in of_day),
            )
        )
    return DaySheets(title, moment_in_words(now), tuple(sheets))


def _line(cita: DeskCita) -> SheetLine:
    marks = []
    if cita.preference is not None:
        marks.append(f"Preferente: {word(cita.preference).lower()}")
    if cita.needs_interpreter:
        marks.append(f"Intérprete: {word(cita.language).lower()}")
    if cita.displaced:
        marks.append("Sin cupo: reubicar")
    way = Modality(cita.channel) if cita.channel else cita.modality
    return SheetLine(
        time=time_in_words(cita.starts_at),
        code=cita.code,
        name=cita.full_name,
        document=f"{word(cita.document_type)} {cita.document_number}",
        way=word(way),
        phone=phone_in_words(cita.phone) if cita.phone else "",
        link=cita.meet_link.removeprefix("https://") if way is Modality.VIRTUAL else "",
        marks=tuple(marks),
        motive=" ".join(cita.motive.split()),
        state="" if cita.state is State.RESERVED else word(cita.state),
    )
