"""The catalogue: what every closed set of the domain is called in Spanish, and the sentence for every mistake.

Templates use it by filters (``{{ day.status|word }}``, ``{{ mistake|sentence }}``); handlers hold no words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from portal.domain import spanish_dates
from portal.domain.files import MediaType
from portal.domain.modality import Modality
from portal.domain.slots import DayStatus
from portal.domain.vocabulary import DocumentType, Language, Preference, State
from portal.forms.contact import phone_in_words
from portal.forms.state import Mistake
from portal.pages.word_lists import access, agenda, attention, kiosks, messages, questions, register, surveys

_OWN: Final[Mapping[StrEnum, str]] = {
    Modality.VIRTUAL: "Videollamada",
    Modality.IN_PERSON: "En persona",
    Modality.PHONE: "Por teléfono",
    State.RESERVED: "Reservada",
    State.IN_ATTENTION: "En atención",
    State.ATTENDED: "Atendida",
    State.CANCELLED: "Anulada",
    State.RESCHEDULED: "Reprogramada",
    State.ABANDONED: "Abandonada",
    State.NOT_HELD: "No realizada",
    DocumentType.DNI: "DNI",
    DocumentType.FOREIGNER_CARD: "Carné de extranjería",
    DocumentType.PASSPORT: "Pasaporte",
    DocumentType.REFUGEE: "Documento de refugio",
    DocumentType.DIPLOMATIC: "Cédula diplomática",
    DocumentType.TEMPORARY_PERMIT: "PTP (permiso temporal de permanencia)",
    DocumentType.FOREIGN_IDENTITY: "Documento de identidad extranjero",
    DocumentType.CPP_CARD: "Carné CPP",
    Preference.PREGNANT: "Estoy embarazada",
    Preference.WITH_CHILD: "Voy con una niña o un niño",
    Preference.OLDER: "Tengo 60 años o más",
    Preference.DISABILITY: "Tengo una discapacidad",
    Language.SPANISH: "Castellano",
    Language.QUECHUA: "Quechua, con intérprete",
    Language.AYMARA: "Aimara, con intérprete",
    Language.ASHANINKA: "Asháninka, con intérprete",
    Language.AWAJUN: "Awajún, con intérprete",
    Language.SHIPIBO: "Shipibo-konibo, con intérprete",
    Language.SIGN: "Lengua de señas peruana, con intérprete",
    Language.OTHER: "Otra lengua, con intérprete",
    MediaType.PDF: "PDF",
    MediaType.DOCX: "Word",
    MediaType.JPEG: "foto JPG",
    MediaType.PNG: "imagen PNG",
    DayStatus.FREE: "Libre",
    DayStatus.FULL: "Lleno",
    DayStatus.PAUSED: "En pausa",
    DayStatus.HOLIDAY: "Feriado",
    DayStatus.CLOSED: "Cerrado",
    DayStatus.NO_HOURS: "No atiende",
    DayStatus.TOO_SOON: "Ya no",
    DayStatus.PAST: "Pasó",
    DayStatus.BEYOND: "Aún no",
}

_LISTS: Final = (
    _OWN,
    access.WORDS,
    agenda.WORDS,
    attention.WORDS,
    kiosks.WORDS,
    messages.WORDS,
    messages.FATES,
    messages.REASONS,
    messages.ANSWERS,
    questions.WORDS,
    register.WORDS,
    surveys.WORDS,
)

# By kind and value: members of different kinds that have the same value are equal, so they would share their words.
WORDS: Final[Mapping[tuple[type[StrEnum], str], str]] = {
    (type(member), member.value): words for listed in _LISTS for member, words in listed.items()
}

SENTENCES: Final[Mapping[str, str]] = {
    # of one field
    "tipo_documento.missing": "Elige tu tipo de documento",
    "tipo_documento.unknown": "Elige tu tipo de documento",
    "numero_documento.missing": "Escribe el número de tu documento",
    "numero_documento.dni_length": "El DNI tiene 8 dígitos. Revisa el número",
    "numero_documento.dni_repeated": "Ese no es un número de DNI. Revisa el número",
    "numero_documento.symbols": "El número de documento solo lleva letras y números",
    "numero_documento.too_long": "El número de documento tiene como máximo {limit} letras y números",
    "nombres.missing": "Escribe tus nombres",
    "apellido_paterno.missing": "Escribe tu primer apellido",
    "fecha_nacimiento.malformed": "Escribe tu fecha de nacimiento así: 27/03/1990",
    "fecha_nacimiento.impossible": "Esa fecha no existe. Revisa el día y el mes",
    "fecha_nacimiento.future": "Tu fecha de nacimiento no puede ser después de hoy",
    "fecha_nacimiento.too_old": "Revisa el año de tu fecha de nacimiento",
    "correo.missing": "Escribe tu correo electrónico",
    "correo.malformed": "Escribe un correo electrónico completo, como nombre@ejemplo.com",
    "celular.missing": "Escribe tu número de celular o teléfono",
    "celular.malformed": "Escribe un celular de 9 dígitos que empiece con 9, o un fijo con su código de ciudad",
    "ubigeo.unknown": "No encontramos ese distrito. Escribe su nombre o elígelo de la lista",
    "ubigeo.ambiguous": "Hay varios distritos con ese nombre. Elige el tuyo",
    "atencion_preferente.unknown": "Elige una opción de la lista",
    "idioma.unknown": "Elige una opción de la lista",
    "aviso_privacidad.missing": "Para reservar tienes que aceptar el aviso de privacidad",
    "codigo.missing": "Escribe el código de tu cita",
    "codigo.not_found": "No encontramos una cita con ese código y ese documento. Revisa los dos",
    "cv.missing": "Elige el archivo de tu currículum",
    "cv.wrong_type": "Solo recibimos PDF, Word (.docx), JPG o PNG. Guarda tu currículum en uno de esos formatos",
    "documento.wrong_type": "Solo recibimos PDF, JPG o PNG. Elige otro archivo",
    "consulta.missing": "Escribe tu consulta",
    # of a file
    "empty": "Ese archivo está vacío. Elige otro",
    "too_large": "Ese archivo pesa más de {limit} MB. Elige uno más liviano",
    "broken": "No pudimos abrir ese archivo: está dañado o incompleto. Guárdalo otra vez y vuelve a enviarlo",
    "protected": "Ese archivo tiene contraseña. Guárdalo sin contraseña y vuelve a enviarlo",
    "active": "Ese archivo lleva dentro macros, programas u otros archivos. Envíalo como PDF simple o como foto",
    "too_complex": "Ese archivo es demasiado complejo. Envíalo como PDF simple o como foto",
    "too_many_pixels": "Esa imagen es demasiado grande. Tómala con menos resolución",
    # of any field
    "missing": "Completa este dato",
    "too_long": "Escribe como máximo {limit} letras y espacios",
    "control": "Hay caracteres que no podemos leer. Bórralos y escribe de nuevo",
    "digits": "Usa solo letras, sin números",
    "not_a_name": "Usa solo letras, espacios, guiones y apóstrofes",
    "unknown": "Elige una opción de la lista",
    **access.SENTENCES,
    **agenda.SENTENCES,
    **attention.SENTENCES,
    **kiosks.SENTENCES,
    **messages.SENTENCES,
    **questions.SENTENCES,
    **register.SENTENCES,
    **surveys.SENTENCES,
}


def word(member: StrEnum) -> str:
    """What a member of a closed set is called."""
    return WORDS[type(member), member.value]


def sentence(mistake: Mistake) -> str:
    """What is wrong with a field and what to do about it: the field's own sentence, or the one for any field."""
    words = SENTENCES.get(f"{mistake.field}.{mistake.code}") or SENTENCES[mistake.code]
    return words.format(limit=mistake.limit)


