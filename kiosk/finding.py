"""What the desk may look up in the kiosk's own file: a person by document, citas by code, document or the day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.modality import Modality
from portal.domain.spanish_dates import midnight_before
from portal.domain.vocabulary import DocumentType, Language, Preference, Role, State


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody with an earlier cita here. Of a cita that was pulled only the name is known, in one piece."""

    given_names: str
    first_surname: str
    second_surname: str
    birth_date: date | None
    email: str
    phone: str
    ubigeo: str
    preference: Preference | None
    language: Language

    @property
    def full_name(self) -> str:
        """Names and surnames in one line."""
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)

    @property
    def in_one_piece(self) -> bool:
        """Whether nobody has told where the names end and the surnames begin."""
        return not self.first_surname


@dataclass(frozen=True, slots=True)
class ListedCita:
    """A cita in a list. Times are UTC."""

    id: UUID
    code: str
    state: State
    starts_at: datetime
    modality: Modality
    service_name: str
    consultant_name: str
    full_name: str
    preference: Preference | None
    needs_interpreter: bool
    displaced: bool
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Attendant:
    """A consultor who attends at the sede."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class LeaseAtHand:
    """A place that this kiosk alone may sell. ``claimed``: asked for on the spot."""

    starts_at: datetime
    consultant_name: str
    claimed: bool


@dataclass(frozen=True, slots=True)
class ScannedSlip:
    """What the QR of a slip carries."""

    code: str
    signed: str


_SCANNED: Final = re.compile(
    r"(?:^|[^0-9A-Z])V[^0-9A-Z]{1,3}([2-9A-HJ-NP-Z]{8})[^0-9A-Z]{1,3}S[^0-9A-Z]{1,3}([A-Z2-7]{40,400})$"
)
"""A scanner types by an American keyboard: on a Spanish one other signs arrive, letters and digits stay."""


def read_scan(typed: str) -> ScannedSlip | None:
    """The slip whose address a scanner typed, or None."""
    found = _SCANNED.search(typed.strip().upper())
    return ScannedSlip(found[1], found[2]) if found else None


async def find_person(kind: DocumentType, number: str) -> KnownPerson | None:
    """The person of a document as their latest cita describes them, one made here before one that was pulled."""
    rows = await fetch(
        'SELECT "appointment"."given_names", "appointment"."first_surname", "appointment"."second_surname", '
        '"appointment"."birth_date", "appointment"."email", "appointment"."phone", "appointment"."ubigeo", '
        '"appointment"."preference", "appointment"."language" FROM "appointment" '
        'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
        'WHERE "citizen"."document_type" = {} AND "citizen"."document_number" = {} '
        'ORDER BY "appointment"."first_surname" = \'\', "appointment"."created_at" DESC LIMIT 1',
        *(kind.value, number),
    )
    if not rows:
        return None
    row = rows[0]
    return KnownPerson(
        **{**row, "preference": _preference(row["preference"]), "language": Language(row["language"] or "es")}
    )


async def active_code_of(kind: DocumentType, number: str, service: str) -> str | None:
    """The code of the cita that keeps a person from another one for the service, as far as the kiosk knows."""
    rows = await fetch(
        'SELECT "appointment"."code" FROM "appointment" JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
        'JOIN "service" ON "service"."id" = "appointment"."service" WHERE "citizen"."document_type" = {} '
        'AND "citizen"."document_number" = {} AND "service"."code" = {} '
        "AND \"appointment\".\"state\" IN ('reserved', 'in_attention') "
        'AND NOT "appointment"."duplicate" AND NOT "appointment"."unrecorded" LIMIT 1',
        *(kind.value, number, service),
    )
    return str(rows[0]["code"]) if rows else None


async def citas_of_day(now: datetime) -> list[ListedCita]:
    """The citas of today's local day that the kiosk knows of, in order of time; without those given back."""
    return await _list(
        '"appointment"."starts_at" >= {} AND "appointment"."starts_at" < {} '
        "AND \"appointment\".\"state\" NOT IN ('cancelled', 'rescheduled')",
        *(midnight_before(now), midnight_before(now) + timedelta(days=1)),
    )


async def citas_of_document(number: str, kind: DocumentType | None = None) -> list[ListedCita]:
    """The citas of a document's number (normalised), whatever its kind unless that is given, the latest first."""
    if kind is None:
        found = await _list('"citizen"."document_number" = {}', number)
    else:
        found = await _list('"citizen"."document_type" = {} AND "citizen"."document_number" = {}', kind.value, number)
    return list(reversed(found))


async def find_listed(cita: UUID) -> ListedCita | None:
    """A cita as lists show it, or None."""
    found = await _list('"appointment"."id" = {}', cita)
    return found[0] if found else None


async def citas_in_conflict() -> list[ListedCita]:
    """Printed citas whose seat was taken after all, and second citas of one person: the portal settles them."""
    return await _list(
        '("appointment"."displaced" OR "appointment"."duplicate") AND "appointment"."state" = {}', State.RESERVED.value
    )


async def leases_at_hand(now: datetime) -> list[LeaseAtHand]:
    """The places that can be sold without asking, by time."""
    rows = await fetch(
        'SELECT "known_lease"."starts_at", "known_lease"."claimed", "staff"."name" AS "consultant_name" '
        'FROM "known_lease" JOIN "seat" ON "seat"."id" = "known_lease"."seat" '
        'JOIN "staff" ON "staff"."id" = "seat"."consultant" '
        'WHERE "known_lease"."state" = \'held\' AND NOT "known_lease"."recalled" '
        'AND "known_lease"."starts_at" > {} ORDER BY "known_lease"."starts_at", "staff"."name"',
        now,
    )
    return [LeaseAtHand(row["starts_at"], row["consultant_name"], bool(row["claimed"])) for row in rows]


async def list_attendants() -> list[Attendant]:
    """The consultores of the sede, by name."""
    rows = await fetch(
        'SELECT "id", "name" FROM "staff" WHERE "active" AND "role" = {} ORDER BY "name", "id"', Role.CONSULTANT.value
    )
    return [Attendant(row["id"], row["name"]) for row in rows]


async def _list(condition: str, *values: object) -> list[ListedCita]:
    rows = await fetch(
        'SELECT "appointment"."id", "appointment"."code", "appointment"."state", "appointment"."starts_at", '
        '"appointment"."modality", '
        '"appointment"."given_names", "appointment"."first_surname", "appointment"."second_surname", '
        '"appointment"."preference", "appointment"."language", "appointment"."displaced", "appointment"."duplicate", '
        '"service"."name" AS "service_name", "staff"."name" AS "consultant_name" FROM "appointment" '
        'JOIN "service" ON "service"."id" = "appointment"."service" '
        'JOIN "staff" ON "staff"."id" = "appointment"."consultant" '
        'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
        f'WHERE {condition} ORDER BY "appointment"."starts_at", "appointment"."code"',
        *values,
    )
    return [_view(row) for row in rows]


def _view(row: Row) -> ListedCita:
    names = (row["given_names"], row["first_surname"], row["second_surname"])
    return ListedCita(
        id=row["id"],
        code=row["code"],
        state=State(row["state"]),
        starts_at=row["starts_at"],
        modality=Modality(row["modality"]),
        service_name=row["service_name"],
        consultant_name=row["consultant_name"],
        full_name=" ".join(part for part in names if part),
        preference=_preference(row["preference"]),
        needs_interpreter=row["language"] not in ("", Language.SPANISH.value),
        displaced=bool(row["displaced"]),
        duplicate=bool(row["duplicate"]),
    )


def _preference(text: str) -> Preference | None:
    return Preference(text) if text else None
