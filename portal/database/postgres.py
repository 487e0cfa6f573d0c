"""PostgreSQL through a pool that nothing empties: whatever happens, a connection goes back to it or is closed.

A DSN with several hosts and ``target_session_attrs=read-write`` follows a fail-over: dead connections are replaced by
looking for the writing server again. A statement is repeated only where that cannot write twice: a read outside a
transaction, and BEGIN.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg
from piccolo.engine.base import BaseBatch
from piccolo.query.base import Query

from portal.database.batch import PostgresBatch
from portal.database.engine import Row, TaskEngine, only_reads, spell_for
from portal.database.errors import (
    CommitUnknownError,
    ConstraintError,
    DatabaseBusyError,
    DatabaseFullError,
    DatabaseNotStartedError,
    DatabaseUnreachableError,
    TransactionAbortedError,
    TransactionConflictError,
    Wall,
)
from portal.database.transaction import NodeTransaction
from portal.database.turns import Turns

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[Any]

_WALLS: dict[type[Exception], Wall] = {
    asyncpg.UniqueViolationError: Wall.UNIQUE,
    asyncpg.ForeignKeyViolationError: Wall.FOREIGN_KEY,
    asyncpg.NotNullViolationError: Wall.NOT_NULL,
    asyncpg.CheckViolationError: Wall.CHECK,
}
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TargetServerAttributeNotMatched,
    asyncpg.ReadOnlySQLTransactionError,  # the server we hold has become a standby; the writing one is elsewhere
    asyncpg.InternalClientError,  # the server's farewell came between two steps of the driver, which lost its place
    OSError,
)
_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_GIVE_UP_SECONDS = 5.0

# Of one process, outside of transactions. A server process that has just answered the same question answers soonest:
# with a few of them in use a month's slowest pages come sooner (p99 1.8 times the bare page's instead of 2.0).
_READS_AT_ONCE = 4


class PostgresTransaction(NodeTransaction):
    """Holds one of the pool's connections, read committed, until the end."""

    __slots__ = ("_connection", "_node_engine", "_put_off")

    def __init__(self, engine: PostgresNodeEngine, *, allow_nested: bool = True) -> None:
        super().__init__(engine, allow_nested=allow_nested)
        self._node_engine = engine
        self._connection: Connection | None = None
        self._put_off: list[tuple[str, tuple[object, ...]]] = []

    @property
    def connection(self) -> Connection:
        """The driver's connection, for what only PostgreSQL can do."""
        if self._connection is None:
            raise TransactionAbortedError("this transaction has not begun, or has ended")
        return self._connection

    async def execute(self, sql: str, *args: object) -> list[Row]:
        if self.ended:  # the connection would run it all the same, and write at once
            raise TransactionAbortedError("this transaction has ended")
        await self.settle()
        return await self._run(sql, args)

    async def write_along(self, sql: str, *args: object) -> None:
        if self.ended:
            raise TransactionAbortedError("this transaction has ended")
        self._put_off.append((sql, args))

    async def settle(self) -> None:
        if not self._put_off:
            return
        put_off, self._put_off = self._put_off, []
        *others, last = [sql for sql, _ in put_off]
        before = ", ".join(f'"write_{number}" AS ({sql})' for number, sql in enumerate(others))
        sql = f"WITH {before} {last}" if before else last
        await self._run(spell_for("postgres", sql), [value for _, args in put_off for value in args])

    def forget_put_off(self) -> None:
        self._put_off.clear()

    async def _run(self, sql: str, args: Sequence[object]) -> list[Row]:
        connection = self.connection
        try:
            return [dict(row) for row in await connection.fetch(sql, *args)]
        except _ERRORS as error:
            raise _translated(error, connection) from None

    async def _begin(self) -> None:
        self._connection = await self._node_engine.begin()

    async def _commit(self) -> None:
        await self.settle()
        connection = self.connection
        try:
            outcome = await connection.execute("COMMIT")
        except _ERRORS as error:
            if isinstance(error, TimeoutError) or _is_lost(error, connection):
                raise CommitUnknownError("the connection broke during COMMIT") from None
            raise _translated(error, connection) from None
        if outcome != "COMMIT":  # PostgreSQL answers ROLLBACK, without an error, after a statement that failed
            raise TransactionAbortedError("a statement of this transaction failed and its error was swallowed")

    async def _give_up(self) -> None:
        connection = self.connection
        try:
            if not _is_gone(connection) and connection.is_in_transaction():
                await connection.execute("ROLLBACK", timeout=_GIVE_UP_SECONDS)
        except _ERRORS:
            _cut(connection)
        except BaseException:  # cancelled once more: the connection is in an unknown state
            _cut(connection)
            raise

    async def _leave(self) -> None:
        connection, self._connection = self.connection, None
        await self._node_engine.give_back(connection)


