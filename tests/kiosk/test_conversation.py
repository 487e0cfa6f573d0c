"""When the kiosk asks the portal: its pace, one exchange at a time, and what follows a refusal or silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from kiosk.selling import sell
from kiosk.state import NotPaired, read_status
from kiosk.sync import AT_REST, SOON, PortalAway, PortalRefused, Sync, prepare_request
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import Answer, Request, Standing
from tests.kiosk.desk import Desk
from tests.people import JULIO, ROSA


class Scripted:
    """A portal that does what it is told, and remembers what it was sent."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.requests: list[Request] = []
        self.heard = asyncio.Event()
        self._answer = answer

    async def send(self, request: Request) -> Answer:
        self.requests.append(request)
        self.heard.set()
        return self._answer(request)


def away(request: Request) -> Answer:
    raise PortalAway


async def test_an_unpaired_machine_asks_nothing(desk: Desk) -> None:
    await fetch('UPDATE "kiosk_state" SET "kiosk" = NULL')
    with pytest.raises(NotPaired):
        await prepare_request(desk.now)
    assert await Sync(Scripted(away), lambda: desk.now)._one_round() == AT_REST


async def test_the_pace(desk: Desk) -> None:
    talking = Scripted(desk.answer)
    sync = Sync(talking, lambda: desk.now)
    assert await sync._one_round() == AT_REST
    await desk.hear(leases=(desk.lease(10),))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    silent = Sync(Scripted(away), lambda: desk.now)
    assert await silent._one_round() == SOON
    assert await sync._one_round() == AT_REST


async def test_a_long_log_goes_without_rests(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    piecemeal = Scripted(lambda request: desk.answer(request, applied=request.applied + 1))
    sync = Sync(piecemeal, lambda: desk.now)
    assert await sync._one_round() == timedelta(0)
    assert await sync._one_round() == AT_REST


async def test_since_when_the_portal_is_away(desk: Desk) -> None:
    silent = Sync(Scripted(away), lambda: desk.now)
    assert (await read_status(desk.now)).online
    left = desk.now
    await silent.exchange()
    desk.now += timedelta(hours=1)
    await silent.exchange()
    status = await read_status(desk.now)
    assert (status.online, status.away_since, status.answered_at) == (False, left, left)
    await Sync(Scripted(desk.answer), lambda: desk.now).exchange()
    assert (await read_status(desk.now)).online


async def test_a_refusal_locks_nothing_and_old_numbers_are_passed(desk: Desk) -> None:
    def stale(request: Request) -> Answer:
        raise PortalRefused(stale=True)

    def unknown(request: Request) -> Answer:
        raise PortalRefused(stale=False)

    portal = Scripted(unknown)
    await Sync(portal, lambda: desk.now).exchange()
    assert (await read_status(desk.now)).message == "unknown_token"
    rewound = Scripted(stale)
    await Sync(rewound, lambda: desk.now).exchange()
    assert (await read_status(desk.now)).standing is Standing.GOOD
    assert (await desk.ask()).number > rewound.requests[0].number + 100


async def test_refused_as_stale_it_asks_again_at_once_but_not_for_ever(desk: Desk) -> None:
    def stale(request: Request) -> Answer:
        raise PortalRefused(stale=True)

    async def due_at_once(sync: Sync) -> bool:
        sync._woken.clear()
        await sync.exchange()
        return sync._woken.is_set()

    portal = Scripted(stale)
    sync = Sync(portal, lambda: desk.now)
    assert [await due_at_once(sync) for _ in range(6)] == [True, True, True, True, False, False]
    # A copy that is a year old is past whatever the kiosk has asked since.
    assert portal.requests[4].number > portal.requests[0].number + 2 * 60 * 24 * 365
    portal._answer = desk.answer
    assert not await due_at_once(sync)
    portal._answer = stale
    assert await due_at_once(sync)


async def test_an_old_copy_is_told_so_before_the_next_rest(desk: Desk) -> None:
    def tell_a_copy(request: Request) -> Answer:
        if len(portal.requests) == 1:
            raise PortalRefused(stale=True)
        locked.set()
        return desk.answer(request, applied=request.logged + 1)

    portal, locked = Scripted(tell_a_copy), asyncio.Event()
    sync = Sync(portal, lambda: desk.now)
    running = asyncio.create_task(sync.run())
    try:
        async with asyncio.timeout(5):
            await locked.wait()
            await sync.exchange()  # which comes after it
        assert (await read_status(desk.now)).standing is Standing.FORKED
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_whatever_goes_wrong_the_conversation_goes_on(desk: Desk) -> None:
    def break_down(request: Request) -> Answer:
        raise ZeroDivisionError

    assert await Sync(Scripted(break_down), lambda: desk.now)._one_round() == SOON


async def test_one_exchange_at_a_time(desk: Desk) -> None:
    under_way = 0

    class Slow(Scripted):
        async def send(self, request: Request) -> Answer:
            nonlocal under_way
            under_way += 1
            assert under_way == 1
            await asyncio.sleep(0)
            under_way -= 1
            return await super().send(request)

    portal = Slow(desk.answer)
    sync = Sync(portal, lambda: desk.now)
    answers = await asyncio.gather(*(sync.exchange() for _ in range(5)))
    assert all(answers)
    numbers = [request.number for request in portal.requests]
    assert numbers == sorted(set(numbers))


async def test_a_sale_wakes_the_conversation(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    portal = Scripted(desk.answer)
    sync = Sync(portal, lambda: desk.now)
    running = asyncio.create_task(sync.run())
    try:
        async with asyncio.timeout(5):
            await portal.heard.wait()
            portal.heard.clear()
            await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
            sync.wake()
            await portal.heard.wait()
        assert len(portal.requests[-1].entries) == 1
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
