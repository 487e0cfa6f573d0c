"""Portal and three kiosks while everything goes wrong that can: as many seeds as two minutes hold, each of them new
trouble, and each the same whenever it is run.

``python -m tests.simulation SEED`` plays one again and tells what happened.
"""

from __future__ import annotations

import pytest

from tests.simulation.running import run
from tests.simulation.template import Template

SEEDS = 240
_AT_ONCE = 20


@pytest.mark.parametrize("first", range(0, SEEDS, _AT_ONCE))
async def test_nothing_is_sold_twice_and_nothing_that_was_printed_is_lost(first: int, template: Template) -> None:
    for seed in range(first, first + _AT_ONCE):
        outcome = await run(seed, template)
        assert outcome.faults == (), f"seed {seed}"


async def test_one_seed_gives_one_trace(template: Template) -> None:
    once, again = [await run(7, template) for _ in range(2)]
    assert once.trace == again.trace
    assert once.digest != (await run(8, template)).digest
