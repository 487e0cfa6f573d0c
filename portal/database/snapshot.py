"""Several questions to the data as they were at one instant, whatever is written meanwhile.

    async with snapshot() as read:
        rows = await read('SELECT … WHERE "id" > {} LIMIT 500', last)

For long readings: each has a connection of its own, so it neither waits for writers nor keeps them waiting.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from typing import TypeAlias

from portal.database.engine import Row, spell_for
from portal.database.node import active_node
from portal.database.postgres import PostgresNodeEngine
from portal.database.sqlite import SQLiteNodeEngine

Read: TypeAlias = Callable[..., Awaitable[list[Row]]]
"""A question and its values, as ``fetch`` takes them."""


@asynccontextmanager
async def snapshot() -> AsyncIterator[Read]:
    """Give a function that reads as ``fetch`` does, of the current node as it is when its first question is asked."""
    engine = active_node().engine
    if isinstance(engine, SQLiteNodeEngine):
        async with _of_sqlite(engine) as read:
            yield read
    else:
        async with _of_postgres(engine) as read:
            yield read


@asynccontextmanager
async def _of_sqlite(engine: SQLiteNodeEngine) -> AsyncIterator[Read]:
    with closing(engine.connect()) as connection:
        connection.execute("PRAGMA query_only = 1")
        connection.execute("BEGIN")

        async def read(sql: str, *args: object) -> list[Row]:
            cursor = connection.execute(spell_for("sqlite", sql), args)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

        yield read


@asynccontextmanager
async def _of_postgres(engine: PostgresNodeEngine) -> AsyncIterator[Read]:
    async with (
        engine.borrowed() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):

        async def read(sql: str, *args: object) -> list[Row]:
            return [dict(row) for row in await connection.fetch(spell_for("postgres", sql), *args)]

        yield read
