"""The walk, when the day is closed while somebody fills in the form."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.closures import close_days
from tests.browser import Visitor
from tests.people import NOW, World
from tests.portal.walking import describe, hold

MONDAY = date(2027, 1, 11)
GONE = "Ese horario ya no se atiende"


async def test_confirming_says_that_the_time_is_no_longer_attended(visitor: Visitor, world: World) -> None:
    page = await describe(visitor)
    await close_days(MONDAY, MONDAY, "Fumigación del local", NOW, center=world.center)
    page = await page.form("Confirmar mi cita").press(status=409)
    assert page.heading == GONE
    assert "Lo que escribiste sigue guardado." in page.text
    assert "otra persona" not in page.text.lower()
    assert page.form("martes 12 de enero de 2027, 8:30")
    page = await page.follow("Ver todos los horarios")
    assert "Fumigación del local" in page.text


@pytest.mark.parametrize("address", ["/reservar/datos", "/reservar/confirmar"])
async def test_so_does_every_page_of_the_walk(visitor: Visitor, world: World, address: str) -> None:
    await hold(visitor)
    await close_days(MONDAY, MONDAY, "Fumigación del local", NOW, center=world.center)
    page = await visitor.open(address, status=409)
    assert page.heading == GONE
