"""Words and sentences of the pages about an attention."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.vocabulary import (
    AbandonMotive,
    ContactChannel,
    ContactOutcome,
    EventKind,
    NotHeldReason,
    Topic,
)

WORDS: Final[Mapping[StrEnum, str]] = {
    AbandonMotive.NOT_CONNECTED: "No se conectó",
    AbandonMotive.NO_CONTACT: "No hubo contacto por ningún medio",
    AbandonMotive.WITHDREW: "Dijo que ya no quiere la atención",
    NotHeldReason.CONSULTANT_ABSENT: "Consultor ausente",
    NotHeldReason.TECHNICAL_FAULT: "Falla técnica nuestra",
    ContactChannel.PHONE: "Teléfono",
    ContactChannel.EMAIL: "Correo",
    ContactOutcome.ANSWERED: "Contestó",
    ContactOutcome.NO_ANSWER: "No contestó",
    ContactOutcome.WRONG_NUMBER: "Número o correo equivocado",
    ContactOutcome.MESSAGE_LEFT: "Dejé mensaje",
    Topic.ACCOUNT: "Creación de cuenta",
    Topic.PROFILE: "Registro de su información en la página",
    Topic.SEARCH: "Búsqueda de vacantes",
    Topic.INTERMEDIATION: "Intermediación y otros temas de la página",
    Topic.TWO_SERVICES: "Los 2 servicios de la página",
    Topic.LATER_QUESTIONS: "Cómo consultar después: a tu correo, con copia de su documento",
    EventKind.RESERVED: "Se reservó",
    EventKind.MOVED_FROM: "Se cambió a este horario",
    EventKind.MOVED_TO: "Se cambió a otro horario",
    EventKind.CANCELLED: "Se anuló",
    EventKind.CODE_SENT_AGAIN: "Se envió el código otra vez",
    EventKind.CV_RECEIVED: "Llegó el currículum",
    EventKind.CV_REMOVED: "Se quitó el currículum",
    EventKind.QUESTION_RECEIVED: "Llegó una consulta",
    EventKind.QUESTION_FORWARDED: "Se derivó la consulta",
    EventKind.QUESTION_ANSWERED: "Se respondió la consulta",
    EventKind.REMINDED: "Se envió el recordatorio",
    EventKind.INVITED: "Se invitó al usuario",
    EventKind.LINK_CHANGED: "Cambió el enlace de la videollamada",
    EventKind.CONTACT_TRIED: "Intento de contacto",
    EventKind.STARTED: "Inicio",
    EventKind.CHANNEL_CHANGED: "Cambió el medio de atención",
    EventKind.FINISHED: "Final",
    EventKind.ABANDONED: "Quedó como abandonada",
    EventKind.TAKEN_BACK: "Se recuperó: llegó tarde y se le atiende",
    EventKind.NOT_HELD: "No se realizó",
    EventKind.TRANSFERRED: "Se transfirió",
    EventKind.MESSAGE_RESENT: "Se envió otra vez un correo",
    EventKind.SEATED: "Se reubicó en un cupo libre",
}

SENTENCES: Final[Mapping[str, str]] = {
    "canal.missing": "Elige por dónde intentaste",
    "resultado.missing": "Elige cómo resultó el intento",
    "motivo.missing": "Elige el motivo del abandono",
    "causa.missing": "Elige por qué no se realizó",
    "consultor.missing": "Elige a quién transfieres la cita",
    "consultor.busy": "Tiene otra cita a esa hora. Si aun así la atiende, marca la casilla y vuelve a transferir",
    "consultor.unfit": "Esa persona no atiende en esta sede. Elige a otra",
    "modalidad.missing": "Elige por dónde sigue la atención",
    "enlace.not_meet": "Pega un enlace de Google Meet completo, como https://meet.google.com/abc-defg-hij",
    "enlace.not_a_room": "Pega el enlace de una sala de nuestro servidor de videollamadas",
}
