"""What was done and looked at where a kiosk stands is in the portal's audit: once, by whom, when, under its name."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import fetch
from portal.domain.audit import Action
from portal.domain.audit_reading import AuditLine, AuditQuery, read_audit
from portal.domain.exchange import Cancellation, Look
from portal.domain.kiosk_exchange import answer_request
from portal.domain.spanish_dates import local_day
from tests.domain.kiosking import TERMS, HandKiosk, add_kiosk
from tests.people import NOW, World, build_world


@pytest.fixture
async def kiosk(node: object) -> HandKiosk:
    assert node
    world: World = await build_world()
    return await add_kiosk(world, "Mesa 1")


async def told() -> list[AuditLine]:
    day = local_day(NOW)
    found = await read_audit(AuditQuery(day - timedelta(days=2), day + timedelta(days=2)))
    return [line for line in found.lines if line.origin == "Mesa 1"]


def look(number: int, staff: UUID, kind: str = "cita", at: datetime = NOW, cita: UUID | None = None) -> Look:
    return Look(number=number, id=uuid4(), at=at, staff=staff, kind=kind, appointment=cita)


async def test_sold_and_cancelled_at_the_desk(kiosk: HandKiosk) -> None:
    at = NOW - timedelta(minutes=5)
    sale = kiosk.sell((await kiosk.speak()).leases[0], "10117410", at)
    kiosk.write(Cancellation(code=sale.code, cancelled_by=kiosk.seller), at + timedelta(minutes=1))
    await kiosk.speak()
    lines = await told()
    assert [line.action for line in lines] == [Action.CITA_CHANGED, Action.CITA_BOOKED]
    assert {(line.cita_code, line.staff_name) for line in lines} == {(sale.code, "Consultor 1")}
    assert lines[1].at == at


async def test_looks_told_again_are_on_record_once(kiosk: HandKiosk) -> None:
    sale = kiosk.sell((await kiosk.speak()).leases[0], "10117410")
    looks = (look(7, kiosk.seller, cita=sale.appointment), look(8, kiosk.seller, "slip", cita=sale.appointment))
    request = kiosk.request(looks=looks)
    first = await answer_request(kiosk.id, request, NOW, TERMS)
    assert await answer_request(kiosk.id, request, NOW, TERMS) == first  # the answer was lost on its way
    assert kiosk.hear(first).looked == 8
    assert (await kiosk.speak(looks=looks)).looked == 8
    # The same page on the same day, after the kiosk has forgotten the first look.
    assert (await kiosk.speak(looks=(look(9, kiosk.seller, cita=sale.appointment),))).looked == 9
    assert sorted(line.action for line in await told()) == ["cita_booked", "cita_seen", "slip_printed"]


async def test_nothing_that_a_look_says_stops_the_exchange(kiosk: HandKiosk) -> None:
    stranger = uuid4()
    ahead = look(3, kiosk.seller, at=NOW + timedelta(days=1))
    answer = await kiosk.speak(looks=(look(1, stranger), look(2, kiosk.seller, "of a later version"), ahead))
    assert answer.looked == 3
    lines = await told()
    assert {line.subject for line in lines} == {"", str(stranger)}
    assert {line.action for line in lines} == {Action.CITA_SEEN, Action.KIOSK_SEARCHED}
    assert max(line.at for line in lines) == NOW
    assert await fetch('SELECT "id" FROM "audit_entry" WHERE "origin" = \'Mesa 1\' AND "staff" IS NULL')
