"""What the files of the register call the members of closed sets: said of the person, as an office does."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from portal.domain.modality import Modality
from portal.domain.vocabulary import (
    AbandonMotive,
    ContactChannel,
    ContactOutcome,
    DocumentType,
    Language,
    NotHeldReason,
    Origin,
    Preference,
    State,
    Topic,
)

# Pairs, no mapping: members of different kinds with the same value are equal.
_WORDS: Final[tuple[tuple[StrEnum, str], ...]] = (
    (State.RESERVED, "Reservada"),
    (State.IN_ATTENTION, "En atención"),
    (State.ATTENDED, "Atendida"),
    (State.CANCELLED, "Anulada"),
    (State.RESCHEDULED, "Reprogramada"),
    (State.ABANDONED, "Abandonada"),
    (State.NOT_HELD, "No realizada"),
    (Modality.VIRTUAL, "Videollamada"),
    (Modality.IN_PERSON, "En persona"),
    (Modality.PHONE, "Por teléfono"),
    (DocumentType.DNI, "DNI"),
    (DocumentType.FOREIGNER_CARD, "Carné de extranjería"),
    (DocumentType.PASSPORT, "Pasaporte"),
    (DocumentType.REFUGEE, "Documento de refugio"),
    (DocumentType.DIPLOMATIC, "Cédula diplomática"),
    (DocumentType.TEMPORARY_PERMIT, "PTP"),
    (DocumentType.FOREIGN_IDENTITY, "Documento de identidad extranjero"),
    (DocumentType.CPP_CARD, "Carné CPP"),
    (Preference.PREGNANT, "Gestante"),
    (Preference.WITH_CHILD, "Con niña o niño"),
    (Preference.OLDER, "60 años o más"),
    (Preference.DISABILITY, "Con discapacidad"),
    (Language.SPANISH, "Castellano"),
    (Language.QUECHUA, "Quechua"),
    (Language.AYMARA, "Aimara"),
    (Language.ASHANINKA, "Asháninka"),
    (Language.AWAJUN, "Awajún"),
    (Language.SHIPIBO, "Shipibo-konibo"),
    (Language.SIGN, "Lengua de señas peruana"),
    (Language.OTHER, "Otra lengua"),
    (Origin.WEB, "Internet"),
    (Origin.KIOSK, "Módulo de atención"),
    (Origin.PHONE, "Llamada"),
    (Origin.DESK, "Sede"),
    (ContactChannel.PHONE, "Teléfono"),
    (ContactChannel.EMAIL, "Correo"),
    (ContactOutcome.ANSWERED, "contestó"),
    (ContactOutcome.NO_ANSWER, "no contestó"),
    (ContactOutcome.WRONG_NUMBER, "número equivocado"),
    (ContactOutcome.MESSAGE_LEFT, "se dejó mensaje"),
    (Topic.ACCOUNT, "Creación de cuenta"),
    (Topic.PROFILE, "Registro de información"),
    (Topic.SEARCH, "Búsqueda de vacantes"),
    (Topic.INTERMEDIATION, "Intermediación"),
    (Topic.TWO_SERVICES, "Los 2 servicios de la página"),
    (Topic.LATER_QUESTIONS, "Consultas posteriores"),
    (AbandonMotive.NOT_CONNECTED, "No se conectó"),
    (AbandonMotive.NO_CONTACT, "Sin contacto"),
    (AbandonMotive.WITHDREW, "Desistió"),
    (NotHeldReason.CONSULTANT_ABSENT, "Consultor ausente"),
    (NotHeldReason.TECHNICAL_FAULT, "Falla técnica"),
)
_BY_KIND: Final = {(type(member), member.value): words for member, words in _WORDS}

YES: Final = "Sí"
NO: Final = "No"
DISPLACED: Final = "Sin cupo"
DUPLICATE: Final = "Duplicada"
UNRECORDED: Final = "Sin registro"


def word(member: StrEnum) -> str:
    """What a member of a closed set is called."""
    return _BY_KIND[type(member), member.value]
