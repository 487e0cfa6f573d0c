"""The fixed cast of the tests, and the small world that they live in.

The world is one Thursday: 7 January 2027, 9:00 in Lima. Rosa owns a cita, Julio does not; two consultores of the sede
central attend from Monday to Friday.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from uuid import NAMESPACE_DNS, UUID, uuid4, uuid5

from portal.database.node import fetch
from portal.domain.appointments import find_appointment_by_id
from portal.domain.booking import Request, book
from portal.domain.catalogue import read_catalogue
from portal.domain.holds import hold_seat
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.people import Consent, Person
from portal.domain.rules import BookingRules
from portal.domain.schedule import open_seats
from portal.domain.slots import Agenda, SlotKey
from portal.domain.vocabulary import DocumentType, MessageKind, Role

NOW = datetime(2027, 1, 7, 14, 0, tzinfo=UTC)
RULES = BookingRules()

ROSA = Person(
    document_type=DocumentType.DNI,
    document_number="10117410",
    given_names="Rosa María",
    first_surname="Ñahui",
    second_surname="Quispe",
    email="rosa@example.org",
    phone="+51987654321",
)
JULIO = Person(
    document_type=DocumentType.DNI,
    document_number="42388604",
    given_names="Julio",
    first_surname="D'Angelo",
    email="julio@example.org",
    phone="+51912345678",
)
# A person without e-mail, with a passport and a single surname.
MEI = Person(document_type=DocumentType.PASSPORT, document_number="G1234567", given_names="Mei", first_surname="Li")
CONSENT = Consent(privacy_version="2026-11", privacy_accepted_at=NOW)


@dataclass(frozen=True, slots=True)
class World:
    """Ids of what ``build_world`` made."""

    center: UUID
    service: UUID
    consultants: tuple[UUID, ...]

    async def agenda(self, modality: Modality = Modality.VIRTUAL) -> Agenda:
        """The agenda of the only service at the only sede."""
        catalogue = await read_catalogue()
        return Agenda(catalogue.services[0], catalogue.centers[0], modality)


def _fixed_id(name: str) -> UUID:
    """The same id in every test, so that a copied database's world is known without asking it."""
    return uuid5(NAMESPACE_DNS, f"{name}.citas.example")


WORLD = World(_fixed_id("central"), _fixed_id("bolsa"), (_fixed_id("consultor1"), _fixed_id("consultor2")))
"""What ``build_world()`` makes when nothing else is asked of it."""


def citizen_number(number: int) -> Person:
    """One of as many citizens as a test wants, each with a document of their own."""
    return replace(
        JULIO, document_number=f"{40_000_000 + number}", email=f"persona{number}@example.org", given_names="Persona"
    )


async def build_world(
    now: datetime = NOW,
    consultants: int = 2,
    opens: time = time(8, 30),
    closes: time = time(16, 30),
    rules: BookingRules = RULES,
    open_now: bool = True,
) -> World:
    """One sede, one service, consultores from Monday to Friday without a break, and their seats."""
    center, service = WORLD.center, WORLD.service
    await fetch(
        'INSERT INTO "center" ("id", "code", "name", "address", "reference", "ubigeo", "phone", "email", "active", '
        '"version") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, 0)',
        *(center, "central", "Centro de Empleo – Sede central", "Av. Salaverry 655, Jesús María", "", "150113"),
        *("016306000", "central@example.org", True),
    )
    await fetch(
        'INSERT INTO "service" ("id", "code", "name", "procedure_code", "summary", "bring", "minutes", "active", '
        '"position") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 1)',
        *(service, "bolsa", "Bolsa de Trabajo", "PE-BT-01", "Orientación para buscar empleo."),
        *("Tu documento de identidad\nTu currículum vítae", 30, True),
    )
    staff = []
    for number in range(1, consultants + 1):
        staff.append(await add_consultant(center, service, number, opens, closes))
    if open_now:
        await open_seats(now, rules)
    return World(center, service, tuple(staff))


async def add_consultant(center: UUID, service: UUID, number: int, opens: time, closes: time) -> UUID:
    """A consultor with the same hours from Monday to Friday."""
    consultant = _fixed_id(f"consultor{number}")
    await fetch(
        'INSERT INTO "staff" ("id", "username", "name", "role", "center", "email", "meet_link", "active", '
        '"schedule_version") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 0)',
        *(consultant, f"consultor{number}", f"Consultor {number}", Role.CONSULTANT.value, center),
        *(f"consultor{number}@example.org", "https://meet.google.com/abc-defg-hij", True),
    )
    for weekday in range(5):
        await fetch(
            'INSERT INTO "weekly_hours" ("id", "consultant", "service", "weekday", "opens", "closes", '
            '"allows_virtual", "allows_in_person", "allows_phone") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})',
            *(uuid4(), consultant, service, weekday, opens, closes, True, True, True),
        )
    return consultant


def slot_at(moment: datetime, modality: Modality = Modality.VIRTUAL) -> SlotKey:
    """The slot of the world's service that starts then."""
    return SlotKey("bolsa", "central", modality, moment)


async def reserve(
    person: Person, key: SlotKey, now: datetime = NOW, rules: BookingRules = RULES, token: str | None = None
) -> Booked:
    """Hold and book in one go, as the pages do in three."""
    token = token or uuid4().hex
    seat = await hold_seat(key, token, None, now, rules)
    return await book(Request(token, key, seat, person, CONSENT), now, rules)


async def held_until(token: str) -> datetime | None:
    """Until when the open seat of a hold's token is held, None when no seat carries the token."""
    rows = await fetch('SELECT "held_until" FROM "seat" WHERE "hold_token" = {} AND "is_open"', token)
    return rows[0]["held_until"] if rows else None


async def told_of(appointment: UUID) -> list[MessageKind]:
    """The kinds of the notices that the owner of a cita finds in its page, newest first."""
    cita = await find_appointment_by_id(appointment)
    return [notice.kind for notice in cita.notices] if cita else []
