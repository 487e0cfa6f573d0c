"""The report of citas as a spreadsheet: one row each, days and times as such."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Final

from portal.documents.register_words import word
from portal.documents.spreadsheet import Cell, Column
from portal.domain.desk import DeskCita
from portal.domain.modality import Modality
from portal.domain.spanish_dates import LIMA, local_day

SHEET_NAME: Final = "Citas"
COLUMNS: Final = (
    Column("Fecha", 12),
    Column("Hora", 8),
    Column("Sede", 30),
    Column("Servicio", 20),
    Column("Consultor", 26),
    Column("Código", 11),
    Column("Estado", 13),
    Column("Modalidad", 14),
    Column("Tipo de documento", 18),
    Column("Número de documento", 16),
    Column("Nombres", 22),
    Column("Primer apellido", 18),
    Column("Segundo apellido", 18),
    Column("Teléfono", 15),
    Column("Correo", 28),
    Column("Atención preferente", 18),
    Column("Lengua", 14),
    Column("Reservada por", 14),
    Column("Reservada el", 17),
    Column("Recordatorio", 17),
    Column("Invitación", 17),
    Column("Inicio", 17),
    Column("Final", 17),
)


def rows_of(citas: Iterable[DeskCita]) -> list[tuple[Cell, ...]]:
    """The rows of some citas, in the order of ``COLUMNS``."""
    return [_row(cita) for cita in citas]


def _row(cita: DeskCita) -> tuple[Cell, ...]:
    local = cita.starts_at.astimezone(LIMA)
    return (
        local_day(cita.starts_at),
        time(local.hour, local.minute),
        cita.center_name,
        cita.service_name,
        cita.consultant_name,
        cita.code,
        word(cita.state),
        word(Modality(cita.channel) if cita.channel else cita.modality),
        word(cita.document_type),
        cita.document_number,
        cita.given_names,
        cita.first_surname,
        cita.second_surname,
        cita.phone,
        cita.email,
        word(cita.preference) if cita.preference else "",
        word(cita.language),
        word(cita.origin),
        cita.created_at,
        cita.reminded_at,
        cita.invited_at,
        cita.started_at,
        cita.finished_at,
    )
