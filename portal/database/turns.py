"""So many at once; the others wait for their turn, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """A semaphore whose waiters lose patience; asyncio's with a timeout around it costs as much as a statement."""

    __slots__ = ("_free", "_waiting")

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self, patience_seconds: float) -> None:
        """Wait for a turn. Raises TimeoutError."""
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiting.append(waiter)
        watch = loop.call_later(patience_seconds, _give_up, waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled() and waiter.exception() is None:
                self.give()  # it was our turn as we were called off
            raise
        finally:
            watch.cancel()

    def give(self) -> None:
        """Pass the turn on."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1


def _give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
