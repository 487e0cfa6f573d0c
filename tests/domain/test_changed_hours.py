"""Rule: what is due is on offer, also after the length of a cita, its service or its modalities were changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from portal.database.node import Node, fetch
from portal.domain.modality import Modality
from portal.domain.schedule import Opening, open_seats
from tests.people import NOW, ROSA, RULES, World, build_world, reserve, slot_at

MONDAY = datetime(2027, 1, 11, 14, 30, tzinfo=UTC)


async def open_on_monday() -> list[tuple[UUID, datetime, datetime]]:
    """Service, start and end of the open seats of that day, in order."""
    rows = await fetch(
        'SELECT "service", "starts_at", "ends_at" FROM "seat" WHERE "is_open" AND "day" = {} ORDER BY "starts_at"',
        date(2027, 1, 11),
    )
    return [(row["service"], row["starts_at"], row["ends_at"]) for row in rows]


async def as_from_the_beginning() -> list[tuple[UUID, datetime, datetime]]:
    """What a first opening would put on offer that day."""
    await fetch('DELETE FROM "seat"')
    await open_seats(NOW, RULES)
    return await open_on_monday()


async def add_workshop(world: World) -> UUID:
    """A second service, of the same length, for later."""
    workshop = uuid4()
    await fetch(
        'INSERT INTO "service" ("id", "code", "name", "procedure_code", "summary", "bring", "minutes", "active", '
        "\"position\") SELECT {}, 'abe', 'Taller ABE', '', '', '', \"minutes\", \"active\", 2 FROM \"service\" "
        'WHERE "id" = {}',
        *(workshop, world.service),
    )
    return workshop


async def test_another_length_leaves_no_gaps(node: Node) -> None:
    await build_world(consultants=1)
    await fetch('UPDATE "service" SET "minutes" = 45')
    await open_seats(NOW, RULES)
    assert await open_seats(NOW, RULES) == Opening()
    offered = await open_on_monday()
    assert {end - start for _, start, end in offered} == {timedelta(minutes=45)}
    assert offered == await as_from_the_beginning()


async def test_and_back_again(node: Node) -> None:
    await build_world(consultants=1)
    before = await open_on_monday()
    for minutes in (45, 30):
        await fetch('UPDATE "service" SET "minutes" = {}', minutes)
        await open_seats(NOW, RULES)
    assert await open_on_monday() == before


async def test_hours_given_to_another_service_are_on_offer_for_it(node: Node) -> None:
    world = await build_world(consultants=1)
    workshop = await add_workshop(world)
    await fetch('UPDATE "weekly_hours" SET "service" = {}', workshop)
    await open_seats(NOW, RULES)
    assert await open_seats(NOW, RULES) == Opening()
    offered = await open_on_monday()
    assert {service for service, _, _ in offered} == {workshop}
    assert offered == await as_from_the_beginning()


async def test_a_modality_that_is_no_longer_attended_is_not_on_offer(node: Node) -> None:
    await build_world(consultants=1)
    booked = await reserve(ROSA, slot_at(MONDAY, Modality.IN_PERSON))
    await fetch('UPDATE "weekly_hours" SET "allows_in_person" = {}', False)
    await open_seats(NOW, RULES)
    assert await open_seats(NOW, RULES) == Opening()
    rows = await fetch('SELECT "appointment" FROM "seat" WHERE "is_open" AND "allows_in_person"')
    assert [row["appointment"] for row in rows] == [booked.id]
    assert await fetch('SELECT "id" FROM "seat" WHERE "is_open" AND "allows_virtual" AND "appointment" IS NULL')
