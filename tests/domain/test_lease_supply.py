"""What a sede lends of each day is shared fairly between its kiosks, and never more than its share (ARCHITECTURE, rules
7 and 8).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import fetch
from portal.domain.exchange import Answer, Release
from portal.domain.kiosk_exchange import answer_request
from portal.domain.lease_supply import SHARES_FOR
from portal.domain.spanish_dates import local_day
from tests.domain.kiosking import TERMS, HandKiosk, add_kiosk
from tests.people import NOW, World, build_world


@pytest.fixture
async def world(node: object) -> World:
    assert node
    return await build_world()


@pytest.fixture
async def kiosks(world: World) -> tuple[HandKiosk, HandKiosk]:
    """The first was there before the second, and holds all that the sede lends."""
    first = await add_kiosk(world)
    assert len((await first.speak()).leases) == 20
    return first, await add_kiosk(world, "Módulo 2")


def give_back_recalled(kiosk: HandKiosk, answer: Answer) -> int:
    recalled = [lease for lease in answer.leases if lease.recalled]
    for lease in recalled:
        kiosk.write(Release(lease=lease.id))
    return len(recalled)


async def held() -> Counter[UUID]:
    rows = await fetch('SELECT "kiosk" FROM "seat" WHERE "kiosk" IS NOT NULL')
    return Counter(row["kiosk"] for row in rows)


async def most_of_a_consultor() -> int:
    rows = await fetch('SELECT "consultant", "day" FROM "seat" WHERE "kiosk" IS NOT NULL')
    return max(Counter((row["consultant"], row["day"]) for row in rows).values())


async def test_a_second_kiosk_gets_its_part_of_what_the_first_one_holds(kiosks: tuple[HandKiosk, HandKiosk]) -> None:
    first, second = kiosks
    assert (await second.speak()).leases == ()
    assert give_back_recalled(first, await first.speak()) == 10
    assert (await second.speak()).leases == ()
    await first.speak()
    assert (await held())[first.id] == 10
    got = (await second.speak()).leases
    assert set(Counter(local_day(lease.starts_at) for lease in got).values()) == {2}
    assert len(got) == 10
    assert await most_of_a_consultor() == 2
    for _ in range(3):  # and that is that
        assert [len((await kiosk.speak()).leases) for kiosk in kiosks] == [10, 10]


async def test_a_kiosk_that_does_not_hear_the_recall_keeps_what_it_has(kiosks: tuple[HandKiosk, HandKiosk]) -> None:
    first, second = kiosks
    leases = (await first.speak()).leases
    await second.speak()
    await answer_request(first.id, first.request(), NOW, TERMS)  # this answer is lost
    for _ in range(3):
        assert (await second.speak()).leases == ()
    assert (await held()) == {first.id: 20}
    sale = first.sell(leases[0], "10117410")
    await first.speak(applied=0, chain="")
    [row] = await fetch('SELECT "displaced", "seat" FROM "appointment" WHERE "code" = {}', sale.code)
    assert (bool(row["displaced"]), row["seat"]) == (False, leases[0].seat)


async def test_a_kiosk_that_was_away_for_days_leaves_the_rest_to_the_others(
    kiosks: tuple[HandKiosk, HandKiosk],
) -> None:
    first, second = kiosks
    await first.speak()
    later = NOW + SHARES_FOR + timedelta(minutes=1)
    await second.speak(later)
    assert (await held())[first.id] == 20
    assert (await held())[second.id] > 0
    assert await most_of_a_consultor() == 2


@pytest.mark.parametrize("number", [3, 5])
async def test_however_many_come_at_once_the_share_is_not_exceeded(world: World, number: int) -> None:
    await fetch(
        'INSERT INTO "lease_policy" ("id", "center", "service", "per_consultant", "days", "share", "minimum") '
        "VALUES ({}, {}, {}, 3, 1, 20, 0)",
        *(uuid4(), world.center, world.service),
    )
    [day] = await fetch('SELECT min("day") AS "day" FROM "seat" WHERE "starts_at" > {}', NOW)
    [seats] = await fetch(
        'SELECT count(*) AS "n" FROM "seat" WHERE "day" = {} AND "starts_at" > {}', *(day["day"], NOW)
    )
    share = min(int(seats["n"]) * 20 // 100, 3 * 2)
    kiosks = [await add_kiosk(world, f"Módulo {place}") for place in range(number)]
    for _ in range(8):
        answers = await asyncio.gather(*(kiosk.speak() for kiosk in kiosks))
        assert (await held()).total() <= share
        for kiosk, answer in zip(kiosks, answers, strict=True):
            give_back_recalled(kiosk, answer)
    parts = [(await held())[kiosk.id] for kiosk in kiosks]
    assert sum(parts) == share
    assert max(parts) - min(parts) <= 1
