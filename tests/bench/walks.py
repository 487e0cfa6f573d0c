"""Whole walks to a cita, against as many pages that need no database."""

from __future__ import annotations

from statistics import mean

from tests.bench.crowd import crowd_at
from tests.bench.figure import Figure, at_least, told
from tests.bench.ground import Ground, in_use
from tests.bench.load import Load
from tests.bench.visitor import Visitor
from tests.bench.walk import Walk

_AT_ONCE = 32
_WANTED = 0.5
_AIM = 150


async def measure_walks(ground: Ground, *, quick: bool) -> list[Figure]:
    """32 at a time on PostgreSQL with two workers; mails are queued, but no worker sends them meanwhile."""
    rounds, bare_seconds, walk_seconds = (2, 1.0, 2.0) if quick else (8, 1.25, 2.5)
    url = await ground.fresh_database("postgresql")
    bare, walks, warm_up = Load[int](), Load[tuple[Visitor, Walk]](), Load[tuple[Visitor, Walk]]()
    with ground.portal(url) as portal:
        async with in_use(url), crowd_at(portal.port, _AT_ONCE, workers=2) as crowd:
            await crowd.drive_walks(warm_up, walk_seconds / 2)
            size = round(mean(size for _, walk in warm_up.results for size in walk.pages))
            path = await crowd.bare_page(size)
            await crowd.look(0, path)
            for _ in range(rounds):
                await crowd.drive_looks(bare, path, bare_seconds)
                await crowd.drive_walks(walks, walk_seconds)
    requests = sum(walk.requests for _, walk in walks.results)
    ratio = requests / walks.seconds / bare.per_second
    return [
        at_least("walks", f"requests of walks for one bare page of {size / 1024:.1f} KiB", ratio, _WANTED),
        told("walks", "walks, 32 at a time, PostgreSQL, mail off", walks.per_second, "/s", f"aim {_AIM} /s"),
        told("walks", "requests of these walks", requests / walks.seconds, "/s"),
        told("walks", "bare pages", bare.per_second, "/s"),
        told("walks", "a walk's p50", walks.percentile_ms(0.5), "ms"),
        told("walks", "a walk's p99", walks.percentile_ms(0.99), "ms"),
    ]
