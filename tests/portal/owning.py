"""Rosa owns a cita and may open its page, on either engine; Julio is a stranger with a browser of his own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from litestar import Litestar

from portal.domain.appointments import AppointmentView, find_appointment
from portal.domain.codes import check_character
from portal.domain.links import sign_link
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.people import Person
from portal.web.services import Services
from tests.browser import NewVisitor, Page, Visitor
from tests.people import ROSA, World, reserve, slot_at
from tests.portal.walking import NINE, MovingClock, NewWalkApp

UNKNOWN = "K7WM3R9" + check_character("K7WM3R9")
"""A code as codes are, of no cita."""


@dataclass
class Owner:
    """A visitor whose browser may open one cita, and that cita."""

    visitor: Visitor
    cita: Booked
    clock: MovingClock

    @property
    def address(self) -> str:
        """The address of the cita's page."""
        return f"/citas/{self.cita.code}"

    async def open(self, rest: str = "", *, status: int = 200) -> Page:
        """Open the cita's page, or one below it."""
        return await self.visitor.open(f"{self.address}{rest}", status=status)

    async def view(self) -> AppointmentView:
        """The cita as it is now."""
        found = await find_appointment(self.cita.code)
        assert found is not None
        return found


def link_to(app: Litestar, code: str, ends_at: datetime = NINE) -> str:
    """The signed link that a mail carries."""
    services: Services = app.state.services
    return f"/citas/{code}?k={sign_link(code, ends_at, services.keys.access)}"


async def own(
    app: Litestar,
    visitor: Visitor,
    clock: MovingClock,
    person: Person = ROSA,
    moment: datetime = NINE,
    modality: Modality = Modality.VIRTUAL,
) -> Owner:
    """Reserve a cita for a person whose browser comes by the link of the mail."""
    cita = await reserve(person, slot_at(moment, modality), clock())
    await visitor.client.get(link_to(app, cita.code, moment), follow_redirects=False)
    return Owner(visitor, cita, clock)


@pytest.fixture
def owned_app(world: World, new_walk_app: NewWalkApp) -> Litestar:
    """The portal in the small world, with its usual settings."""
    assert world.consultants
    return new_walk_app()


@pytest.fixture
async def owner(owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Owner:
    """Rosa, with a cita by video call on Monday at nine."""
    return await own(owned_app, new_visitor(owned_app), moving_clock)


@pytest.fixture
def stranger(owned_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    """Julio, who knows codes at most."""
    return new_visitor(owned_app)