class PostgresNodeEngine(TaskEngine):
    """One PostgreSQL database. Connects in ``start()``, not before."""

    __slots__ = ("_command_timeout", "_free", "_idle", "_patience", "_pool", "_pool_size", "_reads", "_url", "_version")

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        patience_seconds: float = 10.0,
        command_timeout_seconds: float | None = 60.0,
    ) -> None:
        super().__init__("postgres")
        self._url = url
        self._pool_size = pool_size
        self._patience = patience_seconds
        self._command_timeout = command_timeout_seconds
        self._pool: asyncpg.Pool[Any] | None = None
        # The way through asyncpg's pool costs more than a small statement. So what is given back stays borrowed from
        # it and lies here, the last one on top; who waits does so in a queue of our own.
        self._idle: list[Connection] = []
        self._free = Turns(pool_size)
        self._reads = Turns(_READS_AT_ONCE)
        self._version = 0.0

    @property
    def url(self) -> str:
        """Where the server is; may hold a password, so never log it."""
        return self._url

    # Opening and closing

    async def start(self) -> None:
        """Open the pool and try one connection. Raises DatabaseUnreachableError."""
        if self._pool is not None:
            return
        try:
            pool = await asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=self._pool_size,
                timeout=self._patience,
                command_timeout=self._command_timeout,
                statement_cache_size=512,
                reset=_nothing_to_reset,
                server_settings={"application_name": "citas", "timezone": "UTC", "jit": "off"},
            )
            async with pool.acquire() as connection:
                version = connection.get_server_version()
        except _ERRORS as error:
            if isinstance(error, asyncpg.InterfaceError):  # the URL itself is wrong
                raise
            raise DatabaseUnreachableError(f"PostgreSQL cannot be reached: {_said(error)}") from None
        self._version = float(f"{version.major}.{version.minor:02}")
        self._free = Turns(self._pool_size)
        self._reads = Turns(_READS_AT_ONCE)
        self._pool = pool

    async def stop(self) -> None:
        """Close the pool; what is still borrowed after a few seconds is cut off."""
        pool, self._pool = self._pool, None
        idle, self._idle = self._idle, []
        self._open.clear()
        if pool is None:
            return
        try:
            async with asyncio.timeout(_GIVE_UP_SECONDS):
                for connection in idle:
                    await _release(pool, connection)
                await pool.close()
        except (TimeoutError, *_LOST):
            pool.terminate()

    # Connections

    async def acquire(self) -> Connection:
        """Borrow a connection. Raises DatabaseBusyError (none gets free), DatabaseUnreachableError (none opens)."""
        if self._pool is None:
            raise DatabaseNotStartedError("the database is not open: start() the node first")
        await self._wait_in(self._free)
        try:
            while self._idle:
                connection = self._idle.pop()
                if not _is_gone(connection):
                    return connection
                await _release(self._pool, connection)
            async with asyncio.timeout(self._patience):
                return await self._pool.acquire()
        except BaseException as error:
            self._free.give()
            if isinstance(error, _ERRORS):
                raise _translated(error, None) from None
            raise

    async def _wait_in(self, turns: Turns) -> None:
        try:
            await turns.take(self._patience)
        except TimeoutError:
            raise DatabaseBusyError("no connection became free in time") from None

    async def give_back(self, connection: Connection) -> None:
        """Keep it for the next one, or return it to the pool, which closes and replaces it if it is broken."""
        try:
            if self._pool is None:
                _cut(connection)
            elif _is_gone(connection):
                await _release(self._pool, connection)
            else:
                self._idle.append(connection)
        finally:
            self._free.give()

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[Connection]:
        """A connection for a while, outside of any transaction of the task."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            await self.give_back(connection)

    async def begin(self) -> Connection:
        """Borrow a connection and BEGIN on it; dead ones that lay in the pool are passed over."""
        for _ in range(self._pool_size):
            connection = await self.acquire()
            try:
                await connection.execute("BEGIN")
            except _ERRORS as error:
                lost, translated = _is_lost(error, connection), _translated(error, connection)
                await self._discard(connection)
                if not lost:
                    raise translated from None
            except BaseException:
                await self._discard(connection)
                raise
            else:
                return connection
        raise DatabaseUnreachableError("every connection was lost")

    async def _discard(self, connection: Connection) -> None:
        _cut(connection)
        await self.give_back(connection)

    # Statements

    async def fetch(self, sql: str, args: Sequence[object] = ()) -> list[Row]:
        """Run one statement with ``$1`` placeholders; a read outside a transaction is repeated if it was cut off."""
        current = self.open_transaction()
        if current is not None:
            return await current.execute(sql, *args)
        if not only_reads(sql):
            return await self._fetch_alone(sql, args)
        await self._wait_in(self._reads)
        try:
            try:
                return await self._fetch_alone(sql, args)
            except DatabaseUnreachableError:
                return await self._fetch_alone(sql, args)
        finally:
            self._reads.give()

    async def _fetch_alone(self, sql: str, args: Sequence[object]) -> list[Row]:
        connection = await self.acquire()  # not borrowed(): a generator would cost each statement 4 µs
        try:
            return [dict(row) for row in await connection.fetch(sql, *args)]
        except _ERRORS as error:
            if _is_lost(error, connection):
                _cut(connection)
            raise _translated(error, connection) from None
        finally:
            await self.give_back(connection)

    # Piccolo's interface

    def transaction(self, *, allow_nested: bool = True) -> PostgresTransaction:
        return PostgresTransaction(self, allow_nested=allow_nested)

    async def batch(self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None) -> BaseBatch:  # noqa: ARG002  # Piccolo's signature
        return PostgresBatch(self.borrowed(), query, batch_size)

    async def get_version(self) -> float:
        return self._version

    def get_version_sync(self) -> float:
        return self._version


async def _nothing_to_reset(_: object) -> None:
    """No session state is ever changed on the pool's connections: a round trip less each time one is given back."""


