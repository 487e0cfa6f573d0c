"""Somebody puts an older copy of the portal's file in its place and tells nobody: the first kiosk that comes knows
better (ARCHITECTURE, rule 10).
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from portal.database.node import Node, fetch, open_node, use_node
from portal.domain.epochs import current_epoch, list_paused
from portal.domain.exchange import Claim, HeldLease
from portal.domain.kiosk_exchange import answer_request
from tests.databases import NewDatabase
from tests.domain.kiosking import TERMS, HandKiosk, add_kiosk
from tests.people import NOW, build_world


@dataclass
class Portal:
    """A portal on a file, with a kiosk that has had its first exchange."""

    node: Node
    path: Path
    kiosk: HandKiosk

    async def back_up(self) -> None:
        await self.node.stop()
        shutil.copyfile(self.path, self.path.with_suffix(".copy"))
        await self.node.start()

    async def restore(self) -> None:
        await self.node.stop()
        shutil.copyfile(self.path.with_suffix(".copy"), self.path)
        await self.node.start()


@pytest.fixture
async def portal(new_database: NewDatabase) -> AsyncIterator[Portal]:
    url = new_database("sqlite")
    node = open_node("portal", url)
    await node.start()
    with use_node(node):
        kiosk = await add_kiosk(await build_world())
        await kiosk.speak()
        yield Portal(node, Path(url.removeprefix("sqlite:///")), kiosk)
    await node.stop()


async def is_paused() -> bool:
    return bool(await list_paused())


async def test_a_kiosk_that_took_later_answers_begins_an_epoch(portal: Portal) -> None:
    before = await current_epoch()
    await portal.back_up()
    sale = portal.kiosk.sell((await portal.kiosk.speak()).leases[0], "10117410")
    await portal.kiosk.speak()
    await portal.restore()
    assert (await portal.kiosk.speak()).declare
    assert await current_epoch() > before
    assert await is_paused()
    told = await portal.kiosk.speak(applied=0, chain="", entries=tuple(portal.kiosk.log), leases=())
    assert not told.declare
    assert not await is_paused()
    [cita] = await fetch('SELECT "seat", "displaced" FROM "appointment" WHERE "code" = {}', sale.code)
    assert (cita["seat"], cita["displaced"]) == (sale.seat, False)


async def test_a_late_copy_of_a_request_that_is_answered_anew_hides_nothing(portal: Portal) -> None:
    kiosk = portal.kiosk
    await portal.back_up()
    late = kiosk.request()
    told = kiosk.hear(await answer_request(kiosk.id, late, NOW, TERMS))
    await portal.restore()
    # The network had kept a copy of it: exchange and number agree again.
    await answer_request(kiosk.id, late, NOW, TERMS)
    [row] = await fetch('SELECT "exchange" FROM "kiosk" WHERE "id" = {}', kiosk.id)
    assert row["exchange"] == kiosk.answered
    assert (await kiosk.speak()).declare
    assert await is_paused()
    held = tuple(HeldLease(id=lease.id, seat=lease.seat, code=lease.code, sold=False) for lease in told.leases)
    after = await kiosk.speak(leases=held)
    assert {lease.id for lease in held} <= {lease.id for lease in after.leases}
    assert not await is_paused()


@pytest.mark.parametrize("sold", [True, False])
async def test_a_claim_that_was_answered_anew_with_another_seat_is_what_the_kiosk_was_told_first(
    portal: Portal, sold: bool
) -> None:
    kiosk = portal.kiosk
    await portal.back_up()
    rows = await fetch(
        'SELECT "starts_at" FROM "seat" WHERE "kiosk" IS NULL AND "starts_at" > {} GROUP BY "starts_at" '
        'HAVING count(*) > 1 ORDER BY "starts_at" LIMIT 1',
        NOW,
    )
    claim = Claim(lease=uuid4(), service="bolsa", modality="virtual", starts_at=rows[0]["starts_at"])
    late = kiosk.request(claim=claim)
    told = kiosk.hear(await answer_request(kiosk.id, late, NOW, TERMS))
    [lease] = [each for each in told.leases if each.id == claim.lease]
    await portal.restore()
    await answer_request(kiosk.id, late, NOW, TERMS)
    [anew] = await fetch('SELECT "seat", "code" FROM "lease" WHERE "id" = {}', lease.id)
    assert anew["code"] != lease.code
    sale = kiosk.sell(lease, "10117410") if sold else None
    assert (await kiosk.speak()).declare
    held = tuple(HeldLease(id=it.id, seat=it.seat, code=it.code, sold=it.id == lease.id and sold) for it in told.leases)
    after = await kiosk.speak(leases=held)
    sale = sale or kiosk.sell(lease, "10117410")
    await kiosk.speak()
    [cita] = await fetch('SELECT "seat", "displaced" FROM "appointment" WHERE "code" = {}', sale.code)
    assert (cita["seat"], cita["displaced"]) == (lease.seat, False)
    assert sold or (lease.seat, lease.code) in {(it.seat, it.code) for it in after.leases}
    lent = await fetch('SELECT "seat" FROM "lease" WHERE "state" = \'granted\'')
    kept = await fetch('SELECT "id" FROM "seat" WHERE "kiosk" IS NOT NULL')
    assert {row["seat"] for row in lent} == {row["id"] for row in kept}


async def test_the_same_request_twice_and_answers_that_are_lost_begin_nothing(portal: Portal) -> None:
    before, kiosk = await current_epoch(), portal.kiosk
    for _ in range(2):
        request = kiosk.request()
        answers = [await answer_request(kiosk.id, request, NOW, TERMS) for _ in range(2)]
        kiosk.hear(answers[1])
        await answer_request(kiosk.id, kiosk.request(), NOW, TERMS)
    assert not (await kiosk.speak()).declare
    assert await current_epoch() == before


async def test_a_kiosk_that_was_told_of_a_later_epoch_begins_one(portal: Portal) -> None:
    before = await current_epoch()
    seen = before + 1_000_000_000  # also when the clock was ahead then
    assert (await portal.kiosk.speak(epoch=seen, answered=0, mark="")).declare
    assert await current_epoch() > seen
    assert await is_paused()


async def test_a_kiosk_of_before_the_marks_is_believed(portal: Portal) -> None:
    before = await current_epoch()
    for _ in range(2):
        assert not (await portal.kiosk.speak(mark="")).declare
    assert await current_epoch() == before
