"""The portal's list against the kiosk's own knowledge: added once, dropped for ever, given back when asked for."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import pytest

from kiosk.changing import cancel_offline
from kiosk.leases import declare_leases
from kiosk.selling import sell
from kiosk.state import count_on_hand
from kiosk.sync import take_answer
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.errors import NotOffered, SeatTaken
from portal.domain.exchange import LeaseView, Release, SignedEntry, read_entry
from tests.kiosk.desk import Desk, Killed, everything, killed_at, reopen
from tests.people import JULIO, MEI, ROSA


def released(entries: tuple[SignedEntry, ...], chain: str = "") -> list[object]:
    """The leases that entries give back."""
    leases: list[object] = []
    for signed in entries:
        deed = read_entry(signed, chain).deed
        chain = signed.hash
        if isinstance(deed, Release):
            leases.append(deed.lease)
    return leases


def recalled(lease: LeaseView) -> LeaseView:
    return msgspec.structs.replace(lease, recalled=True)


async def test_what_is_listed_can_be_sold_what_is_not_any_more_cannot(desk: Desk) -> None:
    early, late = desk.lease(10), desk.lease(11)
    await desk.hear(leases=(early, late))
    assert await count_on_hand(desk.now) == 2
    await desk.hear(leases=(late,))
    assert await count_on_hand(desk.now) == 1
    with pytest.raises(NotOffered):
        await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    assert await sell(desk.order(ROSA, 11), desk.now, Paper.TICKET)


async def test_a_dropped_lease_is_never_sold_under_again_and_is_handed_back(desk: Desk) -> None:
    lease = desk.lease(10)
    await desk.hear(leases=(lease,))
    await desk.hear(leases=())
    await desk.hear(leases=(lease,))
    assert await count_on_hand(desk.now) == 0
    with pytest.raises(NotOffered):
        await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    assert released((await desk.ask()).entries) == [lease.id]
    await desk.hear(leases=(lease,), applied=0)
    assert released((await desk.ask()).entries) == [lease.id]


async def test_a_seat_lent_again_is_sold_under_the_new_lease(desk: Desk) -> None:
    first = desk.lease(10)
    await desk.hear(leases=(first,))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await cancel_offline(sold.code, desk.consultant, desk.now)
    await desk.hear(leases=())
    again = msgspec.structs.replace(first, id=uuid4(), code=desk.lease(10).code)
    await desk.hear(leases=(again,))
    assert (await sell(desk.order(JULIO, 10), desk.now, Paper.TICKET)).code == again.code


async def test_a_later_sale_outweighs_the_list(desk: Desk) -> None:
    lease = desk.lease(10)
    await desk.hear(leases=(lease,))
    request = await desk.ask()
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    # The answer was made before the sale was heard of: listed or not, it is sold.
    assert await take_answer(desk.answer(request, leases=()), desk.now, desk.now)
    assert await count_on_hand(desk.now) == 0
    [known] = await fetch('SELECT "state" FROM "known_lease"')
    assert known["state"] == "sold"
    [entry] = (await desk.ask()).entries
    assert sold.code in entry.text


async def test_a_sold_lease_that_is_listed_still_is_not_sold_again(desk: Desk) -> None:
    lease = desk.lease(10)
    await desk.hear(leases=(lease,))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await desk.hear(leases=(lease,), applied=0)
    with pytest.raises(SeatTaken):
        await sell(desk.order(JULIO, 10), desk.now, Paper.TICKET)


async def test_recall_gives_back_what_is_unsold_at_once(desk: Desk) -> None:
    sold, unsold = desk.lease(10), desk.lease(11)
    await desk.hear(leases=(sold, unsold))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await desk.hear(leases=(recalled(sold), recalled(unsold)), applied=0)
    assert await count_on_hand(desk.now) == 0
    with pytest.raises(NotOffered):
        await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    assert released((await desk.ask()).entries) == [unsold.id]


async def test_a_recall_is_taken_whole_or_not_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    leases = (desk.lease(10), desk.lease(11))
    await desk.hear(leases=leases)
    request = await desk.ask()
    answer = desk.answer(request, leases=(*(recalled(lease) for lease in leases), desk.lease(12)))
    before = await everything()
    for statement in range(200):
        try:
            with killed_at(monkeypatch, statement):
                assert await take_answer(answer, desk.now, desk.now)
        except Killed:
            await reopen(desk)
            assert await everything() == before, statement
        else:
            break
    assert statement > 10
    assert released((await desk.ask()).entries) == [lease.id for lease in leases]
    assert await count_on_hand(desk.now) == 1


async def test_what_has_begun_is_given_back(desk: Desk) -> None:
    past, coming = desk.lease(10), desk.lease(11)
    await desk.hear(leases=(past, coming))
    desk.now = desk.at(10)
    assert released((await desk.ask()).entries) == [past.id]
    assert await count_on_hand(desk.now) == 1


async def test_several_places_of_one_consultor_at_one_time(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(10), desk.lease(10)))
    codes = {(await sell(desk.order(person, 10), desk.now, Paper.TICKET)).code for person in (ROSA, JULIO, MEI)}
    assert len(codes) == 3


async def test_a_portal_that_has_forgotten_is_told_all(desk: Desk) -> None:
    held, sold, settled = desk.lease(10), desk.lease(11), desk.lease(12)
    await desk.hear(leases=(held, sold, settled))
    await sell(desk.order(JULIO, 12), desk.now, Paper.TICKET)
    await desk.hear(leases=(held, sold))
    await sell(desk.order(ROSA, 11), desk.now, Paper.TICKET)
    assert (await desk.ask()).leases is None
    # A restored portal: it has applied nothing, and lists nothing.
    await desk.hear(epoch=2, declare=True, applied=0, leases=())
    assert await count_on_hand(desk.now) == 1
    request = await desk.ask()
    assert (request.epoch, request.applied, len(request.entries)) == (2, 0, 2)
    assert request.leases is not None
    assert {(lease.id, lease.sold) for lease in request.leases} == {
        (held.id, False),
        (sold.id, True),
        (settled.id, True),
    }
    assert await take_answer(desk.answer(request, epoch=2, leases=(held,)), desk.now, desk.now)
    assert (await desk.ask()).leases is None
    assert await count_on_hand(desk.now) == 1


async def test_a_seat_sold_here_and_lent_by_a_portal_that_forgot_is_not_sold_twice(desk: Desk) -> None:
    lease = desk.lease(10)
    await desk.hear(leases=(lease,))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    again = msgspec.structs.replace(lease, id=uuid4(), code=desk.lease(10).code)
    await desk.hear(leases=(again,), applied=0)
    with pytest.raises(SeatTaken):
        await sell(desk.order(JULIO, 10), desk.now, Paper.TICKET)
    assert released((await desk.ask()).entries) == [again.id]
    assert [lease.sold for lease in await declare_leases(0)] == [True]
