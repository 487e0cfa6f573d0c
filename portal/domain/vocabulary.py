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
    QUESTION_FORWARDED = "question_forwarded"
    QUESTION_ANSWERED = "question_answered"
    REMINDED = "reminded"
    INVITED = "invited"
    LINK_CHANGED = "link_changed"
    CONTACT_TRIED = "contact_tried"
    STARTED = "started"
    CHANNEL_CHANGED = "channel_changed"
    FINISHED = "finished"
    ABANDONED = "abandoned"
    TAKEN_BACK = "taken_back"
    NOT_HELD = "not_held"
    TRANSFERRED = "transferred"
    MESSAGE_RESENT = "message_resent"
    SEATED = "seated"


class MessageKind(StrEnum):
    """Messages that the outbox delivers; those without a cita are about work of the staff."""

    CONFIRMATION = "confirmation"
    MOVE = "move"
    CANCELLATION = "cancellation"
    CODE_AGAIN = "code_again"
    QUESTION_RECEIVED = "question_received"
    QUESTION_FOR_STAFF = "question_for_staff"
    QUESTION_FORWARDED = "question_forwarded"
    QUESTION_ANSWERED = "question_answered"
    REMINDER = "reminder"
    INVITATION = "invitation"
    TRANSFER = "transfer"
    ABANDONMENT = "abandonment"
    NOT_HELD = "not_held"
    LINKS = "links"
    SURVEY_REMINDER = "survey_reminder"
    UNATTENDED = "unattended"
    DAY_SHEET = "day_sheet"
    PASSWORD_LINK = "password_link"  # noqa: S105  # a kind of message, no password


class MessageState(StrEnum):
    """Fate of a message. ``sending`` past its claim is in doubt: it is sent once more with the same Message-ID."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"  # it was taken, and came back
    EXPIRED = "expired"


class FileKind(StrEnum):
    CV = "cv"
    QUESTION = "question"


class AbandonMotive(StrEnum):
    """Why a cita was abandoned (PE-BT-01, activity 03)."""

    NOT_CONNECTED = "not_connected"
    NO_CONTACT = "no_contact"
    WITHDREW = "withdrew"


class NotHeldReason(StrEnum):
    """Why a cita was not held: never the citizen's fault."""

    CONSULTANT_ABSENT = "consultant_absent"
    TECHNICAL_FAULT = "technical_fault"


class ContactChannel(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


class ContactOutcome(StrEnum):
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    MESSAGE_LEFT = "message_left"


class Topic(StrEnum):
    """What activity 05 orients about, in the procedure's order."""

    ACCOUNT = "account"
    PROFILE = "profile"
    SEARCH = "search"
    INTERMEDIATION = "intermediation"
    TWO_SERVICES = "two_services"
    LATER_QUESTIONS = "later_questions"


class QuestionState(StrEnum):
    OPEN = "open"
    FORWARDED = "forwarded"
    ANSWERED = "answered"
