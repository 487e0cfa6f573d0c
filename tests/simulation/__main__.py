"""Many runs, or one that tells everything.

python -m tests.simulation            20,000 seeds, on all cores; prints those that fail
python -m tests.simulation 100 500    from seed 100 on, 500 of them
python -m tests.simulation 137        plays one seed and prints its trace
python -m tests.simulation 137-140    plays several
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import structlog

from tests.folders import make_quick_folder
from tests.simulation.running import Run, run
from tests.simulation.template import Template, make_template

SOAK = 20_000
_CHUNK = 20


def main(arguments: list[str]) -> int:
    """Returns how many seeds failed, at most 1."""
    folder = make_quick_folder("soak", room_megabytes=200)
    try:
        template = asyncio.run(make_template(folder))
        if len(arguments) == 1:
            low, _, high = arguments[0].partition("-")
            return max(_tell(outcome) for outcome in _play((template, range(int(low), int(high or low) + 1))))
        first, count = (int(text) for text in arguments) if arguments else (0, SOAK)
        return _soak(template, first, count)
    finally:
        shutil.rmtree(folder)


def _tell(outcome: Run) -> int:
    print("\n".join(outcome.trace))
    print(f"seed {outcome.seed}: {len(outcome.faults)} faults, digest {outcome.digest[:16]}")
    return int(bool(outcome.faults))


def _soak(template: Template, first: int, count: int) -> int:
    began, done, failed = time.monotonic(), 0, 0
    chunks = [range(seed, min(seed + _CHUNK, first + count)) for seed in range(first, first + count, _CHUNK)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("fork")) as pool:
        for outcomes in pool.map(_play, [(template, chunk) for chunk in chunks]):
            done += len(outcomes)
            for outcome in outcomes:
                if outcome.faults:
                    failed += 1
                    print(f"seed {outcome.seed}: {outcome.faults[0]}", flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"{done} runs, {failed} failed, {done / minutes:.0f} a minute")
    return int(bool(failed))


def _play(work: tuple[Template, range]) -> list[Run]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    template, seeds = work
    return [asyncio.run(run(seed, template)) for seed in seeds]


if __name__ == "__main__":
    assert Path("tests/simulation").is_dir(), "run it from the project's folder"
    sys.exit(main(sys.argv[1:]))
