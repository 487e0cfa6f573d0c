"""The register as a workbook: its rows, the sums that they must make, and where the file comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from portal.documents.register_columns import COLUMNS, COLUMNS_VERSION, cells_of
from portal.documents.register_words import NO, YES, word
from portal.documents.spreadsheet import MOST_ROWS, Column, Sheet, SpreadsheetFile
from portal.domain.register import RegisterRow
from portal.domain.register_sums import Line, Reconciliation
from portal.domain.vocabulary import State

_HEADINGS: Final = tuple(Column(column.heading, column.width) for column in COLUMNS)
_SUMS: Final = (
    Column("Citas", 40),
    Column("En la base de datos", 16),
    Column("Filas escritas", 16),
    Column("Diferencia", 12),
    Column("Coincide", 10),
)
_ABOUT: Final = (Column("Dato", 28), Column("Valor", 60))
_ALL: Final = "Todos"
_ALL_SEDES: Final = "Todas"


@dataclass(frozen=True, slots=True)
class About:
    """Where a file comes from: who asked for which rows, when. Names are empty where all were asked for."""

    asked_by: str
    asked_at: datetime
    first_day: date
    last_day: date
    center: str
    consultant: str
    service: str
    state: State | None


class RegisterWorkbook:
    """A workbook on its way to a file: ``write`` its rows, then ``conclude``."""

    def __init__(self, path: Path, about: About) -> None:
        self._about = about
        self._file = SpreadsheetFile(path)
        self._file.describe("Registro de atenciones", "Citas en línea")
        self._sheets = 1
        self._rows: Sheet = self._file.add_sheet("Registro", _HEADINGS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Pack the file."""
        self._file.__exit__(None, None, None)

    def write(self, rows: Iterable[RegisterRow]) -> None:
        """Write rows; what one sheet does not hold goes on in the next."""
        for row in rows:
            if self._rows.rows >= MOST_ROWS - 1:
                self._sheets += 1
                self._rows = self._file.add_sheet(f"Registro {self._sheets}", _HEADINGS)
            self._rows.write(cells_of(row))

    def conclude(self, sums: Reconciliation) -> None:
        """Write the sums beside those of the rows, and where the file comes from."""
        self._write_sums(sums)
        self._write_about(sums)

    def _write_sums(self, sums: Reconciliation) -> None:
        sheet = self._file.add_sheet("Conciliación", _SUMS)
        sheet.write((_verdict(sums),))
        sheet.write(("Todas las citas", *_figures(sums.total)))
        sheet.write((None,))
        sheet.write(("Por estado",))
        for line in sums.states:
            sheet.write((word(line.state) if line.state else "", *_figures(line)))
        sheet.write(("Suma de los estados", *_figures(_sum(sums.states))))
        sheet.write((None,))
        sheet.write(("Por consultor",))
        for line in sums.consultants:
            sheet.write((line.name, *_figures(line)))
        sheet.write(("Suma de los consultores", *_figures(_sum(sums.consultants))))

    def _write_about(self, sums: Reconciliation) -> None:
        about, sheet = self._about, self._file.add_sheet("Datos del archivo", _ABOUT, landscape=False)
        for name, value in (
            ("Versión de columnas", COLUMNS_VERSION),
            ("Pedido por", about.asked_by),
            ("Pedido el", about.asked_at),
            ("Filas", sums.total.written),
            ("Citas desde", about.first_day),
            ("Citas hasta", about.last_day),
            ("Sede", about.center or _ALL_SEDES),
            ("Consultor", about.consultant or _ALL),
            ("Servicio", about.service or _ALL),
            ("Estado", word(about.state) if about.state else _ALL),
            ("Zona horaria", "America/Lima"),
        ):
            sheet.write((name, value))


def _verdict(sums: Reconciliation) -> str:
    if sums.agrees:
        return "Coincide: todas las citas son la suma de sus estados, y cada una tiene su fila"
    return "NO COINCIDE: revisa las diferencias antes de usar este archivo"


def _figures(line: Line) -> tuple[int, int, int, str]:
    return line.counted, line.written, line.written - line.counted, YES if line.agrees else NO


def _sum(lines: Iterable[Line]) -> Line:
    lines = tuple(lines)
    return Line(sum(line.counted for line in lines), sum(line.written for line in lines))
