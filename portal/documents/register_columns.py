"""The columns of the register in files and sheets: their order is a contract with whoever reads them by machine.

Whoever adds, drops, moves or renames one raises ``COLUMNS_VERSION``, which every file tells; a test keeps the list of
each version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from portal.documents.register_words import DISPLACED, DUPLICATE, NO, UNRECORDED, YES, word
from portal.documents.spreadsheet import Cell
from portal.domain.register import RegisterRow
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import Language

COLUMNS_VERSION: Final = 1

_PERU: Final = "+51"


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """A column: its heading, its width in characters, and what it shows of a row."""

    heading: str
    width: float
    cell: Callable[[RegisterRow], Cell]


def _yes(is_so: bool) -> str:
    return YES if is_so else NO


def _phone(number: str) -> str:
    """As one dials it in Peru; a number from elsewhere keeps its country's."""
    return number.removeprefix(_PERU)


def _time(moment: datetime) -> Cell:
    return moment.astimezone(LIMA).time().replace(second=0, microsecond=0)


def _attempts(row: RegisterRow) -> str:
    return "; ".join(
        f"{one.at.astimezone(LIMA):%d/%m/%Y %H:%M} {word(one.channel)}: {word(one.outcome)}" for one in row.attempts
    )


def _marks(row: RegisterRow) -> str:
    marks = ((row.displaced, DISPLACED), (row.duplicate, DUPLICATE), (row.unrecorded, UNRECORDED))
    return "; ".join(mark for is_so, mark in marks if is_so)


_C = RegisterColumn

COLUMNS: Final = (
    _C("Código", 11, lambda row: row.code),
    _C("Servicio", 20, lambda row: row.service_name),
    _C("Sede", 30, lambda row: row.center_name),
    _C("Modalidad", 13, lambda row: word(row.modality)),
    _C("Fecha", 11, lambda row: local_day(row.starts_at)),
    _C("Hora de inicio", 9, lambda row: _time(row.starts_at)),
    _C("Hora de fin", 9, lambda row: _time(row.ends_at)),
    _C("Consultor", 26, lambda row: row.consultant_name),
    _C("Atendió", 26, lambda row: row.attended_by),
    _C("Estado", 13, lambda row: word(row.state)),
    _C("Tipo de documento", 16, lambda row: word(row.document_type)),
    _C("Número de documento", 14, lambda row: row.document_number),
    _C("Nombres", 22, lambda row: row.given_names),
    _C("Primer apellido", 18, lambda row: row.first_surname),
    _C("Segundo apellido", 18, lambda row: row.second_surname),
    _C("Fecha de nacimiento", 12, lambda row: row.birth_date),
    _C("Correo", 28, lambda row: row.email),
    _C("Teléfono", 14, lambda row: _phone(row.phone)),
    _C("Ubigeo", 8, lambda row: row.ubigeo),
    _C("Distrito", 20, lambda row: row.district),
    _C("Provincia", 16, lambda row: row.province),
    _C("Departamento", 16, lambda row: row.department),
    _C("Atención preferente", 18, lambda row: word(row.preference) if row.preference else ""),
    _C("Lengua", 14, lambda row: word(row.language)),
    _C("Necesita intérprete", 10, lambda row: _yes(row.language is not Language.SPANISH)),
    _C("Motivo de la cita", 30, lambda row: row.motive),
    _C("Envió CV", 8, lambda row: _yes(row.has_cv)),
    _C("Origen", 18, lambda row: word(row.origin)),
    _C("Reservó por el usuario", 26, lambda row: row.booked_by),
    _C("Reservada el", 16, lambda row: row.created_at),
    _C("Versión del aviso de privacidad", 12, lambda row: row.privacy_version),
    _C("Aviso aceptado el", 16, lambda row: row.privacy_accepted_at),
    _C("Acepta promociones", 11, lambda row: _yes(row.promotions)),
    _C("Enlace de la videollamada", 36, lambda row: row.meet_link),
    _C("Notificada el", 16, lambda row: row.notified_at),
    _C("Recordada el", 16, lambda row: row.reminded_at),
    _C("Invitada el", 16, lambda row: row.invited_at),
    _C("Inicio", 16, lambda row: row.started_at),
    _C("Final", 16, lambda row: row.finished_at),
    _C("Anulada, movida, abandonada o no realizada el", 16, lambda row: row.ended_at),
    _C("Viene de la cita", 11, lambda row: row.moved_from),
    _C("Intentos de contacto", 10, lambda row: len(row.attempts)),
    _C("Detalle de los intentos", 36, _attempts),
    _C("Atendida por otro medio", 14, lambda row: word(row.channel) if row.channel else ""),
    _C("Temas", 40, lambda row: "; ".join(word(topic) for topic in row.topics)),
    _C("Notas", 40, lambda row: row.notes),
    _C("Observaciones", 40, lambda row: row.observations),
    _C("Motivo de abandono o de no realizada", 20, lambda row: word(row.reason) if row.reason else ""),
    _C("Minutos de la actividad 03", 10, lambda row: row.contact_minutes),
    _C("Minutos dudosos de la 03", 10, lambda row: _yes(row.contact_doubtful)),
    _C("Minutos de las actividades 04 a 06", 10, lambda row: row.attention_minutes),
    _C("Minutos dudosos de la 04 a la 06", 10, lambda row: _yes(row.doubtful)),
    _C("Encuesta enviada el", 16, lambda row: row.survey_asked_at),
    _C("Encuesta respondida", 11, lambda row: _yes(row.survey_answered)),
    _C("Marcas", 16, _marks),
    _C("Versión de columnas", 9, lambda _: COLUMNS_VERSION),
)

_CELLS: Final = tuple(column.cell for column in COLUMNS)


def cells_of(row: RegisterRow) -> tuple[Cell, ...]:
    """A row of the register as the columns show it."""
    return tuple([cell(row) for cell in _CELLS])


def as_text(cell: Cell) -> str:
    """A cell where there are only texts: days and moments of Lima as ISO 8601 writes them, which Excel reads."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case datetime():
            return f"{cell.astimezone(LIMA):%Y-%m-%d %H:%M}"
        case date():
            return cell.isoformat()
        case time():
            return f"{cell:%H:%M}"
        case _:
            return f"{cell:g}"
