"""Long answers in portions, each on a connection of its own, as the data were when the reading began."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from piccolo.engine.base import BaseBatch
from piccolo.query.base import Query

from portal.database.engine import Row

if TYPE_CHECKING:
    from asyncpg.cursor import Cursor
    from asyncpg.pool import PoolConnectionProxy


class SQLiteBatch(BaseBatch):
    """``async with`` opens the reading, ``async for`` yields lists of rows."""

    def __init__(self, connection: sqlite3.Connection, query: Query[Any, Any], size: int) -> None:
        self._connection = connection
        self._query = query
        self._size = size
        self._cursor: sqlite3.Cursor | None = None

    async def __aenter__(self) -> Self:
        sql, args = self._query.querystrings[0].compile_string(engine_type="sqlite")
        self._cursor = self._connection.execute(sql, args)
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Row]:
        if self._cursor is None:
            raise StopAsyncIteration
        rows = self._cursor.fetchmany(self._size)
        if not rows:
            raise StopAsyncIteration
        names = [column[0] for column in self._cursor.description]
        processed: list[Row] = await self._query._process_results([dict(zip(names, row, strict=True)) for row in rows])  # noqa: SLF001  # Piccolo 1.38: its own batches call it
        return processed

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()


class PostgresBatch(BaseBatch):
    """The same on PostgreSQL: a cursor in a read-only snapshot."""

    def __init__(
        self, connection: AbstractAsyncContextManager[PoolConnectionProxy[Any]], query: Query[Any, Any], size: int
    ) -> None:
        self._borrowed = connection
        self._query = query
        self._size = size
        self._exits = AsyncExitStack()
        self._cursor: Cursor[Any] | None = None

    async def __aenter__(self) -> Self:
        sql, args = self._query.querystrings[0].compile_string(engine_type="postgres")
        async with AsyncExitStack() as exits:
            connection = await exits.enter_async_context(self._borrowed)
            await exits.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            self._cursor = await connection.cursor(sql, *args)
            self._exits = exits.pop_all()
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[Row]:
        rows = await self._cursor.fetch(self._size) if self._cursor is not None else []
        if not rows:
            raise StopAsyncIteration
        processed: list[Row] = await self._query._process_results([dict(row) for row in rows])  # noqa: SLF001  # as above
        return processed

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.__aexit__(kind, error, trace)
