"""Many citizens after each other on a few connections, as behind a proxy; and those who only look at one page."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import count

from portal.clock import utc_now
from portal.database.node import fetch
from tests.bench.connection import Connection
from tests.bench.load import Load, drive
from tests.bench.server import BARE, PROCESS
from tests.bench.visitor import Visitor
from tests.bench.walk import Astray, Walk, walk

_PROBE_FIELDS = 100
_OK = 200
_TRIES = 20


class Crowd:
    """Connections to one portal. Each walk is a citizen and a browser of its own; who looks keeps the cookies of one
    that has walked.
    """

    def __init__(self, connections: list[Connection], days: list[str]) -> None:
        self._connections = connections
        self._days = days
        self._numbers = count(1)
        self._known: dict[str, str] = {}

    async def walk(self, place: int) -> tuple[Visitor, Walk]:
        """One walk to a cita on a day at random."""
        visitor = Visitor(self._connections[place], next(self._numbers))
        walked = await walk(visitor, random.choice(self._days))
        self._known = visitor.cookies
        return visitor, walked

    async def look(self, place: int, path: str) -> int:
        """One look at a page, by a browser that has been here before; how many bytes it has. Raises Astray."""
        visitor = Visitor(self._connections[place], 0)
        visitor.cookies = self._known
        page = await visitor.get(path)
        if page.status != _OK:
            raise Astray(f"{path}: {page.status}")
        return len(page.body)

    async def bare_page(self, size: int) -> str:
        """The address of a page without database that has that many bytes, give or take a field."""
        empty, probe = await self.look(0, f"{BARE}?campos=0"), await self.look(0, f"{BARE}?campos={_PROBE_FIELDS}")
        return f"{BARE}?campos={max(0, round((size - empty) * _PROBE_FIELDS / (probe - empty)))}"

    async def drive_walks(self, load: Load[tuple[Visitor, Walk]], seconds: float) -> None:
        """Let as many as there are connections walk, again and again."""
        await drive(load, self.walk, at_once=len(self._connections), seconds=seconds)

    async def drive_looks(self, load: Load[int], path: str, seconds: float) -> None:
        """Let as many look at one page, again and again."""
        await drive(load, lambda place: self.look(place, path), at_once=len(self._connections), seconds=seconds)


@asynccontextmanager
async def crowd_at(port: int, connections: int, workers: int = 1) -> AsyncIterator[Crowd]:
    """A crowd in front of a portal on the current node's database, as many in front of each of its workers."""
    days = await fetch(
        'SELECT DISTINCT "day" FROM "seat" WHERE "is_open" AND "appointment" IS NULL AND "starts_at" > {}',
        utc_now() + timedelta(days=1),
    )
    async with AsyncExitStack() as stack:
        if workers == 1:
            opened = [await stack.enter_async_context(await Connection.open(port)) for _ in range(connections)]
        else:
            opened = await _open_evenly(stack, port, connections, workers)
        yield Crowd(opened, [str(row["day"]) for row in days])


async def _open_evenly(stack: AsyncExitStack, port: int, connections: int, workers: int) -> list[Connection]:
    """Whichever worker is awake accepts, so that one may get most of them; no balancer would do that. Raises Astray."""
    opened: dict[bytes, list[Connection]] = defaultdict(list)
    for _ in range(_TRIES * connections):
        connection = await stack.enter_async_context(await Connection.open(port))
        in_front = opened[(await Visitor(connection, 0).get(PROCESS)).body]
        if len(in_front) < connections // workers:
            in_front.append(connection)
        if sum(map(len, opened.values())) == connections:
            return [connection for group in opened.values() for connection in group]
    raise Astray("the connections all go to one worker")
