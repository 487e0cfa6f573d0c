"""Words and sentences of the pages about agenda."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.vocabulary import Preference

WORDS: Final[Mapping[StrEnum, str]] = {}

PREFERENCES: Final[Mapping[Preference, str]] = {
    Preference.PREGNANT: "Gestante",
    Preference.WITH_CHILD: "Con niñas o niños",
    Preference.OLDER: "60 años o más",
    Preference.DISABILITY: "Con discapacidad",
}
"""As the staff says it; the citizens' form says "yo"."""

SENTENCES: Final[Mapping[str, str]] = {
    # of the report
    "hasta.too_many_sheets": "Son más de {limit} hojas. Acorta las fechas, elige un consultor o usa la hoja de cálculo",
    # of a new cita: the staff types what somebody else says
    "origen.missing": "Elige si la persona llama por teléfono o está en el módulo",
    "fecha.malformed": "Escribe la fecha con día, mes y año",
    "tipo_documento.missing@desk": "Elige el tipo de documento",
    "tipo_documento.unknown@desk": "Elige el tipo de documento",
    "numero_documento.missing@desk": "Escribe el número del documento",
    "nombres.missing@desk": "Escribe los nombres",
    "apellido_paterno.missing@desk": "Escribe el primer apellido",
    "fecha_nacimiento.malformed@desk": "Escribe la fecha de nacimiento así: 27/03/1990",
    "fecha_nacimiento.future@desk": "La fecha de nacimiento no puede ser después de hoy",
    "fecha_nacimiento.too_old@desk": "Revisa el año de la fecha de nacimiento",
    "celular.missing@desk": "Escribe un celular o teléfono de la persona",
    "ubigeo.ambiguous@desk": "Hay varios distritos con ese nombre. Elige uno",
    "aviso_privacidad.missing@desk": "Lee el aviso de privacidad a la persona y marca que lo acepta",
}
