"""A machine becomes a kiosk, once; a locked one becomes another without losing what it has not sent."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from kiosk.joining import PairedAlready, become, read_unsent
from kiosk.purge import purge
from kiosk.selling import sell
from kiosk.state import KioskLocked, count_on_hand, read_status
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.errors import NotOffered
from portal.domain.exchange import PairAnswer, Standing, State, read_entry
from tests.kiosk.desk import Desk, everything, state_of
from tests.people import JULIO, MEI, NOW, ROSA


async def who() -> PairAnswer:
    """The answer that made this machine what it is."""
    [state] = await fetch('SELECT "kiosk", "name", "center" FROM "kiosk_state"')
    return PairAnswer(kiosk=state["kiosk"], name=state["name"], center=state["center"], center_name="", portal_time=NOW)


async def test_the_same_answer_again_changes_nothing(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    answer = await who()
    before = await everything()
    await become(answer)
    assert await everything() == before
    await desk.hear(standing=Standing.REVOKED)
    await become(answer)
    assert (await read_status(desk.now)).standing is Standing.REVOKED


async def test_a_kiosk_in_good_standing_does_not_become_another(desk: Desk) -> None:
    other = PairAnswer(kiosk=uuid4(), name="Mesa 2", center=desk.center, center_name="", portal_time=NOW)
    before = await everything()
    with pytest.raises(PairedAlready):
        await become(other)
    assert await everything() == before


async def test_a_locked_kiosk_becomes_another_and_keeps_what_was_not_sent(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11), desk.lease(12)))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await desk.hear(leases=desk.leases[1:])
    unsent = await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    former = await who()
    await desk.hear(standing=Standing.FORKED)
    with pytest.raises(KioskLocked):
        await sell(desk.order(MEI, 12), desk.now, Paper.TICKET)
    locked = await read_unsent()
    other = PairAnswer(kiosk=uuid4(), name="Mesa 2", center=desk.center, center_name="", portal_time=NOW)
    await become(other)
    assert await read_unsent() == locked
    # All of it: what was taken for applied may have been another machine's log.
    [_, entry] = locked[str(former.kiosk)]
    assert entry.number == 2
    assert unsent.code in entry.text
    # It begins anew, with nothing to sell and a log of its own.
    assert await count_on_hand(desk.now) == 0
    with pytest.raises(NotOffered):
        await sell(desk.order(MEI, 12), desk.now, Paper.TICKET)
    request = await desk.ask()
    assert (request.number, request.logged, request.epoch, request.entries) == (1, 0, 0, ())
    desk.applied = 0
    await desk.hear(leases=(desk.lease(15),), reference=desk.reference(), state=State(version=3, whole=True))
    sold = await sell(desk.order(MEI, 15), desk.now, Paper.TICKET)
    [first] = (await desk.ask()).entries
    assert read_entry(first, "").number == 1
    assert set(await read_unsent()) == {str(former.kiosk), str(other.kiosk)}
    # What was printed and not sent can still be looked up, and is not purged before it was handed in.
    await desk.hear(leases=())
    assert await state_of(unsent.code) == "reserved"
    desk.now += timedelta(days=5)
    await desk.hear(leases=())
    await purge()
    assert unsent.code in {row["code"] for row in await fetch('SELECT "code" FROM "appointment"')}
    # The portal has it, in a backup too: its answer says so.
    told = (await desk.hear(leases=())).former
    assert [log.kiosk for log in told] == [former.kiosk]
    assert (await desk.hear(leases=(), handed_in=told)).former == told
    assert (await desk.ask()).former == ()
    await purge()
    assert await fetch('SELECT "code" FROM "appointment"') == []
    assert sold.code != unsent.code
