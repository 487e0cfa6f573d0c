"""Rule: what is on offer, and a reason for every "why is there nothing"."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.database.node import Node, fetch
from portal.domain.closures import close_days
from portal.domain.days_on_offer import days_between, slots_of
from portal.domain.epochs import begin_epoch, resume
from portal.domain.errors import NotOffered
from portal.domain.holidays import load_holidays
from portal.domain.modality import Modality
from portal.domain.schedule import open_seats
from portal.domain.slots import (
    DayStatus,
    SlotKey,
    month_bounds,
    nearest_slots,
    next_free_day,
    read_slot_key,
)
from tests.domain.kiosking import add_kiosk
from tests.people import NOW, RULES, build_world, citizen_number, reserve, slot_at

MONDAY = date(2027, 1, 11)
NINE = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)


async def test_every_day_says_what_it_is_and_why(node: Node) -> None:
    world = await build_world()
    agenda = await world.agenda()
    await load_holidays(date(2027, 1, 7))
    tuesday = MONDAY + timedelta(days=1)
    await close_days(tuesday, tuesday, "Mantenimiento del local", NOW, center=world.center)
    wednesday = MONDAY + timedelta(days=2)
    await fetch('UPDATE "seat" SET "appointment" = "id" WHERE "day" = {}', wednesday)
    days = {day.date: day for day in await days_between(agenda, date(2027, 1, 1), date(2027, 3, 31), NOW, RULES)}
    assert days[date(2027, 1, 6)].status is DayStatus.PAST
    assert (days[MONDAY].status, days[MONDAY].free) == (DayStatus.FREE, 32)
    assert (days[tuesday].status, days[tuesday].reason) == (DayStatus.CLOSED, "Mantenimiento del local")
    assert days[wednesday].status is DayStatus.FULL
    assert days[date(2027, 1, 9)].status is DayStatus.NO_HOURS
    assert days[date(2027, 3, 8)].status is DayStatus.FREE
    assert days[date(2027, 3, 9)].status is DayStatus.BEYOND
    assert len(days) == 90


async def test_a_holiday_has_its_name(node: Node) -> None:
    world = await build_world(open_now=False)
    await load_holidays(date(2026, 12, 1))
    december = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    await open_seats(december, RULES)
    days = await days_between(await world.agenda(), date(2026, 12, 8), date(2026, 12, 10), december, RULES)
    assert [(day.status, day.reason) for day in days] == [
        (DayStatus.HOLIDAY, "Inmaculada Concepción"),
        (DayStatus.HOLIDAY, "Batalla de Ayacucho"),
        (DayStatus.FREE, ""),
    ]


async def test_a_sede_that_waits_for_its_kiosks_is_paused_and_not_full(node: Node) -> None:
    world = await build_world()
    await add_kiosk(world, now=NOW)
    tuesday = MONDAY + timedelta(days=1)
    await close_days(tuesday, tuesday, "Mantenimiento del local", NOW, center=world.center)
    await begin_epoch(NOW, "restored")
    sunday = MONDAY - timedelta(days=1)
    days = await days_between(await world.agenda(), sunday, tuesday, NOW, RULES)
    assert [day.status for day in days] == [DayStatus.NO_HOURS, DayStatus.PAUSED, DayStatus.CLOSED]
    await resume(world.center)
    (day,) = await days_between(await world.agenda(), MONDAY, MONDAY, NOW, RULES)
    assert day.status is DayStatus.FREE


async def test_today_is_free_then_too_soon(node: Node) -> None:
    world = await build_world()
    agenda = await world.agenda()
    today = date(2027, 1, 7)
    assert (await slots_of(agenda, today, NOW, RULES))[0].starts_at == NOW + RULES.notice
    evening = datetime(2027, 1, 7, 21, 5, tzinfo=UTC)
    (day,) = await days_between(agenda, today, today, evening, RULES)
    assert day.status is DayStatus.TOO_SOON
    assert await slots_of(agenda, today, evening, RULES) == []
    assert await next_free_day(agenda, evening, RULES) == date(2027, 1, 8)


async def test_the_next_free_day_skips_what_is_full(node: Node) -> None:
    world = await build_world()
    agenda = await world.agenda()
    await fetch('UPDATE "seat" SET "appointment" = "id" WHERE "day" < {}', MONDAY)
    assert await next_free_day(agenda, NOW, RULES) == MONDAY
    assert await next_free_day(agenda, NOW, RULES, after=MONDAY) == MONDAY + timedelta(days=1)
    await fetch('UPDATE "seat" SET "is_open" = {}', False)
    assert await next_free_day(agenda, NOW, RULES) is None


async def test_the_nearest_three_lie_on_both_sides(node: Node) -> None:
    await build_world(consultants=1)
    await reserve(citizen_number(1), slot_at(NINE))
    nearest = await nearest_slots(slot_at(NINE), NOW, RULES)
    minutes = [(slot.starts_at - NINE) // timedelta(minutes=1) for slot in nearest]
    assert minutes == [-30, 30, 60]


async def test_what_is_offered_is_what_the_seats_say(node: Node) -> None:
    world = await build_world()
    agenda = await world.agenda()
    offered = await slots_of(agenda, MONDAY, NOW, RULES)
    assert [slot.free for slot in offered] == [2] * 16
    (day,) = await days_between(agenda, MONDAY, MONDAY, NOW, RULES)
    assert day.free == sum(slot.free for slot in offered)


def test_the_opaque_slot_is_read_back() -> None:
    key = SlotKey("bolsa", "central", Modality.VIRTUAL, NINE)
    assert read_slot_key(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "a~b~c~d", "bolsa~central~virtual~20271340T9999Z", "~~~", "bolsa~central~virtual~" + "9" * 500,
        "bolsa~central~virtual~00010101T0000Z", "bolsa~central~virtual~99991231T2359Z",
    ],
)  # fmt: skip
def test_a_slot_that_we_did_not_make_is_refused(text: str) -> None:
    with pytest.raises(NotOffered):
        read_slot_key(text)


def test_months_have_their_ends() -> None:
    assert month_bounds(date(2027, 2, 14)) == (date(2027, 2, 1), date(2027, 2, 28))
    assert month_bounds(date(2026, 12, 31)) == (date(2026, 12, 1), date(2026, 12, 31))
