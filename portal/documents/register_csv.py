"""The register as CSV (RFC 4180): UTF-8 with the mark that Excel looks for, and no cell that acts."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Final

from portal.documents.register_columns import COLUMNS, as_text, cells_of
from portal.documents.spreadsheet import Cell, safe_cell
from portal.domain.register import RegisterRow

MEDIA_TYPE: Final = "text/csv"
_MARK: Final = "\ufeff"


def csv_heading() -> bytes:
    """The beginning of a file: the mark and the names of the columns."""
    return _MARK.encode() + _lines([[column.heading for column in COLUMNS]])


def csv_lines(rows: Iterable[RegisterRow]) -> bytes:
    """The lines of some rows."""
    return _lines([_plain(cell) for cell in cells_of(row)] for row in rows)


def _plain(cell: Cell) -> str:
    return safe_cell(cell.replace("\x00", "")) if isinstance(cell, str) else as_text(cell)


def _lines(cells: Iterable[list[str]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(cells)
    return text.getvalue().encode("utf-8", "replace")
