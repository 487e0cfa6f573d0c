"""SQLite, used straight on the event loop's thread: one connection that writes, one that reads.

Statements take microseconds, so nothing is handed to threads. All writing goes through one asyncio lock and begins
IMMEDIATE; only BEGIN can then find another process writing, and is tried again after short random pauses, never by
SQLite's own busy handler, which would stop the loop. Reads outside a transaction use the reading connection and see
what is committed, whatever a task is in the middle of writing. ``synchronous=FULL``: what COMMIT returned from is on
disk.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from piccolo.engine.base import BaseBatch
from piccolo.engine.sqlite import ADAPTERS, CONVERTERS
from piccolo.query.base import Query

from portal.database.batch import SQLiteBatch
from portal.database.engine import Row, TaskEngine, only_reads, spell_for
from portal.database.errors import (
    DatabaseBusyError,
    DatabaseNotStartedError,
    DatabaseUnreachableError,
    TransactionAbortedError,
)
from portal.database.sqlite_errors import translated
from portal.database.transaction import NodeTransaction

T = TypeVar("T")


class Driver(Protocol):
    """What opens SQLite files: the DB-API module ``sqlite3``, or whatever is made like it (a kiosk's encrypts)."""

    @property
    def DatabaseError(self) -> type[Exception]: ...  # noqa: N802  # the DB-API's name

    @property
    def sqlite_version_info(self) -> tuple[int, int, int]: ...

    @property
    def connect(self) -> Callable[..., sqlite3.Connection]: ...

    @property
    def register_adapter(self) -> Callable[..., None]: ...

    @property
    def register_converter(self) -> Callable[..., None]: ...


class SQLiteTransaction(NodeTransaction):
    """Holds the engine's writing lock from BEGIN IMMEDIATE until the end."""

    __slots__ = ("_engine_here", "_lock")

    def __init__(self, engine: SQLiteNodeEngine, *, allow_nested: bool = True) -> None:
        super().__init__(engine, allow_nested=allow_nested)
        self._engine_here = engine
        self._lock: asyncio.Lock | None = None

    async def execute(self, sql: str, *args: object) -> list[Row]:
        return self._engine_here.write(sql, args)

    async def write_along(self, sql: str, *args: object) -> None:
        self._engine_here.write(spell_for("sqlite", sql), args)

    async def _begin(self) -> None:
        self._lock = await self._engine_here.begin()

    async def _commit(self) -> None:
        self._engine_here.write("COMMIT")

    async def _give_up(self) -> None:
        self._engine_here.roll_back()

    async def _leave(self) -> None:
        if self._lock is not None:
            self._lock.release()


class SQLiteNodeEngine(TaskEngine):
    """One SQLite file, and what opens it."""

    __slots__ = ("_foreign_keys", "_lock", "_loop", "_patience", "_reader", "_writer", "driver", "path")

    def __init__(
        self,
        path: Path,
        *,
        driver: Driver = sqlite3,
        patience_seconds: float = 10.0,
        foreign_keys: bool = True,
    ) -> None:
        super().__init__("sqlite")
        self.path = path
        self.driver = driver
        self._patience = patience_seconds
        self._foreign_keys = foreign_keys
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()
        for kind, adapt in ADAPTERS.items():
            driver.register_adapter(kind, adapt)
        for name, convert in CONVERTERS.items():
            driver.register_converter(name, convert)

    def sibling(self, *, patience_seconds: float, foreign_keys: bool) -> SQLiteNodeEngine:
        """Another engine on the same file, for work that needs other habits."""
        return SQLiteNodeEngine(
            self.path, driver=self.driver, patience_seconds=patience_seconds, foreign_keys=foreign_keys
        )

    # Opening and closing

    async def start(self) -> None:
        """Open the file, made readable by its owner alone if it is new. Raises DatabaseUnreachableError."""
        if self._writer is not None:
            return
        self.create_file()
        writer = self.connect()
        try:
            # Changing to WAL needs the file for itself for a moment; another process may be starting as well.
            await self._patiently(lambda: writer.execute("PRAGMA journal_mode = WAL").fetchall())
            writer.execute("PRAGMA synchronous = FULL")
            writer.execute(f"PRAGMA foreign_keys = {int(self._foreign_keys)}")
            reader = self.connect()
            reader.execute("PRAGMA query_only = 1")
        except BaseException:
            writer.close()
            raise
        self._writer, self._reader = writer, reader

    async def stop(self) -> None:
        """Close the file; an open transaction is rolled back."""
        writer, reader, self._writer, self._reader = self._writer, self._reader, None, None
        self._open.clear()
        for connection in (reader, writer):
            if connection is not None:
                connection.close()

    def create_file(self) -> None:
        """Make the file, and its folder, if they are missing. Raises DatabaseUnreachableError."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Only if it is missing: closing a handle on a file that SQLite has open drops the process's locks on it.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise DatabaseUnreachableError(f"{self.path}: {error.strerror}") from None

    def connect(self, timeout_seconds: float = 0) -> sqlite3.Connection:
        """Open a connection of one's own, e.g. for a long reading; a timeout is for threads, not for the loop."""
        try:
            connection = self.driver.connect(
                os.fspath(self.path),
                timeout=timeout_seconds,
                detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
                isolation_level=None,
                cached_statements=512,
            )
        except self.driver.DatabaseError as error:
            raise translated(error) from None
        return connection

    # Statements

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement with ``?`` placeholders. A write outside a transaction is a short one of its own."""
        if self.transaction_exists():
            return self.write(sql, args)
        if only_reads(sql):
            reader = _opened(self._reader)
            return await self._patiently(lambda: _rows(reader.execute(sql, args)))
        async with self.transaction():
            return self.write(sql, args)

    def write(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement on the writing connection, inside the transaction that is open there."""
        writer = _opened(self._writer)
        if not writer.in_transaction:  # a full disk or a broken file makes SQLite roll back by itself
            raise TransactionAbortedError("SQLite has rolled this transaction back")
        try:
            return _rows(writer.execute(sql, args))
        except self.driver.DatabaseError as error:
            raise translated(error) from None

    async def begin(self) -> asyncio.Lock:
        """Take the lock and BEGIN IMMEDIATE; the caller releases the lock. Raises DatabaseBusyError."""
        writer = _opened(self._writer)
        lock = self._lock_of_this_loop()
        await self._acquire(lock)
        try:
            await self._patiently(lambda: writer.execute("BEGIN IMMEDIATE"))
        except BaseException:
            lock.release()
            raise
        return lock

    def roll_back(self) -> None:
        """Roll back what is open on the writing connection."""
        if self._writer is not None and self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def _lock_of_this_loop(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Another loop than last time (each test has its own): what a task of the old one left open will never end.
            self._loop, self._lock = loop, asyncio.Lock()
            self._open.clear()
            self.roll_back()
        return self._lock

    async def _acquire(self, lock: asyncio.Lock) -> None:
        if not lock.locked():
            await lock.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await lock.acquire()
        except TimeoutError:
            raise DatabaseBusyError("another task was writing for too long") from None

    async def _patiently(self, run: Callable[[], T]) -> T:
        """Run it; while another process is in the way, again after a short random pause."""
        deadline = asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                return run()
            except self.driver.DatabaseError as error:
                translation = translated(error)
                if not isinstance(translation, DatabaseBusyError):
                    raise translation from None
            if asyncio.get_running_loop().time() > deadline:
                raise DatabaseBusyError("another process was writing for too long")
            await asyncio.sleep(random.uniform(0, 0.002))  # noqa: S311  # spreads attempts, keeps no secret

    # Piccolo's interface

    def transaction(self, *, allow_nested: bool = True) -> SQLiteTransaction:
        return SQLiteTransaction(self, allow_nested=allow_nested)

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> BaseBatch:  # noqa: ARG002  # Piccolo's signature
        return SQLiteBatch(self.connect(), query, batch_size)

    async def get_version(self) -> float:
        return self.get_version_sync()

    def get_version_sync(self) -> float:
        """Piccolo asks whether there is RETURNING (3.35)."""
        major, minor, _ = self.driver.sqlite_version_info
        return float(f"{major}.{minor:02}")


def _opened(connection: sqlite3.Connection | None) -> sqlite3.Connection:
    if connection is None:
        raise DatabaseNotStartedError("the database is not open: start() the node first")
    return connection


def _rows(cursor: sqlite3.Cursor) -> list[Row]:
    rows = cursor.fetchall()
    if not rows:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in rows]
