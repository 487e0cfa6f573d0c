"""Portal and three kiosks while everything goes wrong that can: each seed is new trouble, the same whenever it is run.

``python -m tests.simulation SEED`` plays one again and tells what happened.
"""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from tests.simulation.running import run
from tests.simulation.template import Template

SEEDS = 160
"""As many as this suite has time for; ``make soak`` plays 20,000."""

_AT_ONCE = 20


@pytest.mark.parametrize("first", range(0, SEEDS, _AT_ONCE))
async def test_nothing_is_sold_twice_and_nothing_that_was_printed_is_lost(first: int, template: Template) -> None:
    for seed in range(first, first + _AT_ONCE):
        outcome = await run(seed, template)
        assert outcome.faults == (), f"seed {seed}"


async def test_one_seed_gives_one_trace_in_whatever_process() -> None:
    once, again = await asyncio.gather(_tell("0-11", hash_seed="1"), _tell("0-11", hash_seed="2"))
    assert once == again
    assert b"FAULT" not in once
    for disaster in (b"portal: restored", b"rewound", b"killed", b"clock is wrong"):
        assert disaster in once, "choose seeds to which everything happens"
    digests = [line for line in once.splitlines() if b"digest" in line]
    assert len(set(digests)) == 12


async def _tell(seeds: str, hash_seed: str) -> bytes:
    """All that happens in some runs and what it comes to, byte by byte, told by a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.simulation", seeds),
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return told
