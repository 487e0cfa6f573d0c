"""Two active citas of one person, as portal and kiosk tell each other of them."""

from __future__ import annotations

from uuid import UUID

from kiosk.selling import sell
from portal.database.node import Node, fetch
from portal.documents.slip import Paper
from portal.domain.changing import move
from portal.domain.exchange import Cancellation, State
from tests.domain.kiosking import add_kiosk
from tests.kiosk.desk import Desk
from tests.people import JULIO, NOW, ROSA, RULES, build_world, reserve, slot_at


async def test_kiosks_hear_of_the_flag_that_falls(node: Node) -> None:
    assert node
    kiosk = await add_kiosk(await build_world())
    lease = (await kiosk.speak()).leases[0]
    [row] = await fetch(
        'SELECT "starts_at" FROM "seat" WHERE "kiosk" IS NULL AND "starts_at" > {} ORDER BY "starts_at" DESC LIMIT 1',
        NOW,
    )
    online = await reserve(ROSA, slot_at(row["starts_at"]))
    sale = kiosk.sell(lease, ROSA.document_number)
    await kiosk.speak()
    kiosk.write(Cancellation(code=online.code, cancelled_by=kiosk.seller))
    answer = await kiosk.speak()
    assert answer.state is not None
    assert [cita.duplicate for cita in answer.state.citas if cita.code == sale.code] == [False]


async def test_a_kiosk_that_cancelled_what_was_moved_hears_again_what_is_flagged(node: Node) -> None:
    assert node
    kiosk = await add_kiosk(await build_world())
    lease = (await kiosk.speak()).leases[0]
    rows = await fetch(
        'SELECT DISTINCT "starts_at" FROM "seat" WHERE "kiosk" IS NULL AND "starts_at" > {} '
        'ORDER BY "starts_at" DESC LIMIT 2',
        NOW,
    )
    last, before = (slot_at(row["starts_at"]) for row in rows)
    online = await reserve(ROSA, last)
    sale = kiosk.sell(lease, ROSA.document_number)
    await kiosk.speak()
    await move(online.code, before, NOW, RULES)
    await kiosk.speak()
    # It takes the sale for Rosa's only cita now; the portal knows of the one that hers was moved to.
    kiosk.write(Cancellation(code=online.code, cancelled_by=kiosk.seller))
    answer = await kiosk.speak()
    assert answer.state is not None
    assert [cita.duplicate for cita in answer.state.citas if cita.code == sale.code] == [True]


async def test_a_cita_that_the_portal_does_not_flag_is_not_flagged_here(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(9, days=4),))
    sold = await sell(desk.order(JULIO, 9, days=4), desk.now, Paper.TICKET)
    today = desk.cita(11)
    # The sale is under way still: one of the two will be flagged, by the portal.
    await desk.hear(applied=0, state=State(version=2, whole=True, citas=(today,)))
    assert await flags(desk) == {sold.code: False, today.code: True}
    # It is in, and far off: not listed, so it is the one that the portal has flagged.
    await desk.hear(state=State(version=2, whole=True, citas=(today,)))
    assert await flags(desk) == {sold.code: True, today.code: False}


async def test_the_code_that_both_copies_of_a_kiosk_sold_under_is_whose_the_portal_says(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(11),))
    sold = await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    theirs = desk.cita(11, ROSA, code=sold.code)
    await desk.hear(state=State(version=2, whole=True, citas=(theirs,)))
    assert (await codes(desk))[theirs.id] == sold.code
    ours = desk.cita(11, id=sold.appointment, displaced=True)
    await desk.hear(state=State(version=3, whole=True, citas=(theirs, ours)))
    assert await codes(desk) == {theirs.id: sold.code, ours.id: ours.code}


async def codes(desk: Desk) -> dict[UUID, str]:
    assert desk
    return {row["id"]: row["code"] for row in await fetch('SELECT "id", "code" FROM "appointment"')}


async def flags(desk: Desk) -> dict[str, bool]:
    assert desk
    return {row["code"]: bool(row["duplicate"]) for row in await fetch('SELECT "code", "duplicate" FROM "appointment"')}
