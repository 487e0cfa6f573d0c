"""Who is attended: a citizen as they describe themselves for one cita."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.domain.vocabulary import DocumentType, Language, Preference


@dataclass(frozen=True, slots=True)
class Person:
    """What was typed for a cita, already validated and normalised. ``document_number`` is by normalise_document."""

    document_type: DocumentType
    document_number: str
    given_names: str
    first_surname: str
    second_surname: str = ""
    birth_date: date | None = None
    email: str = ""
    phone: str = ""
    ubigeo: str = ""
    preference: Preference | None = None
    language: Language = Language.SPANISH
    motive: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """Which version of the privacy notice was accepted, when (UTC), and whether promotional mail is welcome."""

    privacy_version: str
    privacy_accepted_at: datetime
    promotions: bool = False


def normalise_document(number: str) -> str:
    """A document number as it is stored and compared: upper case, without spaces, dots and hyphens."""
    plain = unicodedata.normalize("NFKC", number).upper()
    return "".join(character for character in plain if character not in " .-\t\u00a0")


# One "{values}": where the id, type and number of the document, and the moment come from.
ADD_CITIZEN = (
    'INSERT INTO "citizen" ("id", "document_type", "document_number", "created_at") {values} '
    'ON CONFLICT ("document_type", "document_number") DO UPDATE SET "document_type" = "excluded"."document_type" '
    'RETURNING "id"'
)


async def find_or_add_citizen(document_type: DocumentType, document_number: str, now: datetime) -> UUID:
    """The citizen of a document, added when unknown.

    Inside a transaction the row is locked, so that two bookings of one person wait for each other.
    """
    rows = await fetch(
        ADD_CITIZEN.replace("{values}", "VALUES ({}, {}, {}, {})"),
        *(uuid4(), document_type.value, document_number, now),
    )
    citizen: UUID = rows[0]["id"]
    return citizen
