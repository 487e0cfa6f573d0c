"""What the PostgreSQL engine promises beside what both do: the pool outlives whatever happens to its connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import asyncpg
import pytest

from portal.database.errors import (
    CommitUnknownError,
    ConstraintError,
    DatabaseBusyError,
    DatabaseUnreachableError,
    TransactionAbortedError,
)
from portal.database.node import Node, fetch, open_node, set_default_node, transaction, transactional, use_node
from portal.database.postgres import PostgresNodeEngine
from tests.database.rows import add_attempt, add_center, attempts, raise_version, versions

LATE_WALL = """
ALTER TABLE attempt_window ADD CONSTRAINT late UNIQUE (expires_at) DEFERRABLE INITIALLY DEFERRED
"""
# COMMIT runs the deferred trigger, which ends its own connection: the client cannot know how COMMIT ended.
CUT = """
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'
"""
AT_COMMIT = """
CREATE CONSTRAINT TRIGGER cut AFTER UPDATE ON center DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()
"""
ME = "SELECT pg_backend_pid() AS pid"


@pytest.fixture
async def pool_of_two(postgres_url: str) -> AsyncIterator[Node]:
    """A node with two connections that waits half a second for one."""
    node = Node("small", PostgresNodeEngine(postgres_url, pool_size=2, patience_seconds=0.5))
    await node.start()
    set_default_node(node)
    yield node
    set_default_node(None)
    await node.stop()


@pytest.fixture
async def other_session(postgres_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection that the node knows nothing of."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def cut_off(session: asyncpg.Connection[asyncpg.Record]) -> int:
    """End every other connection to this database, and wait until they have gone."""
    others = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ended = await session.fetch(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")  # noqa: S608
    return len(ended)


async def all_connections_work(size: int) -> bool:
    """Hold as many transactions at once as the pool has connections."""
    held = asyncio.Barrier(size)

    async def hold() -> int:
        async with transaction():
            (row,) = await fetch(ME)
            await held.wait()
            pid: int = row["pid"]
            return pid

    async with asyncio.timeout(5):
        return len(set(await asyncio.gather(*(hold() for _ in range(size))))) == size


async def fails(work: Callable[[], Awaitable[object]], error: type[BaseException]) -> bool:
    try:
        await work()
    except error:
        return True
    return False


async def test_a_commit_that_fails_gives_its_connection_back(pool_of_two: Node) -> None:
    await fetch(LATE_WALL)
    await add_attempt("first")

    async def refused() -> None:
        async with transaction():
            await add_attempt("second")

    assert [await fails(refused, ConstraintError) for _ in range(50)] == [True] * 50
    assert await all_connections_work(2)
    assert await attempts() == 1
    assert not pool_of_two.engine.transaction_exists()


async def test_fifty_failing_commits_at_once(pool_of_two: Node) -> None:
    await fetch(LATE_WALL)
    await add_attempt("first")

    async def refused() -> None:
        async with transaction():
            await add_attempt("second")

    assert all(await asyncio.gather(*(fails(refused, ConstraintError) for _ in range(50))))
    assert await all_connections_work(2)


async def test_a_connection_that_dies_inside_leaves_no_transaction_behind(
    pool_of_two: Node, other_session: asyncpg.Connection[asyncpg.Record]
) -> None:
    await add_center()

    async def cut_in_the_middle() -> None:
        async with transaction():
            await raise_version()
            await cut_off(other_session)
            await raise_version()

    for _ in range(5):
        assert await fails(cut_in_the_middle, DatabaseUnreachableError)
        assert not pool_of_two.engine.transaction_exists()
    await raise_version()
    assert await versions() == [1]
    assert await all_connections_work(2)


async def test_connections_that_died_in_the_pool_are_passed_over(
    pool_of_two: Node, other_session: asyncpg.Connection[asyncpg.Record]
) -> None:
    await add_center()
    for statement in (versions, raise_version, versions):
        assert await all_connections_work(2)
        assert await cut_off(other_session) == 2
        await statement()
    assert await all_connections_work(2)
    await cut_off(other_session)
    async with transaction():
        await raise_version()
    assert await versions() == [2]


async def test_a_read_that_is_cut_off_is_repeated_and_a_write_is_not(
    pool_of_two: Node, other_session: asyncpg.Connection[asyncpg.Record]
) -> None:
    await add_center()

    async def while_it_waits(statement: str) -> list[dict[str, object]]:
        await other_session.execute("SELECT pg_advisory_lock(7)")
        task = asyncio.create_task(fetch(statement))
        async with asyncio.timeout(5):
            while not await other_session.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                pass
        await cut_off(other_session)
        await other_session.execute("SELECT pg_advisory_unlock(7)")
        return await task

    assert await while_it_waits("SELECT version FROM center, pg_advisory_xact_lock_shared(7)") == [{"version": 0}]
    with pytest.raises(DatabaseUnreachableError):
        await while_it_waits("UPDATE center SET version = version + 1 FROM pg_advisory_xact_lock_shared(7)")
    assert await versions() == [0]


async def test_transactional_begins_again_on_a_new_connection(
    pool_of_two: Node, other_session: asyncpg.Connection[asyncpg.Record]
) -> None:
    await add_center()
    runs = 0

    @transactional
    async def rise() -> None:
        nonlocal runs
        runs += 1
        await raise_version()
        if runs < 3:
            await cut_off(other_session)
        await add_attempt("once")

    await rise()
    assert (runs, await versions(), await attempts()) == (3, [1], 1)


async def test_a_connection_that_dies_during_commit_is_not_taken_for_either_outcome(pool_of_two: Node) -> None:
    await add_center()
    await fetch(CUT)
    await fetch(AT_COMMIT)
    runs = 0

    @transactional
    async def rise() -> None:
        nonlocal runs
        runs += 1
        await raise_version()

    with pytest.raises(CommitUnknownError):
        await rise()
    assert runs == 1
    await fetch("DROP TRIGGER cut ON center")
    assert await all_connections_work(2)


async def test_a_deadlock_is_run_again(postgres_node: Node) -> None:
    await add_center("a")
    await add_center("b")
    both_hold_one = asyncio.Barrier(2)
    runs = 0

    @transactional
    async def rise(first: str, second: str) -> None:
        nonlocal runs
        runs += 1
        await fetch("UPDATE center SET version = version + 1 WHERE code = {}", first)
        if runs <= 2:
            await both_hold_one.wait()
        await fetch("UPDATE center SET version = version + 1 WHERE code = {}", second)

    async with asyncio.timeout(10):
        await asyncio.gather(rise("a", "b"), rise("b", "a"))
    assert runs == 3
    assert await versions() == [2, 2]


async def test_a_swallowed_failure_does_not_pass_for_written(postgres_node: Node) -> None:
    await add_attempt("twice")

    async def swallow() -> None:
        async with transaction():
            await add_attempt("lost")
            with suppress(ConstraintError):
                await add_attempt("twice")

    with pytest.raises(TransactionAbortedError):
        await swallow()
    assert await attempts() == 1


async def test_waiting_for_a_connection_ends(pool_of_two: Node) -> None:
    hold = asyncio.Event()
    inside = asyncio.Barrier(3)

    async def keep() -> None:
        async with transaction():
            await inside.wait()
            await hold.wait()

    keepers = [asyncio.create_task(keep()) for _ in range(2)]
    await inside.wait()
    with pytest.raises(DatabaseBusyError):
        await versions()
    hold.set()
    await asyncio.gather(*keepers)
    assert await all_connections_work(2)


async def test_a_statement_that_takes_too_long_ends(postgres_url: str) -> None:
    node = Node("hasty", PostgresNodeEngine(postgres_url, pool_size=1, command_timeout_seconds=0.05))
    await node.start()

    async def sleep_inside() -> None:
        async with transaction():
            await fetch("SELECT pg_sleep(10)")

    with use_node(node):
        with pytest.raises(DatabaseBusyError):
            await sleep_inside()
        assert await fetch("SELECT 1 AS one") == [{"one": 1}]
    await node.stop()


async def test_it_connects_when_it_starts_and_says_when_it_cannot(postgres_url: str) -> None:
    nowhere = open_node("portal", "postgresql://citas@127.0.0.1:1/citas")
    with pytest.raises(DatabaseUnreachableError):
        await nowhere.start()
    unknown = open_node("portal", postgres_url.rpartition("/")[0] + "/no_such_database")
    with pytest.raises(DatabaseUnreachableError):
        await unknown.start()


async def test_statements_prepared_before_a_table_changed_are_prepared_again(
    postgres_node: Node, other_session: asyncpg.Connection[asyncpg.Record]
) -> None:
    await add_center()
    assert len(await fetch("SELECT * FROM center")) == 1
    await other_session.execute("ALTER TABLE center ADD COLUMN extra integer DEFAULT 7")
    (row,) = await fetch("SELECT * FROM center")
    assert row["extra"] == 7
