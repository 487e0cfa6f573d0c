"""The form of ``/agenda/nueva``: who calls or stands at the desk, what they wish, and their details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from portal.domain.modality import Modality
from portal.domain.vocabulary import DocumentType, Origin
from portal.forms.agenda import Wanted, read_wanted
from portal.forms.contact import read_email
from portal.forms.details import Details, read_details
from portal.forms.document import read_document_number
from portal.forms.query import read_day
from portal.forms.state import Mistake

_LONGEST_CODE = 32

# Sentences of the public form say "tu"; here it is somebody else's name, date, telephone.
_SAID_OF_ANOTHER: Final = frozenset(
    {
        ("tipo_documento", "missing"),
        ("tipo_documento", "unknown"),
        ("numero_documento", "missing"),
        ("nombres", "missing"),
        ("apellido_paterno", "missing"),
        ("fecha_nacimiento", "malformed"),
        ("fecha_nacimiento", "future"),
        ("fecha_nacimiento", "too_old"),
        ("celular", "missing"),
        ("ubigeo", "ambiguous"),
        ("aviso_privacidad", "missing"),
    }
)


class DeskDetails(Details):
    """The same form as on ``/reservar/datos``, where the e-mail may be left out."""

    correo: Annotated[str, BeforeValidator(lambda typed: read_email(typed) if typed.strip() else "")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wished for. ``service`` is a code, empty for the first; ``day`` the first day to look at."""

    document_type: DocumentType
    document_number: str
    looks_mistyped: bool
    origin: Origin
    modality: Modality
    service: str
    wanted: Wanted
    day: date | None


def read_asked(fields: Mapping[str, str]) -> Asked | tuple[Mistake, ...]:
    """Read the first part of the form: origin, document, and where, how and when."""
    mistakes = []
    origin = {one.value: one for one in (Origin.PHONE, Origin.DESK)}.get(fields.get("origen", ""))
    if origin is None:
        mistakes.append(Mistake("origen", "missing"))
    kind = {one.value: one for one in DocumentType}.get(fields.get("tipo_documento", ""))
    if kind is None:
        mistakes.append(Mistake("tipo_documento", "missing"))
    number, looks_mistyped = "", False
    try:
        read = read_document_number(kind or DocumentType.FOREIGN_IDENTITY, fields.get("numero_documento", ""))
        number, looks_mistyped = read.value, read.looks_mistyped
    except PydanticCustomError as error:
        context = error.context or {}
        mistakes.append(Mistake("numero_documento", context["code"], context["limit"]))
    typed_day = fields.get("fecha", "")
    day = read_day(typed_day)
    if typed_day and day is None:
        mistakes.append(Mistake("fecha", "malformed"))
    if mistakes or origin is None or kind is None:
        return of_another(tuple(mistakes))
    return Asked(
        document_type=kind,
        document_number=number,
        looks_mistyped=looks_mistyped,
        origin=origin,
        modality={one.value: one for one in Modality}.get(fields.get("modalidad", ""), Modality.VIRTUAL),
        service=fields.get("servicio", "")[:_LONGEST_CODE],
        wanted=read_wanted(fields),
        day=day,
    )


def read_desk_details(fields: Mapping[str, str], today: date) -> Details | tuple[Mistake, ...]:
    """Read the whole of the person; what is wrong comes all at once. ``today`` is Lima's."""
    read = read_details(fields, today, DeskDetails)
    return read if isinstance(read, Details) else of_another(read)


def of_another(mistakes: tuple[Mistake, ...]) -> tuple[Mistake, ...]:
    """The same mistakes, with the codes of the sentences that speak of somebody else."""
    return tuple(
        replace(mistake, code=f"{mistake.code}@desk") if (mistake.field, mistake.code) in _SAID_OF_ANOTHER else mistake
        for mistake in mistakes
    )