def choices(*members: StrEnum) -> tuple[tuple[str, str], ...]:
    """Value and words of each member, as a list to choose from takes them."""
    return tuple((member.value, word(member)) for member in members)


def month_name(day: date) -> str:
    """The month alone, without its year."""
    return spanish_dates.MONTHS[day.month - 1]


def day_in_words(day: date) -> str:
    """A day of a month that is named beside it: "viernes 25"."""
    return f"{spanish_dates.WEEKDAYS[day.weekday()]} {day.day}"


def day_and_year(day: date) -> str:
    """A day without its weekday, as one tells a birthday: "27 de marzo de 1990"."""
    return f"{day.day} de {spanish_dates.month_in_words(day)}"


def size_in_words(size: int) -> str:
    """The size of a file in bytes as people tell it: "84 KB", "1.2 MB"; in Peru decimals follow a point."""
    kilobytes = max(1, round(size / 1024))
    return f"{kilobytes} KB" if kilobytes < 1024 else f"{size / 1024 / 1024:.1f} MB"


def code_groups(code: str) -> tuple[str, str]:
    """The two halves of a code, for reading aloud."""
    return code[:4], code[4:]


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "word": word,
    "code_groups": code_groups,
    "size_in_words": size_in_words,
    "sentence": sentence,
    "local_day": spanish_dates.local_day,
    "date_in_words": spanish_dates.date_in_words,
    "time_in_words": spanish_dates.time_in_words,
    "moment_in_words": spanish_dates.moment_in_words,
    "day_and_year": day_and_year,
    "day_in_words": day_in_words,
    "month_name": month_name,
    "month_in_words": spanish_dates.month_in_words,
    "short_date": spanish_dates.short_date,
    "thousands": register.thousands,
    "phone_in_words": phone_in_words,
    "role_in_words": access.ROLES.__getitem__,
    "action_in_words": access.ACTIONS.__getitem__,
    "detail_in_words": access.detail_in_words,
    "origin_in_words": access.origin_in_words,
    "span_in_words": questions.span_in_words,
    "mail_error": messages.mail_error_in_words,
}
