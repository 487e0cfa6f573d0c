"""Words and sentences of the pages about messages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.vocabulary import MessageKind, MessageState

WORDS: Final[Mapping[StrEnum, str]] = {
    MessageKind.CONFIRMATION: "Confirmación",
    MessageKind.MOVE: "Cambio de horario",
    MessageKind.CANCELLATION: "Anulación",
    MessageKind.CODE_AGAIN: "Código otra vez",
    MessageKind.QUESTION_RECEIVED: "Acuse de su consulta",
    MessageKind.QUESTION_FOR_STAFF: "Consulta para el consultor",
    MessageKind.QUESTION_FORWARDED: "Consulta derivada",
    MessageKind.QUESTION_ANSWERED: "Respuesta a su consulta",
    MessageKind.REMINDER: "Recordatorio",
    MessageKind.INVITATION: "Invitación",
    MessageKind.TRANSFER: "Cambio de enlace",
    MessageKind.ABANDONMENT: "Abandono",
    MessageKind.NOT_HELD: "Disculpas y horarios",
    MessageKind.LINKS: "Enlaces y encuesta",
    MessageKind.SURVEY_REMINDER: "Recordatorio de la encuesta",
    MessageKind.UNATTENDED: "Alerta a la sede",
    MessageKind.DAY_SHEET: "Hoja del día",
    MessageKind.PASSWORD_LINK: "Enlace para la clave",
    MessageState.QUEUED: "Por enviar",
    MessageState.SENDING: "Enviándose",
    MessageState.SENT: "Enviado",
    MessageState.FAILED: "No se pudo enviar",
    MessageState.EXPIRED: "Ya no se envía",
}

SENTENCES: Final[Mapping[str, str]] = {}
