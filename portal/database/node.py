"""The node: a name and the database behind it; and which one the running code means.

Piccolo's tables look their engine up once, so they all find ``NodeEngine``, which passes everything on to the *current
node*. One process can hold several (the portal and some kiosks in a simulation).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

from piccolo.engine.base import BaseAtomic, BaseBatch, Engine
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from portal.database.engine import Row, spell_for
from portal.database.errors import (
    DatabaseNotStartedError,
    DatabaseUnreachableError,
    TransactionAbortedError,
    TransactionConflictError,
)
from portal.database.postgres import PostgresNodeEngine
from portal.database.sqlite import SQLiteNodeEngine
from portal.database.transaction import NodeTransaction

P = ParamSpec("P")
T = TypeVar("T")

_ATTEMPTS = 6  # of a whole transaction


@dataclass(frozen=True, eq=False)
class Node:
    """A place that keeps data of its own: the portal, or one kiosk."""

    name: str
    engine: SQLiteNodeEngine | PostgresNodeEngine

    async def start(self) -> None:
        """Open its connections; again does nothing. Raises DatabaseUnreachableError."""
        await self.engine.start()

    async def stop(self) -> None:
        """Close them; again does nothing."""
        await self.engine.stop()


def open_node(name: str, database_url: str, *, pool_size: int = 10) -> Node:
    """Describe a node; connects to nothing yet.

    ``sqlite:///relative.db``, ``sqlite:////absolute.db``, or ``postgresql://…`` (several hosts and
    ``target_session_attrs`` are understood). ``pool_size`` counts PostgreSQL's connections.
    """
    if database_url.startswith("sqlite:///"):
        return Node(name, SQLiteNodeEngine(Path(database_url.removeprefix("sqlite:///"))))
    return Node(name, PostgresNodeEngine(database_url, pool_size=pool_size))


current_node: ContextVar[Node] = ContextVar("current_node")
_default: list[Node] = []


def set_default_node(node: Node | None) -> None:
    """Name the node that code means when its context says nothing; None forgets it.

    Servers start each request in a context of its own, which does not descend from the one that opened the node.
    """
    _default[:] = [node] if node is not None else []


@contextmanager
def use_node(node: Node) -> Iterator[Node]:
    """Make it the current node of this context, and of the tasks started inside."""
    token = current_node.set(node)
    try:
        yield node
    finally:
        current_node.reset(token)


def active_node() -> Node:
    """The current node, else the process's default. Raises DatabaseNotStartedError when there is neither."""
    node = current_node.get(None)
    if node is not None:
        return node
    if not _default:
        raise DatabaseNotStartedError("no node is in use: call use_node() or set_default_node()")
    return _default[0]


class NodeEngine(Engine[NodeTransaction]):
    """What Piccolo's tables take for their engine. Do not share frozen queries between nodes of different engines."""

    __slots__ = ()

    def __init__(self) -> None:
        """Not Engine.__init__, which would ask a server for its version."""

    @property
    def engine_type(self) -> str:  # type: ignore[override]  # a fixed attribute in Piccolo; here the current node decides
        return active_node().engine.engine_type

    def transaction_exists(self) -> bool:
        return active_node().engine.transaction_exists()

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:
        return await active_node().engine.run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:
        return await active_node().engine.run_ddl(ddl, in_pool)

    def transaction(self, *, allow_nested: bool = True) -> NodeTransaction:
        return active_node().engine.transaction(allow_nested=allow_nested)

    def atomic(self) -> BaseAtomic:
        return active_node().engine.atomic()

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> BaseBatch:
        return await active_node().engine.batch(query, batch_size, node)

    async def get_version(self) -> float:
        return await active_node().engine.get_version()

    def get_version_sync(self) -> float:
        return active_node().engine.get_version_sync()

    async def prep_database(self) -> None:
        await active_node().engine.prep_database()


