"""A program that runs on a file and may die at any statement; what it had not committed is then gone."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from portal.database.engine import Row
from portal.database.node import Node, use_node
from portal.database.sqlite import SQLiteNodeEngine


class Killed(BaseException):
    """The process dies here."""


class SimulatedEngine(SQLiteNodeEngine):
    """The real engine on a real file; before each statement others may go first, and the process may die."""

    __slots__ = ("process",)

    def __init__(self, path: Path, process: Process) -> None:
        super().__init__(path)
        self.process = process

    async def start(self) -> None:
        await super().start()
        assert self._writer is not None
        self._writer.execute("PRAGMA synchronous = OFF")  # processes die here, never the power

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        if not self.transaction_exists():
            await self.process.give_way()
            self.process.live_on()
        return await super().fetch(sql, args)

    async def begin(self) -> asyncio.Lock:
        await self.process.give_way()
        self.process.live_on()
        return await super().begin()

    def write(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        self.process.live_on()
        rows = super().write(sql, args)
        if sql == "COMMIT":
            self.process.committed()
            self.process.live_on()
        return rows


async def settle() -> None:
    """Until every task is over, or waits for the network."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # there is no other way to know
    while ready:  # noqa: ASYNC110  # there is no event for it
        await asyncio.sleep(0)


class Process:
    """A node with the tasks that run on it. ``on_commit`` is called after each COMMIT, before anybody else goes on."""

    def __init__(self, name: str, path: Path, chance: random.Random, on_commit: Callable[[Process], None]) -> None:
        self.name = name
        self.path = path
        self.tasks: set[asyncio.Task[None]] = set()
        self.dead = False
        self._chance = chance
        self._on_commit = on_commit
        self._statements_left: int | None = None
        self.node = Node(name, SimulatedEngine(path, self))
        self._reader: sqlite3.Connection | None = None

    def doom(self, statements: int) -> None:
        """Let it die after so many more statements."""
        self._statements_left = statements

    def spare(self) -> None:
        """Nothing is going to kill it any more."""
        self._statements_left = None

    def live_on(self) -> None:
        """Between two statements: raises Killed if the process is to die here, or has died."""
        if self._statements_left is not None and not self.dead:
            self._statements_left -= 1
            self.dead = self._statements_left < 0
        if self.dead:
            raise Killed

    async def give_way(self) -> None:
        """Let other tasks go first, perhaps."""
        for _ in range(self._chance.choice((0, 0, 0, 1, 2))):
            await asyncio.sleep(0)

    def committed(self) -> None:
        self._on_commit(self)

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it on this node; how it ends is its own business."""
        with use_node(self.node):
            task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def open(self) -> None:
        """Start on the file as it is, as after a start of the machine."""
        self.dead, self._statements_left = False, None
        self.node = Node(self.name, SimulatedEngine(self.path, self))
        await self.node.start()

    async def close(self) -> None:
        """The process is gone; what was not committed with it."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        await self.node.stop()

    def look(self, sql: str, *args: object) -> list[sqlite3.Row]:
        """What is committed, in plain SQL and SQLite's own types, past all of the program."""
        if self._reader is None:
            self._reader = sqlite3.connect(self.path, isolation_level=None)
            self._reader.row_factory = sqlite3.Row
        return self._reader.execute(sql, args).fetchall()

    def copy_file(self, target: Path) -> None:
        """The file as it is at this instant."""
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
