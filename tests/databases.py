"""Fixtures of the databases, for every test that touches one.

``node``           a fresh, migrated, started node, once on SQLite and once on PostgreSQL, already in use
``sqlite_node``    the same on SQLite alone          ``postgres_node``   on PostgreSQL alone
``node_url``       the URL of a fresh, migrated database on either engine, for tests that start processes
``sqlite_url``, ``postgres_url``                       on one of them
``new_database``   ``new_database("sqlite")`` makes another such database, as often as needed (two nodes in one test);
                   ``migrated=False`` an empty one
``peopled``        asks for databases that hold the small world of tests/people.py already, and is that world
``postgres_server`` the server itself, to restart it or to end connections

A context variable that a fixture sets does not reach the test, so a node in use here is the process's default node
(``set_default_node``); tests and what they start share it. Fixtures and tests share one event loop per test.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg
import pytest

from portal.database.migrate import migrate
from portal.database.node import Node, open_node, set_default_node, use_node
from tests.folders import make_quick_folder
from tests.people import WORLD, World, build_world
from tests.postgres_server import PostgresServer

T = TypeVar("T")


class NewDatabase(Protocol):
    """Makes a database on ``sqlite`` or ``postgresql`` and says its URL."""

    def __call__(self, engine: str, *, migrated: bool = True, peopled: bool = False) -> str: ...


ENGINES = ("sqlite", "postgresql")
_numbers = count(1)


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop and thread of its own, so that the test's loop knows nothing of it."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One real server per test process, without durability."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


class Templates:
    """What new databases are copied from; each is made when it is first asked for."""

    def __init__(self, folder: Path, server: Callable[[], PostgresServer]) -> None:
        self._folder = folder
        self._server = server

    @cache  # noqa: B019  # as long as the test process
    def sqlite(self, *, peopled: bool) -> Path:
        """A closed file."""
        path = self._folder / f"{_content(peopled=peopled)}.db"
        self._fill(f"sqlite:///{path}", peopled=peopled)
        return path

    @cache  # noqa: B019
    def postgres(self, *, peopled: bool) -> str:
        """The name of a database that nobody uses."""
        name = f"template_{_content(peopled=peopled)}"
        run_apart(_command(self._server(), f"CREATE DATABASE {name}"))
        self._fill(self._server().url(name), peopled=peopled)
        return name

    @staticmethod
    def _fill(url: str, *, peopled: bool) -> None:
        run_apart(migrate(open_node("template", url)))
        if peopled:
            run_apart(_people(open_node("template", url)))


def _content(*, peopled: bool) -> str:
    return "peopled" if peopled else "migrated"


async def _people(node: Node) -> None:
    await node.start()
    try:
        with use_node(node):
            assert await build_world() == WORLD
    finally:
        await node.stop()


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Templates:
    return Templates(tmp_path_factory.mktemp("template"), lambda: request.getfixturevalue("postgres_server"))


@pytest.fixture
def new_database(request: pytest.FixtureRequest, _templates: Templates) -> Iterator[NewDatabase]:
    """Make fresh databases, migrated ones copied from a template, and remove them after the test."""
    made: list[str] = []
    folder = make_quick_folder("test", room_megabytes=100)

    def make(engine: str, *, migrated: bool = True, peopled: bool = False) -> str:
        name = f"citas_{next(_numbers)}"
        if engine == "sqlite":
            path = folder / f"{name}.db"
            if migrated:
                shutil.copyfile(_templates.sqlite(peopled=peopled), path)
            return f"sqlite:///{path}"
        template = _templates.postgres(peopled=peopled) if migrated else "template0"
        server: PostgresServer = request.getfixturevalue("postgres_server")
        run_apart(_command(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
        made.append(name)
        return server.url(name)

    yield make
    shutil.rmtree(folder)
    if made:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        run_apart(_command(server, *(f"DROP DATABASE {name} WITH (FORCE)" for name in made)))


@pytest.fixture
def peopled() -> World:
    """The small world, which the databases of the test hold from their beginning."""
    return WORLD


def _is_peopled(request: pytest.FixtureRequest) -> bool:
    return "peopled" in request.fixturenames


@pytest.fixture(params=ENGINES)
def node_url(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:
    """A fresh, migrated database on either engine."""
    return new_database(request.param, peopled=_is_peopled(request))


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:
    """A fresh, migrated SQLite file."""
    return new_database("sqlite", peopled=_is_peopled(request))


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:
    """A fresh, migrated PostgreSQL database."""
    return new_database("postgresql", peopled=_is_peopled(request))


@pytest.fixture
async def node(node_url: str) -> AsyncIterator[Node]:
    """A started node on either engine, in use."""
    async for started in _in_use(node_url):
        yield started


@pytest.fixture
async def sqlite_node(sqlite_url: str) -> AsyncIterator[Node]:
    """A started node on SQLite, in use."""
    async for started in _in_use(sqlite_url):
        yield started


@pytest.fixture
async def postgres_node(postgres_url: str) -> AsyncIterator[Node]:
    """A started node on PostgreSQL, in use."""
    async for started in _in_use(postgres_url):
        yield started


async def _in_use(url: str) -> AsyncIterator[Node]:
    started = open_node("portal", url)
    await started.start()
    set_default_node(started)
    try:
        yield started
    finally:
        set_default_node(None)
        await started.stop()


async def _command(server: PostgresServer, *statements: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
