"""Citas that were attended, for the tests of what comes after: the survey, the times."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from portal.database.node import fetch
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.people import Person
from portal.domain.vocabulary import State
from tests.people import ROSA, reserve, slot_at
from tests.portal.walking import NINE

ATTENTION = timedelta(minutes=15)


async def attend(
    person: Person = ROSA,
    moment: datetime = NINE,
    modality: Modality = Modality.VIRTUAL,
    *,
    invited: datetime | None = None,
    started: datetime | None = None,
    finished: datetime | None = None,
    by: UUID | None = None,
    channel: str = "",
    doubtful: bool = False,
) -> Booked:
    """A cita of that time that took place: invited and begun on time and fifteen minutes long, unless given."""
    cita = await reserve(person, slot_at(moment, modality))
    started = started or moment
    await fetch(
        'UPDATE "appointment" SET "state" = {}, "invited_at" = {}, "started_at" = {}, "finished_at" = {} '
        'WHERE "id" = {}',
        *(State.ATTENDED.value, invited or moment, started, finished or started + ATTENTION, cita.id),
    )
    rows = await fetch('SELECT "consultant" FROM "appointment" WHERE "id" = {}', cita.id)
    await fetch(
        'INSERT INTO "attention" ("appointment", "attended_by", "channel", "topics", "notes", "observations", '
        '"revision", "motive", "doubtful", "updated_at") '
        "VALUES ({}, {}, {}, '[]', '', '', 0, '', {}, {})",
        *(cita.id, by or rows[0]["consultant"], channel, doubtful, moment),
    )
    return cita
