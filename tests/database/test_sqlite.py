"""What the SQLite engine promises beside what both do."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
import types
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from portal.database.errors import (
    ConstraintError,
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseFullError,
    DatabaseReadOnlyError,
    DatabaseUnreachableError,
    TransactionAbortedError,
    Wall,
)
from portal.database.node import Node, fetch, open_node, transaction, use_node
from portal.database.sqlite import SQLiteNodeEngine
from portal.database.sqlite_errors import translated
from tests.database.rows import add_attempt, add_center, attempts, raise_version, versions
from tests.databases import run_apart


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def driver_that_connects(connect: Callable[..., Any]) -> types.ModuleType:
    """A module like sqlite3 that opens files in its own way."""
    module = types.ModuleType("driver")
    vars(module).update({**vars(sqlite3), "connect": connect})
    return module


@contextmanager
def another_process_writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A foreign connection inside a write transaction: to SQLite the same as another process."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        yield foreign
        if foreign.in_transaction:
            foreign.execute("ROLLBACK")


@pytest.fixture
async def impatient(sqlite_url: str) -> Any:
    """A node that waits 50 ms for others."""
    node = Node("impatient", SQLiteNodeEngine(file_of(sqlite_url), patience_seconds=0.05))
    await node.start()
    with use_node(node):
        yield node
    await node.stop()


async def test_what_is_committed_is_on_disk_and_references_are_checked(sqlite_node: Node) -> None:
    async with transaction():  # on the writing connection
        assert await fetch("PRAGMA synchronous") == [{"synchronous": 2}]
        assert await fetch("PRAGMA foreign_keys") == [{"foreign_keys": 1}]
        assert await fetch("PRAGMA journal_mode") == [{"journal_mode": "wal"}]


async def test_reads_go_on_while_a_transaction_waits(sqlite_node: Node) -> None:
    await add_center()
    inside, go = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with transaction():
            await raise_version()
            inside.set()
            await go.wait()

    task = asyncio.create_task(slow())
    await inside.wait()
    async with asyncio.timeout(1):
        assert [await versions() for _ in range(50)] == [[0]] * 50
    go.set()
    await task
    assert await versions() == [1]


async def test_a_write_on_its_own_waits_for_the_open_transaction(sqlite_node: Node) -> None:
    await add_center()
    inside, go = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with transaction() as current:
            await raise_version()
            inside.set()
            await go.wait()
            await current.rollback()

    task = asyncio.create_task(slow())
    await inside.wait()
    alone = asyncio.create_task(raise_version())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not alone.done()
    go.set()
    await asyncio.gather(task, alone)
    assert await versions() == [1]


async def test_the_loop_runs_on_while_another_process_writes(sqlite_url: str, sqlite_node: Node) -> None:
    await add_center()
    turns = 0
    with another_process_writing(file_of(sqlite_url)) as foreign:
        task = asyncio.create_task(raise_version())
        while turns < 500:
            await asyncio.sleep(0)
            turns += 1
        assert await versions() == [0]
        assert not task.done()
        foreign.execute("COMMIT")
        await task
    assert await versions() == [1]


async def test_patience_with_another_process_ends(sqlite_url: str, impatient: Node) -> None:
    await add_center()
    with another_process_writing(file_of(sqlite_url)):
        with pytest.raises(DatabaseBusyError):
            await raise_version()
        assert await versions() == [0]
    await raise_version()
    assert await versions() == [1]


async def test_patience_with_another_task_ends(impatient: Node) -> None:
    await add_center()
    async with transaction():
        with pytest.raises(DatabaseBusyError):
            await asyncio.create_task(raise_version())
    await raise_version()
    assert await versions() == [1]


async def test_a_task_cancelled_while_it_waits_for_another_process(sqlite_url: str, sqlite_node: Node) -> None:
    await add_center()
    with another_process_writing(file_of(sqlite_url)):
        waiting = [asyncio.create_task(raise_version()) for _ in range(3)]
        for _ in range(5):
            await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await raise_version()
    assert await versions() == [1]


async def test_processes_that_write_to_one_file_lose_nothing(sqlite_url: str, sqlite_node: Node) -> None:
    await add_center()
    command = [sys.executable, "-W", "error", "-m", "tests.database.writer", sqlite_url, "80", "8"]
    processes = [await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        await process.stdin.drain()
    for _ in range(40):  # this process writes as well
        await raise_version()
    answers = [await process.communicate() for process in processes]
    assert [answer for answer, _ in answers] == [b"80\n", b"80\n"], answers
    assert await versions() == [200]


async def test_two_engines_on_one_file_share_the_work(sqlite_url: str, sqlite_node: Node) -> None:
    await add_center()
    other = open_node("other", sqlite_url)
    await other.start()

    async def work() -> None:
        async with transaction():
            await raise_version()

    try:
        with use_node(other):
            theirs = [asyncio.create_task(work()) for _ in range(50)]
        await asyncio.gather(*theirs, *(work() for _ in range(50)))
    finally:
        await other.stop()
    assert await versions() == [100]


async def test_a_full_disk_has_a_name_and_nothing_half_is_written(sqlite_node: Node) -> None:
    await add_center()
    (pages,) = await fetch("PRAGMA page_count")
    async with transaction():
        await fetch(f"PRAGMA max_page_count = {pages['page_count'] + 1}")

    async def fill() -> None:
        async with transaction():
            for number in range(2000):
                await add_attempt(f"{number:080}")

    with pytest.raises(DatabaseFullError):
        await fill()
    assert await attempts() == 0
    await raise_version()
    assert await versions() == [1]


async def test_a_statement_after_sqlites_own_rollback_is_refused(sqlite_node: Node) -> None:
    await add_center()
    engine = sqlite_node.engine
    assert isinstance(engine, SQLiteNodeEngine)

    async def work() -> None:
        async with transaction():
            engine.roll_back()  # what SQLite does by itself when the disk is full
            await raise_version()

    with pytest.raises(TransactionAbortedError):
        await work()
    assert await versions() == [0]


async def test_a_transaction_that_sqlite_rolled_back_does_not_pass_for_written(sqlite_node: Node) -> None:
    await add_center()
    engine = sqlite_node.engine
    assert isinstance(engine, SQLiteNodeEngine)

    async def work() -> None:
        async with transaction():
            await raise_version()
            engine.roll_back()

    with pytest.raises(TransactionAbortedError):
        await work()
    assert await versions() == [0]


async def test_a_file_that_cannot_be_written_has_a_name(sqlite_url: str, tmp_path: Path) -> None:
    def connect(path: str, **options: Any) -> Any:
        return sqlite3.connect(f"file:{path}?immutable=1", uri=True, **options)

    node = Node("read-only", SQLiteNodeEngine(file_of(sqlite_url), driver=driver_that_connects(connect)))
    await node.start()
    with use_node(node), pytest.raises(DatabaseReadOnlyError):
        await add_center()
    await node.stop()


async def test_what_is_no_database_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is not a database, whatever its name says. " * 100)
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(DatabaseDamagedError):
        await open_node("text", f"sqlite:///{tmp_path}/text.db").start()
    with pytest.raises(DatabaseUnreachableError):
        await open_node("folder", f"sqlite:///{tmp_path}/folder.db").start()


async def test_a_new_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    node = open_node("new", f"sqlite:///{tmp_path}/deep/down/new.db")
    await node.start()
    with use_node(node):
        await fetch("CREATE TABLE thing (name TEXT)")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "deep/down").iterdir()}
    await node.stop()
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


async def test_another_driver_can_open_the_file(sqlite_url: str) -> None:
    opened: list[str] = []

    def connect(path: str, **options: Any) -> Any:
        opened.append(path)
        return sqlite3.connect(path, **options)

    node = Node("kiosk", SQLiteNodeEngine(file_of(sqlite_url), driver=driver_that_connects(connect)))
    await node.start()
    with use_node(node):
        await add_center()
        assert await versions() == [0]
    await node.stop()
    assert opened == [str(file_of(sqlite_url))] * 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("database is locked", DatabaseBusyError),
        ("database or disk is full", DatabaseFullError),
        ("attempt to write a readonly database", DatabaseReadOnlyError),
        ("file is not a database", DatabaseDamagedError),
        ("UNIQUE constraint failed: seat.hold_token", ConstraintError),
    ],
)
def test_errors_of_a_driver_that_gives_no_codes_are_known_by_their_text(text: str, kind: type[Exception]) -> None:
    error = sqlite3.OperationalError(text)
    assert not hasattr(error, "sqlite_errorcode")
    assert type(translated(error)) is kind


def test_a_code_that_does_not_say_which_constraint_leaves_it_to_the_text() -> None:
    error = sqlite3.IntegrityError("FOREIGN KEY constraint failed")
    error.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT
    found = translated(error)
    assert isinstance(found, ConstraintError)
    assert found.wall is Wall.FOREIGN_KEY


def test_a_started_node_works_on_the_next_loop(sqlite_url: str) -> None:
    node = open_node("portal", sqlite_url)

    async def contend() -> None:
        await node.start()
        with use_node(node):
            await asyncio.gather(*(raise_version() for _ in range(5)))

    async def leave_open() -> None:
        await node.start()
        with use_node(node):
            await add_center()
            await transaction().__aenter__()
            await raise_version()

    async def both() -> None:
        with use_node(node):
            assert await versions() == [5]
        await node.stop()

    def three_loops() -> None:
        for work in (leave_open, contend, both):
            asyncio.run(work())

    async def in_a_thread() -> None:
        await asyncio.to_thread(three_loops)

    run_apart(in_a_thread())
