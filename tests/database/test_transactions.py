"""What a transaction promises on both engines."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest
from piccolo.engine.exceptions import TransactionError

from portal.database.errors import ConstraintError, DatabaseNotStartedError, TransactionAbortedError, Wall
from portal.database.node import (
    Node,
    NodeEngine,
    active_node,
    current_node,
    fetch,
    open_node,
    savepoint,
    transaction,
    transactional,
    use_node,
)
from portal.tables.centers import Center
from portal.tables.schedule import Seat
from portal.tables.web import AttemptWindow
from tests.database.rows import NOON, add_attempt, add_center, attempts, raise_version, versions
from tests.databases import NewDatabase


class Mistake(Exception):
    """What a test raises."""


async def raise_version_by_mistake() -> None:
    """Write in a transaction, or inside the one that is open, and fail."""
    async with transaction():
        await raise_version()
        raise Mistake


async def test_writes_all_or_nothing(node: Node) -> None:
    async with transaction():
        await add_center()
        await add_attempt("a")
    with pytest.raises(Mistake):
        await raise_version_by_mistake()
    assert await versions() == [0]
    assert await attempts() == 1
    assert not node.engine.transaction_exists()


async def test_others_see_only_what_is_committed(node: Node) -> None:
    await add_center()
    seen: list[list[int]] = []

    async def look() -> None:
        seen.append(await versions())

    async with transaction():
        await raise_version()
        assert await versions() == [1]
        await asyncio.create_task(look())
    await look()
    assert seen == [[0], [1]]


async def test_a_task_started_inside_does_not_inherit_it(node: Node) -> None:
    engine = node.engine
    found: list[bool] = []

    async def child() -> None:
        found.append(engine.transaction_exists())

    async with transaction():
        assert engine.transaction_exists()
        await asyncio.gather(child(), child())
    assert found == [False, False]


async def test_a_task_that_outlives_its_parent_writes_on_its_own(node: Node) -> None:
    started = asyncio.Event()
    go = asyncio.Event()

    async def later() -> None:
        started.set()
        await go.wait()
        async with transaction():
            await add_attempt("child")

    async with transaction() as parent:
        child = asyncio.create_task(later())
        await started.wait()
        await add_attempt("parent")
        await parent.rollback()
    go.set()
    await child
    assert await AttemptWindow.select(AttemptWindow.key) == [{"key": "child"}]


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_cancelled_task_leaves_nothing_behind(node: Node, where: str) -> None:
    await add_center()
    reached = asyncio.Event()

    async def work() -> None:
        async with transaction():
            if where == "after":
                await raise_version()
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with transaction():
        await raise_version()
    assert await versions() == [1]


async def test_a_storm_of_cancellations_leaves_a_database_that_works(node: Node) -> None:
    await add_center()
    done = 0

    async def work() -> None:
        nonlocal done
        async with transaction():
            await raise_version()
            await fetch("SELECT count(*) AS n FROM center")
        done += 1

    for steps in range(60):
        tasks = [asyncio.create_task(work()) for _ in range(4)]
        for _ in range(steps % 15):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5):
        await asyncio.gather(*(work() for _ in range(20)))
    (version,) = await versions()
    # A task cancelled while COMMIT was on its way may have written without being able to say so.
    assert done <= version <= 60 * 4 + 20
    assert version >= 60 * 2 + 20


async def test_a_block_inside_joins(node: Node) -> None:
    await add_center()
    async with transaction() as outer:
        await raise_version()
        async with transaction() as inner:
            assert inner is outer
            await raise_version()
    assert await versions() == [2]
    async with transaction() as outer:
        async with transaction():
            await raise_version()
        await outer.rollback()
    assert await versions() == [2]


async def test_nesting_can_be_refused(node: Node) -> None:
    async with transaction():
        with pytest.raises(TransactionError):
            async with node.engine.transaction(allow_nested=False):
                pass


async def test_a_swallowed_error_of_a_joined_block_dooms_the_whole(node: Node) -> None:
    await add_center()

    async def swallow() -> None:
        async with transaction():
            with suppress(Mistake):
                await raise_version_by_mistake()

    with pytest.raises(TransactionAbortedError):
        await swallow()
    assert await versions() == [0]


async def test_a_savepoint_takes_back_a_joined_block(node: Node) -> None:
    await add_center()
    async with transaction():
        await add_attempt("kept")
        with suppress(Mistake):
            async with savepoint():
                await raise_version_by_mistake()
    assert await versions() == [0]
    assert await attempts() == 1


async def test_a_transaction_goes_on_after_a_wall_inside_a_savepoint(node: Node) -> None:
    await add_attempt("twice")
    async with transaction():
        await add_attempt("before")
        with pytest.raises(ConstraintError) as refused:
            async with savepoint():
                await add_attempt("twice")
        await add_attempt("after")
    assert refused.value.wall is Wall.UNIQUE
    assert await attempts() == 3


async def test_piccolos_own_savepoints_work(node: Node) -> None:
    await add_center()
    async with transaction() as current:
        await raise_version()
        await current.savepoint("here")
        await raise_version()
        await current.rollback_to("here")
        point = await current.savepoint()
        await raise_version()
        await point.release()
    assert await versions() == [2]


async def test_a_savepoint_needs_a_transaction(node: Node) -> None:
    with pytest.raises(TransactionAbortedError):
        async with savepoint():
            pass


async def test_committing_or_rolling_back_early_ends_it(node: Node) -> None:
    await add_center()
    async with transaction() as current:
        await raise_version()
        await current.commit()
        with pytest.raises(TransactionAbortedError):
            await raise_version()
    async with transaction() as current:
        await raise_version()
        await current.rollback()
        with pytest.raises(TransactionAbortedError):
            await raise_version()
    assert await versions() == [1]


async def test_the_wall_is_named_and_values_are_not(node: Node) -> None:
    await add_attempt("someone@example.org")
    with pytest.raises(ConstraintError) as refused:
        await add_attempt("someone@example.org")
    assert refused.value.wall is Wall.UNIQUE
    assert "attempt_window" in refused.value.name
    assert "example.org" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


async def test_a_row_that_points_to_nothing_is_refused(node: Node) -> None:
    seat = Seat(center=uuid4(), service=uuid4(), consultant=uuid4(), day=NOON.date(), starts_at=NOON, ends_at=NOON)
    with pytest.raises(ConstraintError) as refused:
        await Seat.insert(seat)
    assert refused.value.wall is Wall.FOREIGN_KEY


async def test_two_hundred_at_once_lose_nothing(node: Node) -> None:
    await add_center()

    async def work() -> None:
        async with transaction():
            await raise_version()

    await asyncio.gather(*(work() for _ in range(200)))
    assert await versions() == [200]


async def test_one_process_holds_several_nodes(node: Node, new_database: NewDatabase) -> None:
    other = open_node("kiosk", new_database("sqlite"))
    await other.start()
    try:
        await add_center("portal")
        with use_node(other):
            assert active_node() is other
            async with transaction():
                await add_center("kiosk")
                assert not node.engine.transaction_exists()
                with use_node(node):
                    await raise_version()
            assert await Center.select(Center.code) == [{"code": "kiosk"}]
        assert await Center.select(Center.code, Center.version) == [{"code": "portal", "version": 1}]
    finally:
        await other.stop()


async def test_tasks_take_their_node_along(node: Node, new_database: NewDatabase) -> None:
    other = open_node("kiosk", new_database("sqlite"))
    await other.start()
    try:
        with use_node(other):
            task = asyncio.create_task(add_center("kiosk"))
        await task
        assert await Center.count() == 0
        with use_node(other):
            assert await Center.count() == 1
    finally:
        await other.stop()


async def test_without_a_node_or_before_the_start_it_says_so(node_url: str) -> None:
    assert current_node.get(None) is None
    with pytest.raises(DatabaseNotStartedError):
        await fetch("SELECT 1 AS one")
    stopped = open_node("portal", node_url)
    with use_node(stopped):
        with pytest.raises(DatabaseNotStartedError):
            await fetch("SELECT 1 AS one")
        with pytest.raises(DatabaseNotStartedError):
            async with transaction():
                pass
    await stopped.start()
    await stopped.start()
    await stopped.stop()
    await stopped.stop()
    with use_node(stopped), pytest.raises(DatabaseNotStartedError):
        await Center.count()


async def test_transactional_joins_and_returns(node: Node) -> None:
    await add_center()

    @transactional
    async def rise(times: int) -> int:
        for _ in range(times):
            await raise_version()
        return times

    assert await rise(2) == 2
    async with transaction() as outer:
        await rise(3)
        await outer.rollback()
    assert await versions() == [2]
    assert rise.__name__ == "rise"


async def test_batches_read_what_was_there_when_they_began(node: Node) -> None:
    for number in range(25):
        await add_attempt(f"{number:02}")
    keys: list[str] = []
    async with await AttemptWindow.select(AttemptWindow.key).order_by(AttemptWindow.key).batch(batch_size=10) as batch:
        async for rows in batch:
            assert len(rows) <= 10
            keys += [row["key"] for row in rows]
            await AttemptWindow.delete(force=True)
    assert keys == [f"{number:02}" for number in range(25)]
    assert await attempts() == 0


async def test_piccolos_atomic_runs_in_one_transaction(node: Node) -> None:
    atomic = NodeEngine().atomic()
    atomic.add(
        AttemptWindow.insert(AttemptWindow(key="a", tries=1, expires_at=NOON)),
        AttemptWindow.insert(AttemptWindow(key="a", tries=1, expires_at=NOON)),
    )
    with pytest.raises(ConstraintError):
        await atomic.run()  # type: ignore[no-untyped-call]  # Piccolo's base class is not annotated
    assert await attempts() == 0
