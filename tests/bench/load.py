"""Load in a closed loop: so many at once, each beginning anew as soon as it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Load(Generic[T]):
    """What came of one or more rounds: results, how long each took, and how long the rounds lasted together."""

    results: list[T] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Results a second."""
        return len(self.results) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """How long the slowest took when the slowest ``1 - share`` are left out."""
        ordered = sorted(self.durations)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def drive(load: Load[T], work: Callable[[int], Awaitable[T]], *, at_once: int, seconds: float) -> None:
    """Add one round to ``load``. ``work`` is told which of the ones at work it is; errors end the round."""
    began = perf_counter()
    end = began + seconds

    async def keep_on(place: int) -> None:
        while (start := perf_counter()) < end:
            load.results.append(await work(place))
            load.durations.append(perf_counter() - start)

    async with asyncio.TaskGroup() as group:
        for place in range(at_once):
            group.create_task(keep_on(place))
    load.seconds += perf_counter() - began