async def _release(pool: asyncpg.Pool[Any], connection: Connection) -> None:
    try:
        await pool.release(connection)
    except _ERRORS:
        _cut(connection)


def _is_gone(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except (
        asyncpg.InterfaceError
    ):  # a connection that dies leaves the pool by itself, and its proxy refuses every question
        return True


def _cut(connection: Connection) -> None:
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


def _is_lost(error: BaseException, connection: Connection | None) -> bool:
    return isinstance(error, _LOST) or (connection is not None and _is_gone(connection))


def _said(error: BaseException) -> str:
    # The first line alone: the lines after it (DETAIL) quote values of the row.
    return (str(error) or type(error).__name__).partition("\n")[0]


def _translated(error: Exception, connection: Connection | None) -> Exception:
    for kind, wall in _WALLS.items():
        if isinstance(error, kind):
            name = getattr(error, "constraint_name", None) or getattr(error, "column_name", None)
            return ConstraintError(wall, name or "")
    match error:
        case asyncpg.DeadlockDetectedError() | asyncpg.SerializationError():
            return TransactionConflictError(_said(error))
        case asyncpg.DiskFullError():
            return DatabaseFullError(_said(error))
        case asyncpg.TooManyConnectionsError() | asyncpg.LockNotAvailableError():
            return DatabaseBusyError(_said(error))
        case TimeoutError():
            return DatabaseBusyError("the statement took too long")
        case _:
            return DatabaseUnreachableError(_said(error)) if _is_lost(error, connection) else error
