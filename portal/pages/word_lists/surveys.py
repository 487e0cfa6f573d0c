"""Words and sentences of the survey and its analysis, of the guide and of the times."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.surveys import Aspect

WORDS: Final[Mapping[StrEnum, str]] = {
    Aspect.COURTESY: "Trato",
    Aspect.INFORMATION: "Información",
    Aspect.TIME: "Tiempo",
    Aspect.ACCESS: "Acceso",
    Aspect.OUTCOME: "Resultado",
    Aspect.TRUST: "Confianza",
    Aspect.OVERALL: "En general",
}

SENTENCES: Final[Mapping[str, str]] = {
    "hacer.nothing": "Escribe al menos una indicación: qué decir, qué hacer o qué enviar",
    "general.missing": "Dinos cómo te atendimos en general",
}
