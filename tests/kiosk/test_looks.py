"""Who looked at what at the desk is on record in the file before it is shown, and sent until the portal has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.looks import note_look
from kiosk.selling import Sold, sell
from kiosk.sittings import Sitting
from kiosk.sync import take_answer
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import LookKind, State
from tests.browser import Visitor
from tests.kiosk.desk import Desk
from tests.kiosk.paged import enter
from tests.kiosk.test_pages_citas import search
from tests.people import JULIO, ROSA


@pytest.fixture
async def sold(desk: Desk, visitor: Visitor) -> Sold:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    return await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)


async def kinds() -> list[str]:
    return [row["kind"] for row in await fetch('SELECT "kind" FROM "look" ORDER BY "number"')]


async def test_each_look_is_on_record_without_what_was_typed(desk: Desk, visitor: Visitor, sold: Sold) -> None:
    page = await (await search(visitor, ROSA.document_number)).follow("Rosa María Ñahui Quispe")
    await page.follow("Anular")
    await visitor.fetch(f"/citas/{sold.code}/constancia.pdf")
    await visitor.fetch(f"/citas/{sold.code}/constancia.pdf")
    await search(visitor, "99999999", status=422)
    form = (await visitor.open("/")).form("Buscar persona")
    form.fill("Número de documento", ROSA.document_number)
    await form.press()
    # Seen again on the same day is seen once; a slip is told each time, and a search that found nobody.
    assert await kinds() == ["agenda", "search", "cita", "slip", "slip", "search"]
    looks = (await desk.ask()).looks
    assert {look.staff for look in looks} == {desk.consultant}
    assert [look.appointment for look in looks] == [None, *[sold.appointment] * 4, None]
    assert ROSA.document_number not in str(looks)


async def test_colleagues_are_told_apart(visitor: Visitor, sold: Sold) -> None:
    await visitor.open(f"/citas/{sold.code}")
    await (await visitor.open("/estado")).form("Salir").press()
    await enter(visitor, "consultor2")
    await visitor.open(f"/citas/{sold.code}")
    assert (await kinds()).count("cita") == 2


async def test_looks_are_sent_until_an_answer_has_them(desk: Desk) -> None:
    sitting = Sitting("key", desk.consultant, "consultor1", "Consultor1", locked=False)
    await desk.hear(state=State(version=2, whole=True, citas=(cita := desk.cita(10, JULIO),)))
    await note_look(sitting, LookKind.CITA, desk.now, (cita.id,))
    sent = (await desk.hear(looked=0)).looks  # a portal that knows of no looks
    request = await desk.ask()
    assert request.looks == sent
    await note_look(sitting, LookKind.CITA, desk.now + timedelta(days=1), (cita.id,))
    assert await take_answer(desk.answer(request, looked=sent[-1].number), desk.now, desk.now)
    [left] = (await desk.ask()).looks
    assert left.id != sent[0].id
