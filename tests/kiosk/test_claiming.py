"""Claims: a seat that the kiosk does not hold is asked for under an id that is kept, then sold as if offline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from kiosk import claiming
from kiosk.changing import MoveOrder
from kiosk.claiming import ClaimUnanswered, claim_and_move, claim_and_sell
from kiosk.selling import sell
from kiosk.state import KioskLocked, count_on_hand, read_status
from kiosk.sync import PortalAway, Sync
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.errors import AlreadyReserved, NotOffered, SeatTaken
from portal.domain.exchange import Answer, Claim, ClaimOutcome, LeaseView, Release, Request, Standing, read_entry
from tests.kiosk.desk import Desk, reopen
from tests.people import JULIO, ROSA


class Lender:
    """A portal that does with claims what it is told; ``loses`` answers before it gives any."""

    def __init__(self, desk: Desk, outcome: ClaimOutcome, loses: int = 0) -> None:
        self.desk = desk
        self.outcome = outcome
        self.loses = loses
        self.claims: list[Claim] = []
        self.meanwhile: Callable[[], None] | None = None

    async def send(self, request: Request) -> Answer:
        if request.claim is not None:
            self.claims.append(request.claim)
        if self.loses > 0:
            self.loses -= 1
            raise PortalAway
        granted: tuple[LeaseView, ...] = ()
        if request.claim is not None and self.outcome is ClaimOutcome.GRANTED:
            granted = (self.desk.lease(15, id=request.claim.lease, claimed=True),)
        return self.desk.answer(request, claim=self.outcome, leases=(*self.desk.leases, *granted))


async def test_claimed_and_sold(desk: Desk) -> None:
    lender = Lender(desk, ClaimOutcome.GRANTED)
    sync = Sync(lender, lambda: desk.now)
    sold = await claim_and_sell(desk.order(ROSA, 15), sync, Paper.TICKET)
    [lease] = await fetch('SELECT "id", "code", "state", "claimed" FROM "known_lease"')
    assert (lease["id"], lease["code"], lease["state"]) == (lender.claims[0].lease, sold.code, "sold")
    assert lender.claims[0].starts_at == desk.at(15)
    assert await fetch('SELECT * FROM "asked_claim"') == []


async def test_what_is_held_is_sold_without_asking(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    lender = Lender(desk, ClaimOutcome.TAKEN)
    assert await claim_and_sell(desk.order(ROSA, 10), Sync(lender, lambda: desk.now), Paper.TICKET)
    assert lender.claims == []


async def test_a_lost_answer_is_asked_for_under_the_same_id(desk: Desk) -> None:
    lender = Lender(desk, ClaimOutcome.GRANTED, loses=2)
    order = desk.order(ROSA, 15)
    for _ in range(2):
        with pytest.raises(ClaimUnanswered):
            await claim_and_sell(order, Sync(lender, lambda: desk.now), Paper.TICKET)
        await reopen(desk)
    assert await claim_and_sell(order, Sync(lender, lambda: desk.now), Paper.TICKET)
    assert len({claim.lease for claim in lender.claims}) == 1
    assert len(lender.claims) == 3


async def test_nobody_waits_for_a_portal_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Lender):
        async def send(self, request: Request) -> Answer:
            await super().send(request)
            desk.leases = ()
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(claiming, "PATIENCE", timedelta(milliseconds=1))
    lender = Hanging(desk, ClaimOutcome.GRANTED)
    order = desk.order(ROSA, 15)
    with pytest.raises(ClaimUnanswered):
        await claim_and_sell(order, Sync(lender, lambda: desk.now), Paper.TICKET)
    assert (await read_status(desk.now)).away_since == desk.now
    again = Lender(desk, ClaimOutcome.GRANTED)
    assert await claim_and_sell(order, Sync(again, lambda: desk.now), Paper.TICKET)
    assert again.claims == lender.claims


async def test_a_move_claims_too(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    lender = Lender(desk, ClaimOutcome.GRANTED)
    order = MoveOrder("token", sold.code, desk.order(ROSA, 15).key, desk.consultant)
    moved = await claim_and_move(order, Sync(lender, lambda: desk.now), Paper.TICKET)
    [cita] = await fetch('SELECT "starts_at", "state" FROM "appointment" WHERE "code" = {}', moved.code)
    assert (cita["starts_at"], cita["state"]) == (desk.at(15), "reserved")
    assert len(lender.claims) == 1


@pytest.mark.parametrize(
    ("outcome", "error"), [(ClaimOutcome.TAKEN, SeatTaken), (ClaimOutcome.NOT_OFFERED, NotOffered)]
)
async def test_not_to_be_had(desk: Desk, outcome: ClaimOutcome, error: type[Exception]) -> None:
    await desk.hear(leases=(taken := desk.lease(15), desk.lease(16)))
    await sell(desk.order(JULIO, 15), desk.now, Paper.TICKET)
    desk.leases = tuple(lease for lease in desk.leases if lease is not taken)
    with pytest.raises(error) as refused:
        await claim_and_sell(desk.order(ROSA, 15), Sync(Lender(desk, outcome), lambda: desk.now), Paper.TICKET)
    if isinstance(refused.value, SeatTaken):
        assert [slot.starts_at for slot in refused.value.nearest] == [desk.at(16)]
    assert await fetch('SELECT * FROM "asked_claim"') == []


async def test_nothing_is_claimed_in_vain(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    lender = Lender(desk, ClaimOutcome.GRANTED)
    with pytest.raises(AlreadyReserved):
        await claim_and_sell(desk.order(ROSA, 15), Sync(lender, lambda: desk.now), Paper.TICKET)
    assert lender.claims == []


async def test_what_was_claimed_and_cannot_be_sold_is_given_back(desk: Desk) -> None:
    class Rival(Lender):
        """While the claim is under way, the same person is sold another time at this very desk."""

        async def send(self, request: Request) -> Answer:
            await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
            return await super().send(request)

    await desk.hear(leases=(desk.lease(10),))
    lender = Rival(desk, ClaimOutcome.GRANTED)
    with pytest.raises(AlreadyReserved):
        await claim_and_sell(desk.order(ROSA, 15), Sync(lender, lambda: desk.now), Paper.TICKET)
    assert await count_on_hand(desk.now) == 0
    first, second = (await desk.ask()).entries
    assert read_entry(second, first.hash).deed == Release(lease=lender.claims[0].lease)


async def test_an_answer_that_locks_sells_nothing(desk: Desk) -> None:
    class Revoking(Lender):
        async def send(self, request: Request) -> Answer:
            return msgspec.structs.replace(await super().send(request), standing=Standing.REVOKED)

    with pytest.raises(KioskLocked):
        await claim_and_sell(
            desk.order(ROSA, 15), Sync(Revoking(desk, ClaimOutcome.GRANTED), lambda: desk.now), Paper.TICKET
        )
