"""Spreadsheets: rows written as they come, in constant memory, with nothing in them that acts.

What people typed is text in every cell and never a formula. Days, times and numbers are what they are, so that a sheet
sorts and adds up; moments are told in the time of Lima.

    with SpreadsheetFile(path) as file:
        sheet = file.add_sheet("Citas", (Column("Fecha", 12), Column("Usuario", 32)))
        sheet.write((local_day(cita.starts_at), cita.full_name))
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from xlsxwriter import Workbook

from portal.domain.spanish_dates import LIMA

Cell: TypeAlias = str | int | float | date | datetime | time | None
"""What a cell may hold; datetimes are aware. ``None`` leaves it empty."""

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS: Final = 1_048_576
"""What the format allows in one sheet, the heading included."""

_LONGEST_TEXT: Final = 32_767
_ACTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
# Excel reads the wide forms that are typed on keyboards of East Asia as the plain ones.
_WIDE: Final = {"＝": "=", "＋": "+", "－": "-", "＠": "@"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: what it is called, and how many characters wide it is shown."""

    heading: str
    width: float = 14


def may_act(text: str) -> bool:
    """Whether a spreadsheet program could take a text for a formula: by how it begins, spaces and quotes aside."""
    begins = text.lstrip(' "\u00a0\ufeff')[:1] or text[:1]
    return _WIDE.get(begins, begins) in _ACTS


def safe_cell(text: str) -> str:
    """A text as a CSV file may carry it: what could be taken for a formula begins with an apostrophe."""
    return f"'{text}" if may_act(text) else text


class SpreadsheetFile:
    """A spreadsheet on its way to a file, which is whole once this is left without an error.

    Not for several threads at once; writing blocks, so large ones belong into a thread.
    """

    def __init__(self, path: Path) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        self._book = Workbook(str(path), options)
        self.formats = _Formats(self._book)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._book.close()  # also after an error: nothing else removes the temporary files of its rows

    def describe(self, title: str, author: str) -> None:
        """What the file says of itself."""
        self._book.set_properties({"title": title, "author": author})

    def add_sheet(self, name: str, columns: Sequence[Column], *, landscape: bool = True) -> Sheet:
        """A sheet with its heading, which stays in sight. ``name`` has at most 31 characters."""
        return Sheet(self._book.add_worksheet(name), self.formats, columns, landscape=landscape)


class _Formats:
    """How cells look, made once in each file."""

    def __init__(self, book: Workbook) -> None:
        self.heading = book.add_format({"bold": True, "bg_color": "#E8E8E8", "border": 1, "text_wrap": True})
        self.text = book.add_format({"num_format": "@", "valign": "top"})
        # Stays text also when somebody edits the cell.
        self.quoted = book.add_format({"num_format": "@", "quote_prefix": True, "valign": "top"})
        self.day = book.add_format({"num_format": "dd/mm/yyyy", "align": "left", "valign": "top"})
        self.time = book.add_format({"num_format": "hh:mm", "align": "left", "valign": "top"})
        self.moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left", "valign": "top"})
        self.number = book.add_format({"valign": "top"})


class Sheet:
    """One sheet; its rows are written from the top down and cannot be changed afterwards."""

    def __init__(self, sheet: Any, formats: _Formats, columns: Sequence[Column], *, landscape: bool) -> None:
        self._sheet = sheet
        self._formats = formats
        self.rows = 0
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        if landscape:
            sheet.set_landscape()
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.heading, formats.heading)

    def write(self, cells: Iterable[Cell]) -> None:
        """Write the next row. Raises ValueError when the sheet is full, or a moment has no time zone."""
        self.rows += 1
        if self.rows >= MOST_ROWS:
            raise ValueError(f"a sheet takes at most {MOST_ROWS} rows")
        for number, cell in enumerate(cells):
            self._write_cell(number, cell)

    def write_all(self, rows: Iterable[Iterable[Cell]]) -> None:
        """Write several rows. Raises as ``write`` does."""
        for row in rows:
            self.write(row)

    def _write_cell(self, number: int, cell: Cell) -> None:
        formats, place = self._formats, (self.rows, number)
        match cell:
            case None | "":
                return
            case str():
                text = _printable(cell)[:_LONGEST_TEXT]
                self._sheet.write_string(*place, text, formats.quoted if may_act(text) else formats.text)
            case datetime():
                if cell.tzinfo is None:
                    raise ValueError("a moment needs a time zone to be told in Lima's time")
                local = cell.astimezone(LIMA).replace(tzinfo=None)
                self._sheet.write_datetime(*place, local, formats.moment)
            case date():
                self._sheet.write_datetime(*place, cell, formats.day)
            case time():
                self._sheet.write_datetime(*place, cell, formats.time)
            case _:
                self._sheet.write_number(*place, cell, formats.number)


def _printable(text: str) -> str:
    """Without what the format cannot hold: control characters but for breaks, and halves of characters."""
    if text.isprintable():
        return text
    return "".join(letter for letter in text if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cs"})
