"""A register with something in it: citas of every kind, for the tests of its rows, its files and its sheet."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.domain.register_filter import RegisterFilter
from portal.domain.vocabulary import ContactChannel, ContactOutcome, State, Topic
from tests.people import JULIO, MEI, ROSA, citizen_number, reserve, slot_at
from tests.portal.walking import NINE

JANUARY = RegisterFilter(date(2027, 1, 1), date(2027, 1, 31))


async def record(
    appointment: UUID,
    *,
    topics: tuple[Topic, ...] = (),
    notes: str = "",
    observations: str = "",
    motive: str = "",
    channel: str = "",
    doubtful: bool = False,
) -> None:
    """What was written down of a cita by its own consultor."""
    (row,) = await fetch('SELECT "consultant" FROM "appointment" WHERE "id" = {}', appointment)
    await fetch(
        'INSERT INTO "attention" ("appointment", "attended_by", "channel", "topics", "notes", "observations", '
        '"revision", "motive", "doubtful", "updated_at") VALUES ({}, {}, {}, {}, {}, {}, 0, {}, {}, {})',
        *(appointment, row["consultant"], channel, json.dumps(topics), notes, observations, motive, doubtful, NINE),
    )


async def try_to_reach(appointment: UUID, minutes: int, outcome: ContactOutcome = ContactOutcome.NO_ANSWER) -> None:
    """An attempt by telephone, so many minutes after nine."""
    (row,) = await fetch('SELECT "consultant" FROM "appointment" WHERE "id" = {}', appointment)
    await fetch(
        'INSERT INTO "contact_attempt" ("id", "appointment", "staff", "channel", "outcome", "note", "at") '
        "VALUES ({}, {}, {}, {}, {}, '', {})",
        *(uuid4(), appointment, row["consultant"], ContactChannel.PHONE.value, outcome.value),
        NINE + timedelta(minutes=minutes),
    )


async def attended_rosa(observations: str = "Se orientó sobre su cuenta") -> UUID:
    """Rosa was invited at nine, attended from 9:03 to 9:20, and asked what she thought of it."""
    cita = await reserve(ROSA, slot_at(NINE))
    started, finished = NINE + timedelta(minutes=3), NINE + timedelta(minutes=20)
    await fetch(
        'UPDATE "appointment" SET "state" = {}, "invited_at" = {}, "started_at" = {}, "finished_at" = {} '
        'WHERE "id" = {}',
        *(State.ATTENDED.value, NINE, started, finished, cita.id),
    )
    await record(cita.id, topics=(Topic.ACCOUNT, Topic.SEARCH), observations=observations, channel="telefonica")
    await try_to_reach(cita.id, 1)
    await try_to_reach(cita.id, 2, ContactOutcome.ANSWERED)
    await fetch(
        'INSERT INTO "survey" ("id", "appointment", "asked_at", "expires_at", "answered_at") '
        "VALUES ({}, {}, {}, {}, {})",
        *(uuid4(), cita.id, finished, finished + timedelta(days=15), finished + timedelta(hours=1)),
    )
    return cita.id


async def abandoned_julio() -> UUID:
    """Julio did not connect: abandoned at 9:36, six minutes after the invitation."""
    half_past = NINE + timedelta(minutes=30)
    cita = await reserve(JULIO, slot_at(half_past))
    await fetch(
        'UPDATE "appointment" SET "state" = {}, "invited_at" = {}, "ended_at" = {} WHERE "id" = {}',
        *(State.ABANDONED.value, half_past, half_past + timedelta(minutes=6), cita.id),
    )
    await record(cita.id, motive="no_contact", observations="=HYPERLINK(1)")
    return cita.id


async def reserved_mei() -> UUID:
    """Mei's cita is still to come, at ten."""
    return (await reserve(MEI, slot_at(NINE + timedelta(hours=1)))).id


async def reserve_many(number: int) -> list[UUID]:
    """Citas of as many people, two at a time as long as the world's days last."""
    made = []
    for place in range(number):
        day, seat = divmod(place // 2, 16)
        starts_at = NINE + timedelta(days=day, minutes=30 * seat - 30)
        made.append((await reserve(citizen_number(place), slot_at(starts_at))).id)
    return made


async def move_to_center(appointment: UUID, center: UUID) -> None:
    """As if the cita had been booked at another sede."""
    await fetch('UPDATE "appointment" SET "center" = {} WHERE "id" = {}', center, appointment)
