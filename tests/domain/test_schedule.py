"""Rule: opening seats is idempotent and additive; what is booked is never removed, overlaps are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.changing import cancel
from portal.domain.closures import close_days
from portal.domain.days_on_offer import days_between
from portal.domain.districts import load_districts
from portal.domain.errors import NotOffered, SeatTaken
from portal.domain.holds import hold_seat
from portal.domain.rules import BookingRules
from portal.domain.schedule import Opening, open_seats
from portal.domain.setup import set_up
from tests.people import NOW, ROSA, RULES, build_world, held_until, reserve, slot_at

MONDAY = datetime(2027, 1, 11, 14, 30, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


async def count(condition: str, *values: object) -> int:
    rows = await fetch(f'SELECT count(*) AS "n" FROM "seat" WHERE {condition}', *values)
    number: int = rows[0]["n"]
    return number


async def test_opening_again_changes_nothing(node: Node) -> None:
    await build_world()
    assert await open_seats(NOW, RULES) == Opening()


async def test_the_horizon_moves_on_with_the_days(node: Node) -> None:
    await build_world()
    opened = await open_seats(NOW + timedelta(days=1), RULES)
    assert opened == Opening(added=32)


async def test_seats_begin_after_now(node: Node) -> None:
    await build_world(consultants=1)
    assert await count('"starts_at" <= {}', NOW) == 0


async def test_changed_hours_close_free_seats_and_keep_booked_and_held_ones(node: Node) -> None:
    await build_world(consultants=1)
    booked = await reserve(ROSA, slot_at(MONDAY))
    await hold_seat(slot_at(MONDAY + HALF_HOUR), "held", None, NOW, RULES)
    await fetch('UPDATE "weekly_hours" SET "opens" = {}', time(10, 15))
    await open_seats(NOW, RULES)
    on_monday = await fetch(
        'SELECT "starts_at", "appointment" FROM "seat" WHERE "day" = {} AND "is_open" ORDER BY "starts_at"',
        MONDAY.date(),
    )
    assert [row["starts_at"] for row in on_monday[:3]] == [
        MONDAY,
        MONDAY + HALF_HOUR,
        # 10:15 overlaps the held seat (10:00 to 10:30), so the first new one starts at 10:45.
        MONDAY + timedelta(minutes=75),
    ]
    assert on_monday[0]["appointment"] == booked.id
    # A hold that ran out keeps nothing, and leaves nothing behind.
    await open_seats(NOW + RULES.hold + timedelta(minutes=1), RULES)
    assert await count('"day" = {} AND "hold_token" IS NOT NULL', MONDAY.date()) == 0
    assert await count('"day" = {} AND "starts_at" = {} AND "is_open"', MONDAY.date(), MONDAY + HALF_HOUR) == 0


async def test_a_closure_closes_what_is_free_and_says_whom_it_touches(node: Node) -> None:
    world = await build_world()
    booked = await reserve(ROSA, slot_at(MONDAY))
    await hold_seat(slot_at(MONDAY + timedelta(hours=1)), "held", None, NOW, RULES)
    done = await close_days(MONDAY.date(), MONDAY.date(), "Paro", NOW, center=world.center)
    assert [touched.code for touched in done.touched] == [booked.code]
    assert await held_until("held") is None
    assert await count('"day" = {} AND "is_open"', MONDAY.date()) == 1
    assert await open_seats(NOW, RULES) == Opening()


async def test_the_closure_of_one_consultor_leaves_the_others(node: Node) -> None:
    world = await build_world(consultants=2)
    await close_days(MONDAY.date(), MONDAY.date(), "Vacaciones", NOW, consultant=world.consultants[0])
    assert await count('"day" = {} AND "is_open"', MONDAY.date()) == 16
    (day,) = await days_between(await world.agenda(), MONDAY.date(), MONDAY.date(), NOW, RULES)
    assert day.reason == ""


async def test_a_closure_that_ends_reopens_the_seats(node: Node) -> None:
    world = await build_world()
    await close_days(MONDAY.date(), MONDAY.date(), "Por error", NOW, center=world.center)
    await fetch('DELETE FROM "closure" WHERE "reason" = {}', "Por error")
    assert await open_seats(NOW, RULES) == Opening(reopened=32)


async def test_what_was_given_back_waits_also_where_the_day_was_closed_meanwhile(node: Node) -> None:
    world = await build_world(consultants=1)
    booked = await reserve(ROSA, slot_at(MONDAY))
    await cancel(booked.code, NOW, RULES)
    await close_days(MONDAY.date(), MONDAY.date(), "Por error", NOW, center=world.center)
    await fetch('DELETE FROM "closure"')
    assert await open_seats(NOW, RULES) == Opening(reopened=16)
    with pytest.raises(SeatTaken):
        await reserve(ROSA, slot_at(MONDAY))
    assert await reserve(ROSA, slot_at(MONDAY), NOW + RULES.release_max)


async def test_what_is_given_back_on_a_closed_day_is_not_on_offer(node: Node) -> None:
    world = await build_world(consultants=1)
    booked = await reserve(ROSA, slot_at(MONDAY))
    await close_days(MONDAY.date(), MONDAY.date(), "Paro", NOW, center=world.center)
    await cancel(booked.code, NOW, RULES)
    with pytest.raises(NotOffered):
        await reserve(ROSA, slot_at(MONDAY), NOW + RULES.release_max)


async def test_inverted_days_cannot_be_closed(node: Node) -> None:
    await build_world()
    with pytest.raises(ValueError, match="before the first"):
        await close_days(date(2027, 1, 12), date(2027, 1, 11), "x", NOW)


async def test_a_service_with_another_length_never_overlaps_what_is_booked(node: Node) -> None:
    await build_world(consultants=1)
    await reserve(ROSA, slot_at(MONDAY))
    await fetch('UPDATE "service" SET "minutes" = 45')
    await open_seats(NOW, RULES)
    rows = await fetch('SELECT "starts_at", "ends_at" FROM "seat" WHERE "is_open" ORDER BY "starts_at"')
    assert len({row["ends_at"] - row["starts_at"] for row in rows}) == 2
    for earlier, later in pairwise(rows):
        assert earlier["ends_at"] <= later["starts_at"]


async def test_an_inactive_consultor_gets_no_new_seats(node: Node) -> None:
    await build_world(open_now=False)
    await fetch('UPDATE "staff" SET "active" = {}', False)
    assert await open_seats(NOW, RULES) == Opening()


async def test_the_real_start_is_loaded_once(sqlite_node: Node) -> None:
    now = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    first = await set_up(now, BookingRules())
    assert (first.consultants, first.districts) == (5, 1_891)
    assert first.holidays >= 30
    days = await fetch('SELECT "day" FROM "seat" GROUP BY "day"')
    assert date(2026, 12, 8) not in {row["day"] for row in days}
    assert first.seats.added == await count('"is_open"')
    again = await set_up(now, BookingRules())
    assert (again.consultants, again.holidays, again.districts, again.seats) == (0, 0, 0, Opening())


async def test_districts_are_those_of_inei(sqlite_node: Node) -> None:
    await load_districts()
    rows = await fetch('SELECT "ubigeo", "name", "province", "department" FROM "district"')
    assert len(rows) == 1_891
    assert len({row["ubigeo"][:4] for row in rows}) == 196
    assert len({row["ubigeo"][:2] for row in rows}) == 25
    home = next(row for row in rows if row["ubigeo"] == "150113")
    assert (home["name"], home["province"], home["department"]) == ("Jesús María", "Lima", "Lima")


async def test_two_services_of_one_consultor_never_overlap(node: Node) -> None:
    world = await build_world(consultants=1, open_now=False)
    workshop = uuid4()
    await fetch(
        'INSERT INTO "service" ("id", "code", "name", "procedure_code", "summary", "bring", "minutes", "active", '
        '"position") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 2)',
        *(workshop, "abe", "Taller ABE", "", "", "", 45, True),
    )
    await fetch(
        'INSERT INTO "weekly_hours" ("id", "consultant", "service", "weekday", "opens", "closes", '
        '"allows_virtual", "allows_in_person", "allows_phone") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})',
        *(uuid4(), world.consultants[0], workshop, 0, time(9, 15), time(18), True, True, True),
    )
    await open_seats(NOW, RULES)
    rows = await fetch('SELECT "starts_at", "ends_at", "service" FROM "seat" WHERE "is_open" ORDER BY "starts_at"')
    assert {row["service"] for row in rows} == {world.service, workshop}
    for earlier, later in pairwise(rows):
        assert earlier["ends_at"] <= later["starts_at"]
