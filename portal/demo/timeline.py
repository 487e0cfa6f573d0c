"""The clock of the demonstration: steps at their moments, one after the other, until it is now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

Step: TypeAlias = Callable[[datetime], Awaitable[object]]


class Timeline:
    """What is to happen, by time; steps may add more. What would lie after ``until`` (UTC) has not happened yet."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self._steps: list[tuple[datetime, int, Step]] = []
        self._number = count()

    def at(self, moment: datetime, step: Step) -> None:
        """Have ``step`` called with its moment when its time comes."""
        if moment <= self.until:
            heappush(self._steps, (moment, next(self._number), step))

    async def run(self, after_each: Step) -> None:
        """Take every step in order; ``after_each`` follows each at the same moment."""
        while self._steps:
            moment, _, step = heappop(self._steps)
            await step(moment)
            await after_each(moment)
