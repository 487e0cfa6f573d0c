"""One seeded source of all that is random: what a run decides, and every id, code and delay of the programs."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def seeded(seed: int | str) -> Iterator[random.Random]:
    """While it lasts, ``uuid4``, ``secrets``, ``SystemRandom`` and the functions of ``random`` draw from one seed.

    The same seed gives the same draws, as long as one thread alone draws.
    """
    chance = random.Random(seed)  # noqa: S311  # to be repeated, not to be secret
    with (
        patch.object(os, "urandom", chance.randbytes),
        patch.object(random, "_urandom", chance.randbytes),
        patch.object(random, "shuffle", chance.shuffle),
        patch.object(random, "uniform", chance.uniform),
    ):
        assert uuid.uuid4().version == 4
        yield chance
