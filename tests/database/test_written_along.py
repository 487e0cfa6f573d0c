"""What a transaction writes along, without waiting for an answer: there at the next look, gone with the rest."""

from __future__ import annotations

from contextlib import suppress

import pytest

from portal.database.errors import ConstraintError, TransactionAbortedError, Wall
from portal.database.node import (
    Node,
    fetch,
    savepoint,
    transaction,
    transactional,
    write_along,
)
from tests.database.rows import NOON, add_attempt, add_center, attempts, versions

COUNT_ONE = 'INSERT INTO "attempt_window" ("key", "tries", "expires_at") VALUES ({}, 1, {})'


class Mistake(Exception):
    """What a test raises."""


async def test_what_is_written_along_is_there_for_whoever_looks_and_at_the_end(node: Node) -> None:
    await add_center()
    async with transaction():
        await write_along(COUNT_ONE, "a", NOON)
        await write_along("UPDATE center SET version = version + 1")
        assert (await attempts(), await versions()) == (1, [1])
        await write_along(COUNT_ONE, "b", NOON)
        await write_along(COUNT_ONE, "c", NOON)
    assert await attempts() == 3


async def test_what_is_written_along_outside_a_transaction_is_written(node: Node) -> None:
    await write_along(COUNT_ONE, "a", NOON)
    assert await attempts() == 1


async def test_what_is_written_along_is_taken_back_with_the_rest(node: Node) -> None:
    with suppress(Mistake):
        async with transaction():
            await write_along(COUNT_ONE, "a", NOON)
            raise Mistake
    assert await attempts() == 0


async def test_a_wall_before_what_is_written_along_takes_everything_back(node: Node) -> None:
    await add_attempt("a")

    @transactional
    async def run_into_it() -> None:
        await add_attempt("b")
        await write_along(COUNT_ONE, "c", NOON)
        await write_along(COUNT_ONE, "a", NOON)

    with pytest.raises(ConstraintError) as caught:
        await run_into_it()
    assert caught.value.wall is Wall.UNIQUE
    assert await attempts() == 1
    assert not node.engine.transaction_exists()


async def test_a_savepoint_takes_back_what_was_written_along_in_it(node: Node) -> None:
    await add_attempt("a")
    async with transaction():
        await write_along(COUNT_ONE, "b", NOON)
        with suppress(ConstraintError):
            async with savepoint():
                await write_along(COUNT_ONE, "c", NOON)
                await write_along(COUNT_ONE, "a", NOON)
        with suppress(Mistake):
            async with savepoint():
                await write_along(COUNT_ONE, "d", NOON)
                raise Mistake
    assert await attempts() == 2
    assert len(await fetch("SELECT key FROM attempt_window WHERE key = 'b'")) == 1


async def test_nothing_is_written_along_after_the_end(node: Node) -> None:
    async with transaction() as open_one:
        await open_one.rollback()
        with pytest.raises(TransactionAbortedError):
            await write_along(COUNT_ONE, "a", NOON)
    assert await attempts() == 0
