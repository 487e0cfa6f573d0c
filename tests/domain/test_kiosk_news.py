"""What kiosks are told of when the calendar changes, or the portal forgets (ARCHITECTURE, rules 10 and 12)."""

from __future__ import annotations

from datetime import date, timedelta

from portal.database.node import Node, fetch
from portal.domain.closures import close_days
from portal.domain.epochs import begin_epoch
from portal.domain.schedule import open_seats
from tests.domain.kiosking import add_kiosk
from tests.people import NOW, ROSA, RULES, build_world, reserve, slot_at

FRIDAY, MONDAY = date(2027, 1, 8), date(2027, 1, 11)


async def test_the_next_day_with_hours_is_told_of_when_the_one_before_it_closes(node: Node) -> None:
    assert node
    world = await build_world()
    kiosk = await add_kiosk(world)
    await kiosk.speak()
    [row] = await fetch('SELECT "starts_at" FROM "seat" WHERE "day" = {} AND "kiosk" IS NULL LIMIT 1', MONDAY)
    booked = await reserve(ROSA, slot_at(row["starts_at"]))
    answer = await kiosk.speak()
    assert answer.state is not None
    assert answer.state.citas == ()
    await close_days(FRIDAY, FRIDAY, "Capacitación", NOW)
    answer = await kiosk.speak()
    assert answer.state is not None
    assert [cita.code for cita in answer.state.citas] == [booked.code]


async def test_the_next_day_with_hours_is_told_of_when_the_calendar_closes_the_one_before_it(node: Node) -> None:
    assert node
    kiosk = await add_kiosk(await build_world())
    await kiosk.speak()
    [row] = await fetch('SELECT "starts_at" FROM "seat" WHERE "day" = {} AND "kiosk" IS NULL LIMIT 1', MONDAY)
    booked = await reserve(ROSA, slot_at(row["starts_at"]))
    await kiosk.speak()
    await fetch('DELETE FROM "weekly_hours" WHERE "weekday" = {}', FRIDAY.weekday())
    await open_seats(NOW, RULES)
    answer = await kiosk.speak()
    assert answer.state is not None
    assert [cita.code for cita in answer.state.citas] == [booked.code]
    await open_seats(NOW, RULES)
    answer = await kiosk.speak()
    assert answer.state is not None
    assert answer.state.citas == ()


async def test_versions_of_another_epoch_are_not_compared(node: Node) -> None:
    assert node
    kiosk = await add_kiosk(await build_world())
    await kiosk.speak()
    await reserve(ROSA, slot_at(NOW + timedelta(hours=4)))
    await kiosk.speak()
    await begin_epoch(NOW, "restored")
    answer = await kiosk.speak()
    assert answer.state is not None
    assert answer.state.whole
