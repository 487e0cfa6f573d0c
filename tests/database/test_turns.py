"""Turns: so many at once, first come first served, and nobody waits for ever."""

from __future__ import annotations

import asyncio

import pytest

from portal.database.turns import Turns

PATIENCE = 30.0


async def _queue(turns: Turns, order: list[int], number: int) -> None:
    await turns.take(PATIENCE)
    order.append(number)


async def _waiting(work: asyncio.Task[None]) -> None:
    """Let a task run until it waits."""
    await asyncio.sleep(0)
    assert not work.done()


async def test_those_who_came_first_have_their_turn_first() -> None:
    turns, order = Turns(2), list[int]()
    await turns.take(PATIENCE)
    await turns.take(PATIENCE)
    waiting = [asyncio.create_task(_queue(turns, order, number)) for number in range(3)]
    for task in waiting:
        await _waiting(task)
    for expected in ([0], [0, 1], [0, 1, 2]):
        turns.give()
        await asyncio.sleep(0)
        assert order == expected
    await asyncio.gather(*waiting)


async def test_who_loses_patience_leaves_the_queue() -> None:
    turns = Turns(1)
    await turns.take(PATIENCE)
    with pytest.raises(TimeoutError):
        await turns.take(0.0)
    turns.give()
    await turns.take(0.0)  # the turn was not given to who had left


@pytest.mark.parametrize("given_first", [False, True])
async def test_who_is_called_off_keeps_no_turn(*, given_first: bool) -> None:
    """Also when the turn had just been given: it goes to the next one."""
    turns, order = Turns(1), list[int]()
    await turns.take(PATIENCE)
    called_off = asyncio.create_task(_queue(turns, order, 1))
    follower = asyncio.create_task(_queue(turns, order, 2))
    await _waiting(called_off)
    await _waiting(follower)
    if given_first:
        turns.give()
    called_off.cancel()
    with pytest.raises(asyncio.CancelledError):
        await called_off
    if not given_first:
        turns.give()
    await follower
    assert order == [2]
