"""Rosa asks, the staff answers: a cita with a doubt, and each of the staff with a browser of their own."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from litestar import Litestar

from portal.domain.files import CheckedFile
from portal.domain.questions import ask_question
from tests.browser import NewVisitor, Page, Visitor
from tests.people import ROSA
from tests.portal.owning import Owner
from tests.portal.walking import MovingClock, one
from tests.staffing import Staffed, sign_in

TEXT = "No puedo entrar a mi cuenta.\n¿Qué hago?"


@dataclass
class Asked:
    """A doubt about Rosa's cita. ``owner`` and ``colleague`` are the consultores who may and may not answer it."""

    rosa: Owner
    staffed: Staffed
    question: UUID
    owner: UUID
    colleague: UUID
    app: Litestar
    new_visitor: NewVisitor
    clock: MovingClock

    @property
    def address(self) -> str:
        """The address of the incident."""
        return f"/incidencias/{self.question}"

    async def enter(self, person: UUID) -> Visitor:
        """A browser of somebody of the staff, signed in now."""
        return await sign_in(self.new_visitor(self.app), person, self.clock())

    async def open(self, person: UUID, rest: str = "", *, status: int = 200) -> Page:
        """The incident's page, or one below it, in a browser of that person."""
        return await (await self.enter(person)).open(f"{self.address}{rest}", status=status)


@pytest.fixture
async def asked(
    owner: Owner, staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> Asked:
    """Rosa's doubt, not answered yet."""
    return await make_asked(owner, staffed, owned_app, new_visitor, moving_clock)


async def make_asked(
    owner: Owner, staffed: Staffed, app: Litestar, new_visitor: NewVisitor, clock: MovingClock,
    copy: CheckedFile | None = None,
) -> Asked:  # fmt: skip
    """A doubt, with a copy of the document or without."""
    question = await ask_question(owner.cita.id, ROSA.email, "", TEXT, copy, clock())
    consultant = await one('SELECT "consultant" FROM "appointment" WHERE "id" = {}', owner.cita.id)
    [colleague] = [person for person in staffed.world.consultants if person != consultant]
    return Asked(owner, staffed, question, consultant, colleague, app, new_visitor, clock)
