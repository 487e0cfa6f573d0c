"""A day in the database of a portal that runs: a consultor of one's own, with citas around the present moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from playwright.async_api import Page

from portal.database.node import fetch, open_node, use_node
from portal.domain.modality import Modality
from portal.domain.new_appointment import add_appointment
from portal.domain.people import find_or_add_citizen
from portal.domain.sessions import SessionRules, Stage, open_session
from portal.domain.vocabulary import DocumentType, Role, State
from portal.web.admission import COOKIE
from tests.running_portal import RunningPortal
from tests.staffing import add_person

_numbers = count(1)
_NAMES = ("Rosa María", "Julio", "Carmen", "Luis Alberto", "Ana", "José", "Milagros", "Víctor", "Flor de María")
_SURNAMES = ("Ñahui", "Quispe", "Huamán", "Flores", "Rojas", "Mamani", "García", "Chávez", "Condori", "D'Angelo")


@dataclass
class StagedDay:
    """Where the day is set up: the portal's database, a sede, and a consultor who is signed in nowhere yet."""

    portal: RunningPortal
    center: UUID
    service: UUID
    consultant: UUID

    async def enter(self, page: Page, who: UUID | None = None) -> None:
        """Sign somebody in in that browser."""
        value = await open_session(who or self.consultant, Stage.FULL, datetime.now(UTC), SessionRules())
        await page.context.add_cookies([{"name": COOKIE, "value": value, "url": self.portal.url}])

    async def add(
        self,
        minutes: float,
        state: State = State.RESERVED,
        *,
        modality: Modality = Modality.VIRTUAL,
        whose: UUID | None = None,
        **values: object,
    ) -> UUID:
        """A cita that begins in so many minutes; ``values`` are of its row."""
        number, now = next(_numbers), datetime.now(UTC).replace(second=0, microsecond=0)
        citizen = await find_or_add_citizen(DocumentType.DNI, f"{30_000_000 + number}", now)
        cita, starts_at = uuid4(), now + timedelta(minutes=minutes)
        row = {
            "id": cita,
            "hold_token": cita.hex,
            "citizen": citizen,
            "seat": None,
            "center": self.center,
            "service": self.service,
            "consultant": whose or self.consultant,
            "modality": modality.value,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=30),
            "given_names": _NAMES[number % len(_NAMES)],
            "first_surname": _SURNAMES[number % len(_SURNAMES)],
            "second_surname": _SURNAMES[number // 3 % len(_SURNAMES)],
            "birth_date": None,
            "email": f"persona{number}@example.org",
            "phone": f"+5198{number:07}",
            "ubigeo": "",
            "preference": "",
            "language": "es",
            "motive": "",
            "privacy_version": "2026-11",
            "privacy_accepted_at": now,
            "promotions_accepted": False,
            "origin": "web",
            "booked_by": None,
            "calendar_uid": cita,
            "calendar_sequence": 0,
            "moved_from": None,
            "state": state.value,
        }
        await add_appointment({**row, **values}, now)
        return cita


@asynccontextmanager
async def staged_day(portal: RunningPortal) -> AsyncIterator[StagedDay]:
    """Set a day up in the database of a portal on SQLite, while it runs."""
    node = open_node("stage", f"sqlite:///{portal.data / 'portal.db'}")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(node.stop)
        await node.start()
        stack.enter_context(use_node(node))
        center = (await fetch('SELECT "id" FROM "center" ORDER BY "name" LIMIT 1'))[0]["id"]
        service = (await fetch('SELECT "id" FROM "service" LIMIT 1'))[0]["id"]
        number = next(_numbers)
        consultant = await add_person(f"prueba{number}", f"Consultora {number}", Role.CONSULTANT, center)
        link = "https://meet.google.com/abc-defg-hij"
        await fetch('UPDATE "staff" SET "meet_link" = {} WHERE "id" = {}', link, consultant)
        yield StagedDay(portal, center, service, consultant)
