"""Words and sentences of the survey and its analysis, of the guide and of the times."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.surveys import Aspect
from portal.domain.times import Part

WORDS: Final[Mapping[StrEnum, str]] = {
    Aspect.COURTESY: "Trato",
    Aspect.INFORMATION: "Información",
    Aspect.TIME: "Tiempo",
    Aspect.ACCESS: "Acceso",
    Aspect.OUTCOME: "Resultado",
    Aspect.TRUST: "Confianza",
    Aspect.OVERALL: "En general",
    Part.REMIND: "Recordatorio",
    Part.INVITE: "De la invitación al inicio",
    Part.ATTEND: "Del inicio al final",
    Part.SURVEY: "Envío de la encuesta",
    Part.REGISTER: "Registro de la atención",
    Part.TOTAL: "Total",
}

SENTENCES: Final[Mapping[str, str]] = {
    "hacer.nothing": "Escribe al menos una indicación: qué decir, qué hacer o qué enviar",
    "hasta.longer_than_days": "Elige como máximo {limit} días: acerca las dos fechas",
    "general.missing": "Dinos cómo te atendimos en general",
}
