"""A displaced cita gets a seat: one, the nearest, also when several people press at once (ARCHITECTURE, rule 6)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from portal.database.node import fetch
from portal.domain.audit import Actor
from portal.domain.changing import cancel
from portal.domain.displaced import NotSeated, Unseated, seat_again
from portal.domain.modality import Modality
from tests.people import JULIO, NOW, ROSA, RULES, World, citizen_number, reserve, slot_at

TIME = NOW + timedelta(days=1, hours=1)
ACTOR = Actor(None, "192.0.2.7")


async def displace(code: str) -> UUID:
    """Take the seat of a cita away, for somebody else."""
    [row] = await fetch('SELECT "id", "seat" FROM "appointment" WHERE "code" = {}', code)
    await fetch('UPDATE "appointment" SET "seat" = NULL, "displaced" = {} WHERE "id" = {}', *(True, row["id"]))
    await fetch('UPDATE "seat" SET "appointment" = NULL WHERE "id" = {}', row["seat"])
    cita: UUID = row["id"]
    return cita


async def fill(moment: datetime) -> None:
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "starts_at" = {}', *(False, moment))


async def starts_of(cita: UUID) -> datetime:
    [row] = await fetch('SELECT "starts_at" FROM "appointment" WHERE "id" = {}', cita)
    moment: datetime = row["starts_at"]
    return moment


async def test_the_nearest_seat_is_one_of_the_same_time(world: World) -> None:
    booked = await reserve(ROSA, slot_at(TIME))
    cita = await displace(booked.code)
    starts_at, consultant = await seat_again(cita, None, ACTOR, NOW, RULES)
    assert starts_at == TIME
    [row] = await fetch(
        'SELECT "appointment"."code", "appointment"."displaced", "appointment"."calendar_sequence", '
        '"staff"."name", "seat"."appointment" FROM "appointment" JOIN "seat" ON "seat"."id" = "appointment"."seat" '
        'JOIN "staff" ON "staff"."id" = "appointment"."consultant" WHERE "appointment"."id" = {}',
        cita,
    )
    assert (row["code"], bool(row["displaced"]), row["calendar_sequence"]) == (booked.code, False, 1)
    assert (row["name"], row["appointment"]) == (consultant, cita)
    queued = await fetch('SELECT "kind", "recipient" FROM "outbox_message" WHERE "appointment" = {}', cita)
    assert ("move", ROSA.email) in {(message["kind"], message["recipient"]) for message in queued}
    events = await fetch('SELECT "kind" FROM "appointment_event" WHERE "appointment" = {}', cita)
    assert "seated" in {event["kind"] for event in events}
    assert world


async def test_else_the_nearest_before_or_after(world: World) -> None:
    cita = await displace((await reserve(ROSA, slot_at(TIME))).code)
    for minutes in (0, 30, -30, 60):
        await fill(TIME + timedelta(minutes=minutes))
    assert (await seat_again(cita, None, ACTOR, NOW, RULES))[0] == TIME - timedelta(hours=1)
    assert await starts_of(cita) == TIME - timedelta(hours=1)
    assert world


async def test_a_chosen_time_is_given_or_refused(world: World) -> None:
    cita = await displace((await reserve(ROSA, slot_at(TIME))).code)
    later = slot_at(TIME + timedelta(hours=2), Modality.PHONE)
    await fill(later.starts_at)
    with pytest.raises(NotSeated) as refusal:
        await seat_again(cita, later, ACTOR, NOW, RULES)
    assert refusal.value.why is Unseated.TAKEN
    for impossible in (NOW - timedelta(days=1), NOW + timedelta(days=90)):
        with pytest.raises(NotSeated):
            await seat_again(cita, slot_at(impossible), ACTOR, NOW, RULES)
    chosen = slot_at(TIME + timedelta(hours=3), Modality.PHONE)
    assert (await seat_again(cita, chosen, ACTOR, NOW, RULES))[0] == chosen.starts_at
    [row] = await fetch('SELECT "modality" FROM "appointment" WHERE "id" = {}', cita)
    assert row["modality"] == Modality.PHONE
    assert world


async def test_pressed_twice_at_once_it_takes_one_seat(world: World) -> None:
    cita = await displace((await reserve(ROSA, slot_at(TIME))).code)
    outcomes = await asyncio.gather(
        *(seat_again(cita, None, ACTOR, NOW, RULES) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 1
    refused = [outcome for outcome in outcomes if isinstance(outcome, NotSeated)]
    assert [refusal.why for refusal in refused] == [Unseated.NO_LONGER] * 3
    seats = await fetch('SELECT "id" FROM "seat" WHERE "appointment" = {}', cita)
    assert len(seats) == 1
    assert world


async def test_many_for_few_seats_never_share_one(world: World) -> None:
    citas = []
    for number in range(6):
        citas.append(await displace((await reserve(citizen_number(number), slot_at(TIME))).code))
    await fetch(
        'UPDATE "seat" SET "is_open" = {} WHERE "starts_at" NOT IN ({}, {})',
        *(False, TIME, TIME + timedelta(minutes=30)),
    )
    outcomes = await asyncio.gather(
        *(seat_again(cita, None, ACTOR, NOW, RULES) for cita in citas), return_exceptions=True
    )
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 4
    assert {outcome.why for outcome in outcomes if isinstance(outcome, NotSeated)} == {Unseated.NONE_FREE}
    seats = await fetch('SELECT "seat" FROM "appointment" WHERE "seat" IS NOT NULL')
    assert len({row["seat"] for row in seats}) == len(seats) == 4
    assert world


async def test_a_cita_that_needs_no_seat_gets_none(world: World) -> None:
    seated = await reserve(JULIO, slot_at(TIME))
    gone = await reserve(ROSA, slot_at(TIME))
    cita = await displace(gone.code)
    await cancel(gone.code, NOW, RULES)
    for one in (seated.id, cita):
        with pytest.raises(NotSeated) as refusal:
            await seat_again(one, None, ACTOR, NOW, RULES)
        assert refusal.value.why is Unseated.NO_LONGER
