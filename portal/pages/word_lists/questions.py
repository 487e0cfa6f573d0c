"""Words and sentences of the pages about questions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from portal.domain.incidents import Waiting, Whose
from portal.domain.vocabulary import FileKind, QuestionState

WORDS: Final[Mapping[StrEnum, str]] = {
    QuestionState.OPEN: "Por responder",
    QuestionState.FORWARDED: "Derivada",
    QuestionState.ANSWERED: "Respondida",
    Waiting.PENDING: "Pendientes",
    Waiting.FORWARDED: "Derivadas",
    Waiting.ANSWERED: "Respondidas",
    Whose.MINE: "Las mías",
    Whose.ALL: "Todas las que veo",
    FileKind.CV: "Currículum (CV)",
    FileKind.QUESTION: "Copia del documento",
}

SENTENCES: Final[Mapping[str, str]] = {
    "respuesta.missing": "Escribe la respuesta",
    "nota.missing": "Escribe una nota para el responsable: qué pide y qué probaste ya",
}

_UNITS: Final = (
    (timedelta(days=1), "día", "días"),
    (timedelta(hours=1), "hora", "horas"),
    (timedelta(minutes=1), "minuto", "minutos"),
)


def span_in_words(span: timedelta) -> str:
    """How long something lasts, in its largest whole unit: "3 días", "1 hora", "menos de 1 minuto"."""
    for unit, one, many in _UNITS:
        if (number := span // unit) >= 1:
            return f"{number} {one if number == 1 else many}"
    return "menos de 1 minuto"
