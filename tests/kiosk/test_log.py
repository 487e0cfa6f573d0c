"""The log: gapless, chained, inside its deed's transaction, frozen."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import pytest

from kiosk.changing import MoveOrder, cancel_offline, move_offline
from kiosk.log import append, chain_at, read_entries, touched_after
from kiosk.selling import sell
from portal.database.node import fetch, transaction
from portal.documents.slip import Paper
from portal.domain.exchange import FIRST_CHAIN, Cancellation, Move, Release, Sale, read_entry
from portal.domain.modality import Modality
from portal.domain.slots import SlotKey
from tests.kiosk.desk import Desk, reopen
from tests.people import JULIO, ROSA


async def test_deeds_in_their_order_each_on_the_one_before(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11), desk.lease(12), recalled := desk.lease(13)))
    rosa = await sell(desk.order(ROSA, 10), desk.now, Paper.A5)
    julio = await sell(desk.order(JULIO, 11), desk.now, Paper.A5)
    await cancel_offline(rosa.code, desk.consultant, desk.now)
    key = SlotKey("bolsa", "central", Modality.VIRTUAL, desk.at(12))
    moved = await move_offline(MoveOrder(uuid4().hex, julio.code, key, desk.consultant), desk.now, Paper.A5)
    listed = (msgspec.structs.replace(recalled, recalled=True),)
    await desk.hear(leases=listed, applied=4)
    chain, deeds = FIRST_CHAIN, []
    for number, signed in enumerate(await read_entries(0), start=1):
        entry = read_entry(signed, chain)  # raises where the chain does not hold
        assert entry.number == number
        assert chain == await chain_at(number - 1)
        chain = signed.hash
        deeds.append(entry.deed)
    assert [type(deed) for deed in deeds] == [Sale, Sale, Cancellation, Move, Release]
    assert isinstance(deeds[3], Move)
    assert (deeds[3].code, deeds[3].sale.appointment) == (julio.code, moved.appointment)
    [state] = await fetch('SELECT "logged", "chain" FROM "kiosk_state"')
    assert (state["logged"], state["chain"]) == (5, chain)
    assert await touched_after(3) == {julio.appointment, moved.appointment}


async def test_an_entry_belongs_into_a_transaction(desk: Desk) -> None:
    with pytest.raises(RuntimeError):
        await append(Release(lease=uuid4()), desk.now)


async def test_what_is_rolled_back_leaves_no_gap(desk: Desk) -> None:
    async with transaction() as open_one:
        await append(Release(lease=uuid4()), desk.now)
        await open_one.rollback()
    async with transaction():
        assert (await append(Release(lease=uuid4()), desk.now)).number == 1


async def test_a_long_log_goes_in_pieces_and_survives_a_restart(desk: Desk) -> None:
    for _ in range(7):
        async with transaction():
            await append(Release(lease=uuid4()), desk.now)
    await reopen(desk)
    assert [entry.number for entry in await read_entries(0, most=5)] == [1, 2, 3, 4, 5]
    assert [entry.number for entry in await read_entries(5, most=5)] == [6, 7]
    texts = [entry.text for entry in await read_entries(0)]
    assert [entry.text for entry in (await desk.ask()).entries] == texts
