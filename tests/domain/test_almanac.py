"""Rule: what a process remembers about the calendar is told only while it is so, whoever changed it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.database.node import Node, active_node, fetch, transaction
from portal.domain import days_on_offer
from portal.domain.almanac import facts_between
from portal.domain.closures import close_days
from portal.domain.days_on_offer import Offer, Span, Wish, days_between, read_days
from portal.domain.modality import Modality
from portal.domain.slots import Day, DayStatus, month_bounds
from tests.people import NOW, RULES, World, build_world, citizen_number, reserve, slot_at

MONDAY = date(2027, 1, 11)
FULL = date(2027, 1, 13)
WISH = Wish("", "", Modality.VIRTUAL)
SPAN = Span(*month_bounds(MONDAY))


async def _look() -> Offer:
    offer = await read_days(WISH, SPAN, NOW, RULES)
    assert offer is not None
    return offer


async def _day(day: date) -> Day:
    return next(one for one in (await _look()).days if one.date == day)


@pytest.fixture
async def world(node: Node) -> World:
    """A sede that somebody has looked at, with a day that is full."""
    world = await build_world()
    await fetch('UPDATE "seat" SET "appointment" = "id" WHERE "day" = {}', FULL)
    assert (await _day(FULL)).status is DayStatus.FULL
    return world


CHANGES: dict[str, tuple[str, tuple[object, ...], DayStatus, str]] = {
    "holiday": ('INSERT INTO "holiday" ("day", "name") VALUES ({}, {})', (FULL, "Fiesta"), DayStatus.HOLIDAY, "Fiesta"),
    "seats closed": ('UPDATE "seat" SET "is_open" = {} WHERE "day" = {}', (False, FULL), DayStatus.NO_HOURS, ""),
    "seats gone": ('DELETE FROM "seat" WHERE "day" = {}', (FULL,), DayStatus.NO_HOURS, ""),
    "another modality": (
        'UPDATE "seat" SET "allows_virtual" = {} WHERE "day" = {}', (False, FULL), DayStatus.NO_HOURS, "",
    ),
    "paused": ('UPDATE "center" SET "paused_at" = {}', (NOW,), DayStatus.PAUSED, ""),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
async def test_what_anybody_changes_is_seen_at_the_next_look(world: World, change: str) -> None:
    sql, values, status, reason = CHANGES[change]
    await fetch(sql, *values)
    day = await _day(FULL)
    assert (day.status, day.reason) == (status, reason)


async def test_a_closure_and_its_end_are_seen_at_the_next_look(world: World) -> None:
    await close_days(FULL, FULL, "Mudanza", NOW, center=world.center)
    assert (await _day(FULL)).reason == "Mudanza"
    await fetch('UPDATE "closure" SET "reason" = {}', "Simulacro")
    assert (await _day(FULL)).reason == "Simulacro"
    await fetch('DELETE FROM "closure"')
    assert (await _day(FULL)).reason == ""


async def test_the_catalogue_is_read_anew_when_it_changes(world: World) -> None:
    await fetch('UPDATE "service" SET "name" = {}', "Asesoría")
    assert (await _look()).agenda.service.name == "Asesoría"
    await fetch('UPDATE "center" SET "address" = {}', "Av. Arequipa 1")
    assert (await _look()).agenda.center.address == "Av. Arequipa 1"
    await fetch('UPDATE "center" SET "active" = {}', False)
    assert await read_days(WISH, SPAN, NOW, RULES) is None
    await fetch('UPDATE "center" SET "active" = {}', True)
    assert (await _look()).agenda.center.address == "Av. Arequipa 1"


async def test_days_are_told_also_when_no_sede_is_open_any_more(world: World) -> None:
    """As when the last one closes while somebody looks at it."""
    agenda = (await _look()).agenda
    await fetch('UPDATE "center" SET "active" = {}', False)
    async with asyncio.timeout(20):
        assert len(await days_between(agenda, SPAN.first, SPAN.last, NOW, RULES)) == 31


async def test_what_is_taken_back_was_never_so(world: World) -> None:
    """A look inside a transaction sees what it wrote; after its end everybody sees what there is."""
    with pytest.raises(RuntimeError):
        await _declare_and_take_back()
    assert (await _day(FULL)).status is DayStatus.FULL


async def _declare_and_take_back() -> None:
    async with transaction():
        await fetch('INSERT INTO "holiday" ("day", "name") VALUES ({}, {})', FULL, "Fiesta")
        assert (await _day(FULL)).status is DayStatus.HOLIDAY
        raise RuntimeError


async def test_what_changes_between_two_questions_is_told_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [True]

    async def change_first(*args: Any) -> Any:
        if waiting:
            waiting.clear()
            await close_days(FULL, FULL, "Mudanza", NOW, center=world.center)
        return await facts_between(*args)

    monkeypatch.setattr(days_on_offer, "facts_between", change_first)
    three_days = Span(date(2027, 1, 12), date(2027, 1, 14))  # not looked at before
    offer = await read_days(WISH, three_days, NOW, RULES)
    assert offer is not None
    assert [day.reason for day in offer.days] == ["", "Mudanza", ""]


async def test_citizens_change_nothing_that_is_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds and books is seen in the count of free seats; the next look still asks one question alone."""
    before = await _day(MONDAY)
    await reserve(citizen_number(1), slot_at(datetime(2027, 1, 11, 14, 0, tzinfo=UTC)))
    asked = _note_questions(monkeypatch)
    assert (await _day(MONDAY)).free == before.free - 1
    assert len(asked) == 1
    agenda = (await _look()).agenda
    asked.clear()
    assert len(await days_between(agenda, SPAN.first, SPAN.last, NOW, RULES)) == 31
    assert len(asked) == 1


def _note_questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    engine = type(active_node().engine)
    asked: list[str] = []
    fetch_as_ever = engine.fetch

    async def noted(self: Any, sql: str, args: Sequence[object] = ()) -> Any:
        asked.append(sql)
        return await fetch_as_ever(self, sql, args)

    monkeypatch.setattr(engine, "fetch", noted)
    return asked
