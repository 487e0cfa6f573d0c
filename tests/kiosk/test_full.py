"""A full disk: the sale is refused with its name, nothing is half-written, and with room again it goes on."""

from __future__ import annotations

import pytest

from kiosk.changing import cancel_offline
from kiosk.selling import Order, sell
from portal.database.errors import DatabaseFullError
from portal.database.node import fetch, transaction
from portal.documents.slip import Paper
from tests.kiosk.desk import Desk, everything
from tests.people import citizen_number

MOST = 300


async def fill(desk: Desk) -> int:
    """Allow the file no page more, and sell until there is no room; returns how many were sold."""
    async with transaction():  # on the connection that writes
        [pages] = await fetch("PRAGMA page_count")
        await fetch(f"PRAGMA max_page_count = {pages['page_count']}")
    for number in range(MOST):
        before = await everything()
        try:
            await sell(order(desk, number), desk.now, Paper.TICKET)
        except DatabaseFullError:
            assert await everything() == before
            return number
    raise AssertionError("the file never was full")


def order(desk: Desk, number: int) -> Order:
    return desk.order(citizen_number(number), 8 + number % 10, days=1 + number // 10)


async def make_room() -> None:
    async with transaction():
        await fetch("PRAGMA max_page_count = 1000000")


async def test_a_full_disk_refuses_whole_sales_and_lets_them_go_on_with_room(encrypted_desk: Desk) -> None:
    desk = encrypted_desk
    await desk.hear(leases=tuple(desk.lease(8 + number % 10, days=1 + number // 10) for number in range(MOST)))
    sold = await fill(desk)
    assert sold
    with pytest.raises(DatabaseFullError):
        await sell(order(desk, sold), desk.now, Paper.TICKET)
    [counts] = await fetch(
        'SELECT (SELECT count(*) FROM "appointment") AS "citas", (SELECT count(*) FROM "log_entry") AS "entries", '
        '(SELECT count(*) FROM "print_job") AS "slips", (SELECT "logged" FROM "kiosk_state") AS "logged", '
        '(SELECT count(*) FROM "known_lease" WHERE "state" = \'sold\') AS "leases"'
    )
    assert set(counts.values()) == {sold}

    await make_room()
    again = await sell(order(desk, sold), desk.now, Paper.TICKET)
    await cancel_offline(again.code, desk.consultant, desk.now)
    [state] = await fetch('SELECT "logged" FROM "kiosk_state"')
    assert state["logged"] == sold + 2
