"""A cita on its day, for tests of its attention: by video call on Monday at nine, with one of two consultores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from portal.database.node import Node, fetch
from portal.domain.desk import DeskCita, find_desk_cita
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.people import Person
from portal.domain.vocabulary import EventKind
from tests.people import NOW, ROSA, RULES, World, build_world, reserve, slot_at

START = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
"""Monday 11 January 2027, 9:00 in Lima."""


def at(minutes: float) -> datetime:
    """So many minutes after the start, or before it."""
    return START + timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class Case:
    """A cita, its consultor, and a colleague of the same sede."""

    world: World
    booked: Booked
    consultant: UUID
    colleague: UUID

    @property
    def id(self) -> UUID:
        return self.booked.id

    async def cita(self) -> DeskCita:
        """The cita as it is now."""
        found = await find_desk_cita(self.id)
        assert found is not None
        return found

    async def events(self) -> list[EventKind]:
        """What happened since it was reserved, in order."""
        return [EventKind(row["kind"]) for row in await self.rows("appointment_event")][1:]

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """Its rows in a table, in order of time where there is one."""
        rows = await fetch(f'SELECT * FROM "{table}" WHERE "appointment" = {{}}', self.id)  # noqa: S608  # our names
        return sorted(rows, key=lambda row: row.get("at") or row.get("created_at") or NOW)

    async def mails(self) -> list[str]:
        """The kinds of the mails that were queued after the confirmation, in order."""
        return [row["kind"] for row in await self.rows("outbox_message")][1:]


async def open_case(
    node: Node,
    person: Person = ROSA,
    modality: Modality = Modality.VIRTUAL,
    consultants: int = 2,
    rules: Any = RULES,
    moment: datetime = START,
) -> Case:
    """The small world with a cita in it."""
    assert node.name
    world = await build_world(consultants=consultants)
    return await add_case(world, person, modality, rules, moment)


async def add_case(
    world: World,
    person: Person = ROSA,
    modality: Modality = Modality.VIRTUAL,
    rules: Any = RULES,
    moment: datetime = START,
) -> Case:
    """A cita in a world that there is already."""
    booked = await reserve(person, slot_at(moment, modality), rules=rules)
    [row] = await fetch('SELECT "consultant" FROM "appointment" WHERE "id" = {}', booked.id)
    others: Sequence[UUID] = [one for one in world.consultants if one != row["consultant"]]
    return Case(world, booked, row["consultant"], others[0] if others else row["consultant"])


NO_MAIL = replace(ROSA, email="")
