"""Rule: what is no longer active is neither shown nor to be had; what was booked there stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.database.node import Node, fetch
from portal.domain.errors import NotOffered
from portal.domain.holds import hold_seat
from portal.domain.schedule import open_seats
from tests.people import NOW, ROSA, RULES, build_world, reserve, slot_at

MONDAY = datetime(2027, 1, 11, 14, 30, tzinfo=UTC)


async def count(condition: str) -> int:
    rows = await fetch(f'SELECT count(*) AS "n" FROM "seat" WHERE {condition}')
    number: int = rows[0]["n"]
    return number


@pytest.mark.parametrize(
    "over",
    ['UPDATE "staff" SET "active" = {}', 'UPDATE "service" SET "active" = {}', 'UPDATE "center" SET "active" = {}'],
    ids=["consultor", "service", "sede"],
)
async def test_who_or_what_is_no_longer_active_has_no_free_seats_on_offer(node: Node, over: str) -> None:
    await build_world(consultants=1)
    await reserve(ROSA, slot_at(MONDAY))
    await fetch(over, False)
    await open_seats(NOW, RULES)
    assert await count('"is_open"') == 1
    assert await count('"is_open" AND "appointment" IS NOT NULL') == 1


async def test_a_consultor_without_hours_has_no_free_seats_on_offer(node: Node) -> None:
    await build_world(consultants=1)
    await fetch('DELETE FROM "weekly_hours"')
    await open_seats(NOW, RULES)
    assert await count('"is_open"') == 0


@pytest.mark.parametrize("table", ["center", "service"])
async def test_what_the_catalogue_hides_cannot_be_held_either(node: Node, table: str) -> None:
    await build_world(consultants=1)
    await fetch(f'UPDATE "{table}" SET "active" = {{}}', False)
    with pytest.raises(NotOffered):
        await hold_seat(slot_at(MONDAY), "token", None, NOW, RULES)
