"""Races, on both databases with real concurrency: one place is sold once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from portal.database.node import Node, fetch, transaction
from portal.domain.booking import Request, book
from portal.domain.changing import cancel, move
from portal.domain.closures import ClosureDone, close_days
from portal.domain.days_on_offer import slots_of
from portal.domain.errors import AlreadyReserved, DomainError, NotOffered, SeatTaken
from portal.domain.holds import hold_seat
from portal.domain.new_appointment import Booked
from portal.domain.schedule import open_seats
from tests.people import CONSENT, NOW, ROSA, RULES, build_world, citizen_number, reserve, slot_at

MONDAY = datetime(2027, 1, 11, 14, 30, tzinfo=UTC)
KEY = slot_at(MONDAY)


async def outcomes(*attempts: Coroutine[Any, Any, object]) -> Counter[str]:
    """Run all at once; count how they ended, by type. What is not an ordinary outcome is raised."""
    ended = await asyncio.gather(*attempts, return_exceptions=True)
    for result in ended:
        if isinstance(result, BaseException) and not isinstance(result, DomainError):
            raise result
    return Counter(type(result).__name__ for result in ended)


async def active_citas() -> int:
    rows = await fetch('SELECT count(*) AS "n" FROM "appointment" WHERE "state" = \'reserved\'')
    count: int = rows[0]["n"]
    return count


async def test_200_people_hold_the_same_seat_at_once(node: Node) -> None:
    await build_world(consultants=1)
    ended = await outcomes(*(hold_seat(KEY, f"token {n}", None, NOW, RULES) for n in range(200)))
    assert ended == Counter({"UUID": 1, "SeatTaken": 199})


async def test_200_people_go_for_a_time_with_three_seats(node: Node) -> None:
    await build_world(consultants=3)
    ended = await outcomes(*(reserve(citizen_number(n), KEY) for n in range(200)))
    assert ended == Counter({"Booked": 3, "SeatTaken": 197})
    assert await active_citas() == 3


async def test_200_holds_of_one_seat_that_ran_out_confirm_at_once(node: Node) -> None:
    await build_world(consultants=1)
    requests = []
    for number in range(200):
        seat = await hold_seat(KEY, f"token {number}", None, NOW, RULES)
        await fetch('UPDATE "seat" SET "held_until" = {} WHERE "id" = {}', NOW, seat)
        requests.append(Request(f"token {number}", KEY, seat, citizen_number(number), CONSENT))
    ended = await outcomes(*(book(request, NOW, RULES) for request in requests))
    assert ended == Counter({"Booked": 1, "SeatTaken": 199})


async def test_one_person_at_twenty_times_gets_one_cita(node: Node) -> None:
    await build_world(consultants=2)
    keys = [slot_at(MONDAY + timedelta(days=n // 10, minutes=30 * (n % 10))) for n in range(20)]
    ended = await outcomes(*(reserve(replace(ROSA, email=f"{n}@example.org"), key) for n, key in enumerate(keys)))
    assert ended == Counter({"Booked": 1, "AlreadyReserved": 19})
    booked = await fetch('SELECT count(*) AS "n" FROM "seat" WHERE "appointment" IS NOT NULL')
    assert booked[0]["n"] == 1


async def test_twenty_clicks_on_confirm_are_one_cita(node: Node) -> None:
    await build_world()
    seat = await hold_seat(KEY, "token", None, NOW, RULES)
    request = Request("token", KEY, seat, ROSA, CONSENT)
    clicks = await asyncio.gather(*(book(request, NOW, RULES) for _ in range(20)))
    assert len({click.code for click in clicks}) == 1
    assert sum(not click.repeated for click in clicks) == 1
    assert len(await fetch('SELECT "id" FROM "outbox_message"')) == 1


async def test_moves_against_bookings_of_the_same_seat(node: Node) -> None:
    await build_world(consultants=1)
    start = await reserve(ROSA, slot_at(MONDAY + timedelta(hours=2)))
    attempts: list[Coroutine[Any, Any, object]] = [move(start.code, KEY, NOW, RULES)]
    attempts += [reserve(citizen_number(n), KEY) for n in range(20)]
    ended = await outcomes(*attempts)
    assert ended == Counter({"Booked": 1, "SeatTaken": 20})
    at_key = await fetch('SELECT "id" FROM "appointment" WHERE "starts_at" = {} AND "state" = \'reserved\'', MONDAY)
    assert len(at_key) == 1


async def test_two_moves_of_one_cita_at_once_leave_one(node: Node) -> None:
    await build_world()
    start = await reserve(ROSA, KEY)
    keys = [slot_at(MONDAY + timedelta(minutes=30 * n)) for n in range(1, 9)]
    ended = await outcomes(*(move(start.code, key, NOW, RULES) for key in keys))
    assert ended == Counter({"Booked": 1, "NotReserved": 7})
    assert await active_citas() == 1
    assert len(await fetch('SELECT "id" FROM "seat" WHERE "appointment" IS NOT NULL')) == 1


async def test_cancel_against_move(node: Node) -> None:
    await build_world()
    for number in range(10):
        booked = await reserve(citizen_number(number), slot_at(MONDAY + timedelta(minutes=30 * number)))
        target = slot_at(MONDAY + timedelta(days=1, minutes=30 * number))
        ended = await outcomes(cancel(booked.code, NOW, RULES), move(booked.code, target, NOW, RULES))
        assert sum(ended.values()) == 2
        moved = ended["Booked"]
        assert await active_citas() == moved
        assert len(await fetch('SELECT "id" FROM "seat" WHERE "appointment" IS NOT NULL')) == moved
        for row in await fetch('SELECT "code" FROM "appointment" WHERE "state" = \'reserved\''):
            await cancel(row["code"], NOW, RULES)


async def test_a_closure_against_bookings_lists_every_cita_that_got_through(node: Node) -> None:
    world = await build_world(consultants=2)
    keys = [slot_at(MONDAY + timedelta(minutes=30 * (n % 10))) for n in range(30)]

    async def close() -> ClosureDone:
        return await close_days(MONDAY.date(), MONDAY.date(), "Simulacro de sismo", NOW, center=world.center)

    ended = await asyncio.gather(
        *(reserve(citizen_number(n), key) for n, key in enumerate(keys[:15])),
        close(),
        *(reserve(citizen_number(n + 15), key) for n, key in enumerate(keys[15:])),
        return_exceptions=True,
    )
    closure = next(result for result in ended if isinstance(result, ClosureDone))
    booked = {result.code for result in ended if isinstance(result, Booked)}
    assert all(isinstance(result, Booked | ClosureDone | SeatTaken | NotOffered) for result in ended)
    assert {touched.code for touched in closure.touched} == booked
    assert await slots_of(await world.agenda(), MONDAY.date(), NOW, RULES) == []
    open_and_free = await fetch(
        'SELECT "id" FROM "seat" WHERE "day" = {} AND "is_open" AND "appointment" IS NULL', MONDAY.date()
    )
    assert open_and_free == []


async def test_opening_twice_at_once_opens_once(node: Node) -> None:
    await build_world(open_now=False)
    await asyncio.gather(*(open_seats(NOW, RULES) for _ in range(4)))
    doubled = await fetch('SELECT "consultant" FROM "seat" GROUP BY "consultant", "starts_at" HAVING count(*) > 1')
    assert doubled == []


async def test_a_transaction_that_waits_while_others_read_and_write(node: Node) -> None:
    world = await build_world(consultants=2)
    agenda = await world.agenda()
    inside, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with transaction():
            await fetch('UPDATE "seat" SET "number" = 1 WHERE "starts_at" = {}', MONDAY + timedelta(hours=4))
            inside.set()
            await may_end.wait()

    waiting = asyncio.create_task(slow())
    await inside.wait()
    read = await slots_of(agenda, MONDAY.date(), NOW, RULES)
    assert read
    writing = asyncio.create_task(reserve(ROSA, KEY))
    may_end.set()
    await waiting
    assert isinstance(await writing, Booked)


async def test_the_walls_stand_whatever_a_later_programmer_does(node: Node) -> None:
    await build_world(consultants=1)
    booked = await reserve(ROSA, KEY)
    row = (await fetch('SELECT * FROM "appointment" WHERE "code" = {}', booked.code))[0]
    copy = {**row, "id": UUID(int=7), "code": "AAAAAAAA", "hold_token": "another"}
    columns = ", ".join(f'"{name}"' for name in copy)
    marks = ", ".join("{}" for _ in copy)
    inserted = await fetch(
        f'INSERT INTO "appointment" ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING "id"', *copy.values()
    )
    assert inserted == []
    assert issubclass(AlreadyReserved, DomainError)
