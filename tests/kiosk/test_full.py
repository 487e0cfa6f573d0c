"""A full disk: refused by its name, on the page in plain words; nothing is half-written, and with room it goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kiosk.changing import cancel_offline
from kiosk.selling import Order, sell
from portal.database.engine import Row
from portal.database.errors import DatabaseFullError
from portal.database.node import fetch, transaction
from portal.database.sqlite import SQLiteNodeEngine
from portal.documents.slip import Paper
from portal.domain.exchange import State
from tests.browser import Visitor
from tests.kiosk.desk import Desk, everything
from tests.kiosk.test_pages_book import BOOK, fill_in
from tests.people import ROSA, citizen_number

MOST = 300
WRITE = SQLiteNodeEngine.write


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


async def test_the_page_says_so_and_keeps_what_was_typed(desk: Desk, visitor: Visitor) -> None:
    await desk.hear(leases=tuple(desk.lease(8 + number % 10, days=1 + number // 10) for number in range(MOST)))
    form = fill_in(await visitor.open("/"))
    await fill(desk)
    before = await everything()
    page = await form.press(status=503)
    assert "el disco de este equipo está lleno" in page.text
    again = page.form(BOOK)
    assert (again.value("Nombres"), again.value("Celular o teléfono")) == ("Rosa María", "987654321")
    assert await everything() == before
    await make_room()
    assert (await again.press()).heading == "Cita reservada"


def without_a_byte(engine: SQLiteNodeEngine, sql: str, args: Any = ()) -> list[Row]:
    """What SQLite says of a disk on which even its journal cannot grow."""
    if sql.startswith(("INSERT", "UPDATE", "DELETE")):
        raise DatabaseFullError
    return WRITE(engine, sql, args)


async def test_nobody_is_shown_when_that_cannot_be_put_on_record(
    desk: Desk, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    cita = desk.cita(15, ROSA)
    await desk.hear(state=State(version=2, whole=True, citas=(cita,)))
    desk.now += timedelta(minutes=1)  # the sitting is due to be noted
    await fetch('DELETE FROM "look"')  # the portal has what was seen so far
    monkeypatch.setattr(SQLiteNodeEngine, "write", without_a_byte)
    page = await visitor.open("/")
    assert "Rosa" not in page.text
    search = page.form("Buscar persona")
    search.fill("Número de documento", ROSA.document_number)
    found = await search.press(status=503)
    assert "Rosa" not in found.text
    assert found.form(BOOK).value("Número de documento") == ROSA.document_number
    assert "No se pudo guardar" in (await visitor.open(f"/citas/{cita.code}", status=503)).heading
