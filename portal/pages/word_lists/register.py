"""Words and sentences of the pages about the register."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.exports import ExportKind, ExportState

WORDS: Final[Mapping[StrEnum, str]] = {
    ExportKind.XLSX: "Excel",
    ExportKind.CSV: "CSV",
    ExportState.QUEUED: "En espera",
    ExportState.RUNNING: "En preparación",
    ExportState.DONE: "Listo",
    ExportState.FAILED: "No se pudo preparar",
}

SENTENCES: Final[Mapping[str, str]] = {
    "desde.malformed": "Escribe la primera fecha así: 27/03/2027",
    "hasta.malformed": "Escribe la última fecha así: 27/03/2027",
    "hasta.inverted": "La última fecha es anterior a la primera. Cambia una de las dos",
    "hasta.longer_than_a_year": "Elige como máximo un año: acerca las dos fechas",
}


def thousands(number: int) -> str:
    """A large number as Peru writes it: "200,000"."""
    return f"{number:,}"
