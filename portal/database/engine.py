"""What both engines have in common: Piccolo's interface on one side, ``fetch`` on the other, transactions kept by task.

Piccolo is pinned to 1.38.0. Its own engines are not the base class here, only ``Engine``: what had to change are
private methods (how connections are opened and given back), and its constructor asks the server for its version, which
would connect before ``start()``. None of Piccolo's private methods is overridden.
"""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from string import Formatter
from typing import Any

from piccolo.engine.base import BaseBatch, Engine
from piccolo.engine.postgres import Atomic
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from portal.database.errors import TransactionAbortedError
from portal.database.transaction import NodeTransaction

Row = dict[str, Any]

_READS = re.compile(r"\s*(?:SELECT|WITH|EXPLAIN|VALUES|PRAGMA|SHOW)\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


@lru_cache(maxsize=2048)
def only_reads(sql: str) -> bool:
    """Whether a statement certainly changes nothing, so that it may be repeated and may use a reading connection."""
    return _READS.match(sql) is not None and _WRITES.search(sql) is None


@lru_cache(maxsize=1024)
def spell_for(engine_type: str, sql: str) -> str:
    """A portable statement in the spelling of an engine's driver."""
    spelled = []
    number = 0
    for text, field, _, _ in Formatter().parse(sql):
        spelled.append(text)
        if field is not None:
            number += 1
            spelled.append("?" if engine_type == "sqlite" else f"${number}")
    return "".join(spelled)


class TaskEngine(Engine[NodeTransaction]):
    """An engine whose open transactions belong to tasks: a task started inside one does not inherit it."""

    __slots__ = ("_open",)

    def __init__(self, engine_type: str) -> None:
        # Not Engine.__init__: it runs an event loop of its own to check the server's version.
        self.engine_type = engine_type
        self.min_version_number = 0
        self.log_queries = False
        self.log_responses = False
        self.query_id = 0
        self._open: dict[asyncio.Task[Any], NodeTransaction] = {}

    @abstractmethod
    async def start(self) -> None:
        """Open what the engine needs; again does nothing."""

    @abstractmethod
    async def stop(self) -> None:
        """Close it; again does nothing."""

    @abstractmethod
    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement in the driver's own spelling: inside the task's transaction, else on its own."""

    # Transactions, by task

    def open_transaction(self) -> NodeTransaction | None:
        """The transaction that the running task itself has open."""
        task = asyncio.current_task()
        return self._open.get(task) if task is not None else None

    def claim(self, transaction: NodeTransaction) -> asyncio.Task[Any]:
        """Make it the running task's."""
        task = asyncio.current_task()
        if task is None:
            raise TransactionAbortedError("a transaction needs a task to belong to")
        self._open[task] = transaction
        return task

    def forget(self, task: asyncio.Task[Any] | None) -> None:
        """Its transaction has ended."""
        if task is not None:
            self._open.pop(task, None)

    # Piccolo's interface

    def transaction_exists(self) -> bool:
        return self.open_transaction() is not None

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:  # noqa: ARG002  # Piccolo's signature
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        return await self.fetch(sql, args)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:  # noqa: ARG002  # Piccolo's signature
        return await self.fetch(ddl)

    def atomic(self) -> Atomic:
        return Atomic(engine=self)  # type: ignore[arg-type]  # asks its engine for transaction() alone

    async def check_version(self) -> None:
        """The versions are pinned; nothing to ask before ``start()``."""

    async def prep_database(self) -> None:
        """No extensions are needed."""

    @abstractmethod
    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> BaseBatch:
        """Read a long answer in portions, as it was when the reading began."""
