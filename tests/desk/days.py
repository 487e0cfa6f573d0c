"""Days of work: citas of the small world brought to the state that a test wants, and the hours of that day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.domain.booking import Request, book
from portal.domain.modality import Modality
from portal.domain.people import Person
from portal.domain.vocabulary import State
from tests.people import CONSENT, NOW, ROSA, RULES, citizen_number, slot_at

MONDAY = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
"""Monday 11 January 2027, 9:00 in Lima."""


async def give(
    consultant: UUID,
    person: Person | int = ROSA,
    at: datetime = MONDAY,
    modality: Modality = Modality.VIRTUAL,
    now: datetime = NOW,
) -> UUID:
    """Book a person (or one of many) at that time with that consultor; the id of the cita."""
    rows = await fetch('SELECT "id" FROM "seat" WHERE "consultant" = {} AND "starts_at" = {}', consultant, at)
    person = citizen_number(person) if isinstance(person, int) else person
    key = slot_at(at, modality)
    return (await book(Request(uuid4().hex, key, rows[0]["id"], person, CONSENT), now, RULES)).id


async def turn(cita: UUID, state: State, **moments: datetime) -> None:
    """Bring a cita to a state, with the moments that go with it: ``invited_at`` …"""
    await fetch('UPDATE "appointment" SET "state" = {} WHERE "id" = {}', state.value, cita)
    for column, moment in moments.items():
        await fetch(f'UPDATE "appointment" SET "{column}" = {{}} WHERE "id" = {{}}', moment, cita)  # noqa: S608  # ours


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)
