"""Where figures are taken: databases on disk that keep what they promise, and portals in processes of their own.

Databases are copies of one that a fresh installation has: the tables, the sede central with its five consultores, and
the seats of a year, so that walks do not run out of them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit

import asyncpg

from portal.clock import utc_now
from portal.database.migrate import migrate
from portal.database.node import Node, open_node, use_node
from portal.domain.rules import BookingRules
from portal.domain.setup import set_up
from tests.imports import CHECKOUT
from tests.postgres_server import PostgresServer
from tests.running_portal import RunningPortal

Engine = Literal["sqlite", "postgresql"]
ENGINES: Final[tuple[Engine, ...]] = ("sqlite", "postgresql")

RULES: Final = BookingRules(horizon_days=365)

_SETTINGS: Final = {
    "PYTHONPATH": str(CHECKOUT),
    "CITAS_WORKERS": "2",
    "CITAS_HORIZON_DAYS": str(RULES.horizon_days),
    "CITAS_WORKER": "false",  # no mail leaves while something else is measured
    "CITAS_TRUSTED_PROXIES": "127.0.0.1/32",
}


_START_SECONDS = 60


class Ground:
    """A folder and a PostgreSQL server with fsync on; both gone after the block."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="citas-bench-"))
        self._server = PostgresServer(durable=True)
        self._fresh: dict[Engine, str] = {}
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def fresh_database(self, engine: Engine) -> str:
        """The URL of a new database, as after an installation."""
        if engine not in self._fresh:
            url = await self._create(engine)
            await migrate(open_node("bench", url))
            async with in_use(url):
                await set_up(utc_now(), RULES)
            if engine == "postgresql":
                await self._tidy(url)
            self._fresh[engine] = url
        return await self.copy(self._fresh[engine])

    async def _tidy(self, url: str) -> None:
        """What the server does by itself within the minute."""
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("VACUUM ANALYZE")
        finally:
            await connection.close()

    async def copy(self, url: str) -> str:
        """The URL of a new database like that one, which nobody may be using."""
        return await self._create("sqlite" if url.startswith("sqlite") else "postgresql", like=url)

    @contextmanager
    def portal(self, url: str, **settings: str) -> Iterator[RunningPortal]:
        """A portal on that database with two workers, and with the page to compare with."""
        running = RunningPortal(
            self.folder / f"portal-{next(self._numbers)}",
            settings={**_SETTINGS, "DATABASE_URL": url, **settings},
            command=(sys.executable, "-m", "tests.bench.server"),
        )
        try:
            running.wait_until_ready()
            wait_for_workers(running, 2)
            yield running
        finally:
            running.stop()

    async def _create(self, engine: Engine, like: str = "") -> str:
        name = f"bench_{next(self._numbers)}"
        if engine == "sqlite":
            path = self.folder / f"{name}.db"
            if like:
                shutil.copyfile(like.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        connection = await asyncpg.connect(self._server.url("postgres"))
        try:
            template = f" TEMPLATE {urlsplit(like).path[1:]} STRATEGY FILE_COPY" if like else ""
            await connection.execute(f"CREATE DATABASE {name}{template}")
        finally:
            await connection.close()
        return self._server.url(name)


def wait_for_workers(portal: RunningPortal, number: int) -> None:
    """Wait until all of them serve; whoever comes before gets the first one for the life of the connection."""
    deadline = time.monotonic() + _START_SECONDS
    while portal.output.count("Started worker-") < number:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not all workers started:\n{portal.output[-4000:]}")
        time.sleep(0.05)


@asynccontextmanager
async def in_use(url: str, pool_size: int = 10) -> AsyncIterator[Node]:
    """A started node on that database, the current one."""
    node = open_node("bench", url, pool_size=pool_size)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(node.stop)
        await node.start()
        stack.enter_context(use_node(node))
        yield node