def transaction() -> NodeTransaction:
    """Open a write transaction on the current node, or join the one this task has open: ``async with transaction():``.

    SQLite: BEGIN IMMEDIATE behind the engine's lock; PostgreSQL: read committed. Await nothing but the database inside.
    """
    return active_node().engine.transaction()


def in_transaction() -> bool:
    """Whether this task has a transaction open on the current node."""
    return active_node().engine.transaction_exists()


def after_commit(call: Callable[[], None]) -> None:
    """Have it called as soon as what this task is writing is written: at once, if it has no transaction open."""
    current = active_node().engine.open_transaction()
    if current is None:
        call()
    else:
        current.after_commit(call)


def transactional(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Run a coroutine function in a transaction, or inside the one this task has open.

    Run again, a few times with growing pauses, after a deadlock, a serialization failure or a connection lost before
    COMMIT: so it must have no effects but those on the database. A connection lost during COMMIT raises
    CommitUnknownError.
    """

    @wraps(work)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        engine = active_node().engine
        joins = engine.transaction_exists()
        for attempt in range(_ATTEMPTS):
            try:
                async with engine.transaction():
                    return await work(*args, **kwargs)
            except (TransactionConflictError, DatabaseUnreachableError) as error:
                if joins or attempt == _ATTEMPTS - 1:
                    raise
                # A conflict is over at once; a server that fails over needs seconds.
                pause = 0.02 if isinstance(error, TransactionConflictError) else 0.15
            await asyncio.sleep(random.uniform(0.5, 1) * pause * 2**attempt)  # noqa: S311  # spreads attempts
        raise AssertionError("unreachable")

    return run


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Inside a transaction: what the block wrote is taken back when an error leaves it, and the transaction can go on.

    For rows that may run into a wall: catch ConstraintError around the block.
    """
    current = active_node().engine.open_transaction()
    if current is None:
        raise TransactionAbortedError("a savepoint needs an open transaction")
    point = await current.savepoint()
    try:
        yield
        await current.settle()  # what the block wrote along may run into the wall as well
    except BaseException:
        if not current.ended:
            await point.rollback_to()
        raise
    else:
        await point.release()


async def fetch(sql: str, *args: object) -> list[Row]:
    """Run portable raw SQL with Piccolo's ``{}`` placeholders on the current node; a literal brace is doubled.

    On SQLite only plain columns come back as Python's types (timestamptz, uuid, date, bool), expressions do not.
    """
    engine = active_node().engine
    return await engine.fetch(spell_for(engine.engine_type, sql), args)


class Write(NamedTuple):
    """A write in the spelling of ``fetch``; by its ``name`` those that go with it read what it returns."""

    sql: str
    values: tuple[object, ...]
    name: str = ""


def writes_at_once() -> bool:
    """Whether ``write_at_once`` can be used here: on PostgreSQL, outside of transactions."""
    engine = active_node().engine
    return engine.engine_type == "postgres" and not engine.transaction_exists()


async def write_at_once(*writes: Write) -> list[Row]:
    """Run several writes as one statement, all of them or none, without the way of a transaction; returns the last
    one's rows. Each sees what the others return, but not their rows. Where ``writes_at_once`` says no it must not be
    used.
    """
    *others, last = writes
    before = ", ".join(f'"{write.name or f"write_{number}"}" AS ({write.sql})' for number, write in enumerate(others))
    return await fetch(f"WITH {before} {last.sql}", *(value for write in writes for value in write.values))


async def write_along(sql: str, *args: object) -> None:
    """Run a write whose outcome nothing waits for, in the same spelling as ``fetch``.

    PostgreSQL gets those of a transaction together, in one statement, before the next ``fetch`` or the end: what it
    refuses raises there. So they must leave each other's rows alone. Outside a transaction it runs at once.
    """
    engine = active_node().engine
    current = engine.open_transaction()
    if current is None:
        await engine.fetch(spell_for(engine.engine_type, sql), args)
    else:
        await current.write_along(sql, *args)
