"""Closed sets of the domain: states, kinds and codes. Their Spanish words live in the templates' catalogue."""

from enum import StrEnum


class State(StrEnum):
    """States of an appointment (DOMAIN, states)."""

    RESERVED = "reserved"
    IN_ATTENTION = "in_attention"
    ATTENDED = "attended"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    ABANDONED = "abandoned"
    NOT_HELD = "not_held"


ACTIVE_STATES = (State.RESERVED, State.IN_ATTENTION)
GIVEN_BACK_STATES = (State.CANCELLED, State.RESCHEDULED)


class Role(StrEnum):
    CONSULTANT = "consultant"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


class Origin(StrEnum):
    """Who typed the booking, and where."""

    WEB = "web"
    KIOSK = "kiosk"
    PHONE = "phone"
    DESK = "desk"


class DocumentType(StrEnum):
    """Identity documents by their SUNAT-style code (DOMAIN, identity documents)."""

    DNI = "01"
    FOREIGNER_CARD = "04"
    PASSPORT = "07"
    REFUGEE = "09"
    DIPLOMATIC = "22"
    TEMPORARY_PERMIT = "23"
    FOREIGN_IDENTITY = "24"
    CPP_CARD = "26"


class Preference(StrEnum):
    """Reasons for preferential attention (Ley 28683, Ley 30490)."""

    PREGNANT = "gestante"
    WITH_CHILD = "con_ninos"
    OLDER = "adulto_mayor"
    DISABILITY = "discapacidad"


class Language(StrEnum):
    """Languages a citizen may ask to be attended in (Ley 29735), by ISO 639; all but Spanish need an interpreter."""

    SPANISH = "es"
    QUECHUA = "qu"
    AYMARA = "ay"
    ASHANINKA = "cni"
    AWAJUN = "agr"
    SHIPIBO = "shp"
    SIGN = "prl"
    OTHER = "otra"


class EventKind(StrEnum):
    """What happened to an appointment; the events are append-only."""

    RESERVED = "reserved"
    MOVED_FROM = "moved_from"
    MOVED_TO = "moved_to"
    CANCELLED = "cancelled"
    CODE_SENT_AGAIN = "code_sent_again"
    CV_RECEIVED = "cv_received"
    CV_REMOVED = "cv_removed"
    QUESTION_RECEIVED = "question_received"


class MessageKind(StrEnum):
    """Messages that the outbox delivers."""

    CONFIRMATION = "confirmation"
    MOVE = "move"
    CANCELLATION = "cancellation"
    CODE_AGAIN = "code_again"
    QUESTION_RECEIVED = "question_received"
    QUESTION_FOR_STAFF = "question_for_staff"


class MessageState(StrEnum):
    """Fate of a message. ``sending`` past its claim is in doubt: it is sent once more with the same Message-ID."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


class FileKind(StrEnum):
    CV = "cv"
    QUESTION = "question"
