"""The form of ``/reservar/datos``: who comes to a cita, and how to reach them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from portal.domain.people import Person
from portal.domain.vocabulary import DocumentType, Language, Preference
from portal.forms.birth import read_birth_date
from portal.forms.contact import read_email, read_phone
from portal.forms.document import DocumentNumber, read_document_number
from portal.forms.names import read_name
from portal.forms.state import Mistake
from portal.forms.text import refuse, tidy_line, tidy_text

LONGEST_MOTIVE = 500
_LONGEST_DISTRICT = 120
_UBIGEO = re.compile(r"\d{6}", re.ASCII)


def _read_type(typed: str) -> DocumentType:
    if not typed:
        raise refuse("missing")
    try:
        return DocumentType(typed)
    except ValueError:
        raise refuse("unknown") from None


def _read_number(typed: str, info: ValidationInfo) -> DocumentNumber:
    # Without a type that can be read, a DNI's number is not asked to be eight digits: one mistake at a time.
    return read_document_number(info.data.get("tipo_documento", DocumentType.FOREIGN_IDENTITY), typed)


def _read_preference(typed: str) -> Preference | None:
    try:
        return Preference(typed) if typed else None
    except ValueError:
        raise refuse("unknown") from None


def _read_language(typed: str) -> Language:
    try:
        return Language(typed) if typed else Language.SPANISH
    except ValueError:
        raise refuse("unknown") from None


def _read_acceptance(typed: str) -> bool:
    if not typed:
        raise refuse("missing")
    return True


class Details(BaseModel):
    """What the form says, read. ``ubigeo`` is a number of six digits, or a name that is yet to be looked up."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    tipo_documento: Annotated[DocumentType, BeforeValidator(_read_type)]
    numero_documento: Annotated[DocumentNumber, BeforeValidator(_read_number)]
    nombres: Annotated[str, BeforeValidator(read_name)]
    apellido_paterno: Annotated[str, BeforeValidator(read_name)]
    apellido_materno: Annotated[str, BeforeValidator(lambda typed: read_name(typed, optional=True))]
    fecha_nacimiento: Annotated[
        date | None, BeforeValidator(lambda typed, info: read_birth_date(typed, info.context["today"]))
    ]
    correo: Annotated[str, BeforeValidator(read_email)]
    celular: Annotated[str, BeforeValidator(read_phone)]
    ubigeo: Annotated[str, BeforeValidator(lambda typed: tidy_line(typed, _LONGEST_DISTRICT))]
    atencion_preferente: Annotated[Preference | None, BeforeValidator(_read_preference)]
    idioma: Annotated[Language, BeforeValidator(_read_language)]
    motivo: Annotated[str, BeforeValidator(lambda typed: tidy_text(typed, LONGEST_MOTIVE))]
    aviso_privacidad: Annotated[bool, BeforeValidator(_read_acceptance)]
    acepta_promociones: Annotated[bool, BeforeValidator(bool)]

    def person(self) -> Person:
        """The person described, once the district is a number."""
        return Person(
            document_type=self.tipo_documento,
            document_number=self.numero_documento.value,
            given_names=self.nombres,
            first_surname=self.apellido_paterno,
            second_surname=self.apellido_materno,
            birth_date=self.fecha_nacimiento,
            email=self.correo,
            phone=self.celular,
            ubigeo=self.ubigeo,
            preference=self.atencion_preferente,
            language=self.idioma,
            motive=self.motivo,
        )


FIELDS = tuple(Details.model_fields)


def read_details(
    fields: Mapping[str, str], today: date, form: type[Details] = Details
) -> Details | tuple[Mistake, ...]:
    """Read the form; what is wrong comes all at once, in the order of the fields. ``today`` is Lima's."""
    typed = {name: fields.get(name, "") for name in FIELDS}
    try:
        return form.model_validate(typed, context={"today": today})
    except ValidationError as error:
        return tuple(_mistake(found["loc"], found.get("ctx", {})) for found in error.errors())


def in_order(mistakes: tuple[Mistake, ...]) -> tuple[Mistake, ...]:
    """Mistakes in the order of the form's fields."""
    order = {name: place for place, name in enumerate(FIELDS)}
    return tuple(sorted(mistakes, key=lambda mistake: order[mistake.field]))


def is_ubigeo(text: str) -> bool:
    """Whether a district was given by its number."""
    return _UBIGEO.fullmatch(text) is not None


def _mistake(place: tuple[int | str, ...], context: Mapping[str, Any]) -> Mistake:
    return Mistake(str(place[0]), context["code"], context["limit"])
