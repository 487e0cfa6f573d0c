"""Words and sentences of the pages about messages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.ledger import Fate
from portal.domain.resending import Resent
from portal.domain.unreached import Unreachable
from portal.domain.vocabulary import MessageKind, MessageState
from portal.forms.messages import Told

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
    MessageState.BOUNCED: "Volvió sin entregarse",
    MessageState.EXPIRED: "Ya no se envía",
}

# Apart, because some have the same values as those above.
FATES: Final[Mapping[StrEnum, str]] = {
    Fate.WAITING: "Por enviar",
    Fate.IN_DOUBT: "No se sabe si llegó",
    Fate.SENT: "Enviado",
    Fate.FAILED: "No se pudo enviar",
    Fate.BOUNCED: "Volvió sin entregarse",
    Fate.EXPIRED: "Ya no se envía",
}
REASONS: Final[Mapping[StrEnum, str]] = {
    Unreachable.NO_EMAIL: "No tiene correo",
    Unreachable.FAILED: "Su correo no se pudo enviar",
    Unreachable.BOUNCED: "Su correo volvió sin entregarse",
    Unreachable.EXPIRED: "Su correo no salió a tiempo",
    Unreachable.LATE: "Su correo todavía no sale y la cita está cerca",
}
ANSWERS: Final[Mapping[StrEnum, str]] = {
    Told.RESENT: "Listo: el correo sale otra vez. Mira abajo cómo le va.",
    Told.CALL_NOTED: "Anotamos la llamada.",
    Resent.DONE: "El correo sale otra vez.",
    Resent.ALREADY: "El correo ya salió otra vez con tu primer clic.",
    Resent.WAITS: "Ese correo todavía está por salir: no hace falta enviarlo otra vez.",
    Resent.NO_LONGER_TRUE: "La cita cambió y ese correo ya no dice la verdad. No hicimos ningún cambio.",
    Resent.TOO_LATE: "Ya pasó la hora de la cita: ese correo ya no sirve.",
    Resent.NO_ADDRESS: "La cita no tiene correo. Llama a la persona.",
}

_ERRORS: Final[Mapping[str, str]] = {
    "deadline": "Pasó su hora antes de que pudiera salir",
    "superseded": "La cita cambió antes de que saliera",
    "address": "Esa dirección no puede recibir correos",
    "smtputf8": "Nuestro servidor no puede escribir a esa dirección",
    "sender_died": "Se cortó mientras salía",
    "patience": "El servidor de correo no respondió a tiempo",
    "timeout": "El servidor de correo no respondió a tiempo",
    "lost": "Se cortó la conexión con el servidor de correo",
    "garbled": "El servidor de correo respondió algo que no se entiende",
    "renderer_busy": "Se estaban preparando muchos documentos",
    "not_written": "No se pudo preparar el correo",
}
_PERMANENT: Final = "5"


def mail_error_in_words(code: str) -> str:
    """Why a mail did not get through, by the short code that was kept with it."""
    if code in _ERRORS:
        return _ERRORS[code]
    if code.startswith(_PERMANENT):
        return f"El servidor de correo no la acepta (código {code})"
    return f"El servidor de correo pidió esperar (código {code})"


SENTENCES: Final[Mapping[str, str]] = {}
