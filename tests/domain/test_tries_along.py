"""Tries are counted with the hold or the cita that they are made for: once, whatever comes of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.attempts import Attempt, AttemptKind, Limit, Tries, tries_of
from portal.domain.booking import Request, book
from portal.domain.errors import AlreadyReserved, NotOffered, SeatTaken, TooManyAttempts
from portal.domain.holds import hold_for_visit, hold_seat
from portal.domain.new_appointment import Booked
from portal.domain.people import Person
from portal.domain.slots import SlotKey
from portal.domain.visits import find_visit, new_cookie
from tests.people import CONSENT, JULIO, NOW, ROSA, RULES, World, citizen_number, slot_at
from tests.portal.walking import NINE

HOUR = timedelta(hours=1)
MOST = 4
KEY = slot_at(NINE)
ELSEWHEN = slot_at(NINE + HOUR)


def tries(subject: str = "a browser") -> Tries:
    limits = (Limit(AttemptKind.HOLD_BY_SESSION, MOST, HOUR), Limit(AttemptKind.REQUEST_BY_ORIGIN, 100, HOUR))
    attempts = (Attempt(limits[0], subject), Attempt(limits[1], "an origin"))
    return tries_of(*attempts, now=NOW, secret=b"a secret of these tests")


async def counted() -> list[int]:
    return sorted(row["tries"] for row in await fetch('SELECT "tries" FROM "attempt_window"'))


async def begin(key: SlotKey = KEY) -> str:
    cookie = new_cookie()
    await hold_for_visit(key, uuid4().hex, None, cookie, NOW, RULES, tries())
    return cookie


async def test_a_hold_counts_once_whether_there_is_a_seat_or_none(node: Node, world: World) -> None:
    assert world.consultants
    for _ in world.consultants:
        assert await find_visit(await begin(), NOW) is not None
    with pytest.raises(SeatTaken):
        await begin()
    with pytest.raises(NotOffered):
        await begin(slot_at(datetime(2027, 1, 5, 14, tzinfo=NOW.tzinfo)))
    assert await counted() == [4, 4]


async def test_one_hold_too_many_takes_no_seat_and_is_counted(node: Node, world: World) -> None:
    for key in (KEY, ELSEWHEN) * 2:
        await begin(key)
    with pytest.raises(TooManyAttempts) as refusal:
        await begin(slot_at(NINE + 2 * HOUR))
    assert refusal.value.retry_at == NOW + HOUR
    assert await counted() == [5, 5]
    held = await fetch('SELECT "id" FROM "seat" WHERE "hold_token" IS NOT NULL')
    assert len(held) == 4


async def confirm(person: Person, key: SlotKey = KEY) -> Booked:
    token = uuid4().hex
    seat = await hold_seat(key, token, None, NOW, RULES)
    return await book(Request(token, key, seat, person, CONSENT), NOW, RULES, tries())


async def test_a_booking_counts_once_also_when_a_wall_refuses_it(node: Node, world: World) -> None:
    assert world.consultants
    await confirm(ROSA)
    with pytest.raises(AlreadyReserved):
        await confirm(ROSA, ELSEWHEN)
    assert await counted() == [2, 2]


async def test_one_booking_too_many_books_nothing_and_is_counted(node: Node, world: World) -> None:
    assert world.consultants
    for number in range(MOST):
        await confirm(citizen_number(number), slot_at(NINE + number * HOUR))
    with pytest.raises(TooManyAttempts):
        await confirm(JULIO, slot_at(NINE + 4 * HOUR))
    assert await counted() == [5, 5]
    assert len(await fetch('SELECT "id" FROM "appointment"')) == MOST


async def test_at_once_as_many_as_allowed_and_each_counted(node: Node, world: World) -> None:
    assert world.consultants
    outcomes = await asyncio.gather(
        *(begin(slot_at(NINE + turn % 3 * HOUR)) for turn in range(6)), return_exceptions=True
    )
    assert sum(isinstance(outcome, str) for outcome in outcomes) == MOST
    assert sum(isinstance(outcome, TooManyAttempts) for outcome in outcomes) == 2
    assert await counted() == [6, 6]
