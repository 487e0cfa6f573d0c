"""A transaction that belongs to one task, the same for both engines: who owns it, joining, savepoints, and a way out
that always ends it. The engines say how to begin, to write and to give up.

Piccolo 1.38 keeps the open transaction in a context variable, which every task started inside inherits, and leaves it
there when COMMIT or ROLLBACK fails. Here it is kept by task, and taken away whatever happens.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from piccolo.engine.base import BaseTransaction, validate_savepoint_name
from piccolo.engine.exceptions import TransactionError

from portal.database.errors import TransactionAbortedError

if TYPE_CHECKING:
    from portal.database.engine import TaskEngine


class Savepoint:
    """A place inside a transaction to go back to."""

    def __init__(self, name: str, transaction: NodeTransaction) -> None:
        validate_savepoint_name(name)
        self.name = name
        self.transaction = transaction
        self.doomed_before = transaction.doomed

    async def rollback_to(self) -> None:
        """Take back what was written since; what a joined block left half done since is gone with it."""
        self.transaction.forget_put_off()
        await self.transaction.execute(f"ROLLBACK TO SAVEPOINT {self.name}")
        self.transaction.doomed = self.doomed_before

    async def release(self) -> None:
        await self.transaction.execute(f"RELEASE SAVEPOINT {self.name}")


class NodeTransaction(BaseTransaction):
    """``async with`` begins it, or joins the one that the task has open already.

    An error that leaves a joined block dooms the whole transaction: if the outer block swallows it, COMMIT is refused
    with TransactionAbortedError, because the joined block may have written half of what it wanted.
    """

    __slots__ = ("_afterwards", "_allow_nested", "_ended", "_engine", "_parent", "_savepoints", "_task", "doomed")

    def __init__(self, engine: TaskEngine, *, allow_nested: bool = True) -> None:
        self._engine = engine
        self._allow_nested = allow_nested
        self._parent: NodeTransaction | None = None
        self._task: asyncio.Task[object] | None = None
        self._savepoints = 0
        self.doomed = False  # a joined block failed
        self._ended = False
        self._afterwards: list[Callable[[], None]] = []

    @abstractmethod
    async def execute(self, sql: str, *args: object) -> list[dict[str, object]]:
        """Run one statement inside this transaction."""

    @abstractmethod
    async def write_along(self, sql: str, *args: object) -> None:
        """Run a write whose outcome nothing waits for, with ``{}`` placeholders, now or put off (node.py)."""

    async def settle(self) -> None:
        """Write what was put off."""

    def forget_put_off(self) -> None:
        """Do not write it."""

    @abstractmethod
    async def _begin(self) -> None:
        """Begin. When it raises, nothing is left behind."""

    @abstractmethod
    async def _commit(self) -> None:
        """Write."""

    @abstractmethod
    async def _give_up(self) -> None:
        """Roll back if there is still something to roll back; never raises anything but a cancellation."""

    @abstractmethod
    async def _leave(self) -> None:
        """Give the connection or the lock back, in whatever state it is."""

    @property
    def ended(self) -> bool:
        """Whether it was committed or rolled back already."""
        return self._ended

    async def __aenter__(self) -> NodeTransaction:
        parent = self._engine.open_transaction()
        if parent is not None:
            if not self._allow_nested:
                raise TransactionError("A transaction is already active in this task.")
            self._parent = parent
            return parent
        await self._begin()
        self._task = self._engine.claim(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        if self._parent is not None:
            self._parent.doomed = self._parent.doomed or error is not None
            return False
        try:
            if error is not None:
                await self._end_with_rollback()
            elif self.doomed and not self._ended:
                await self._end_with_rollback()
                raise TransactionAbortedError("a block inside this transaction failed and its error was swallowed")
            else:
                await self.commit()
        finally:
            self._engine.forget(self._task)
            await self._leave()
        return False

    async def _end_with_rollback(self) -> None:
        if not self._ended:
            self._ended = True
            await self._give_up()

    async def commit(self) -> None:
        """Write now, before the block ends. Does nothing when it has ended already."""
        if self._ended:
            return
        self._ended = True
        try:
            await self._commit()
        except BaseException:
            await self._give_up()
            raise
        for call in self._afterwards:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have it called as soon as this transaction is written; never, if it is not."""
        self._afterwards.append(call)

    async def rollback(self) -> None:
        """Take everything back now, before the block ends."""
        await self._end_with_rollback()

    async def savepoint(self, name: str | None = None) -> Savepoint:
        """Mark a place to go back to, e.g. before a row that may run into a wall, which ends PostgreSQL's."""
        self._savepoints += 1
        point = Savepoint(name or f"savepoint_{self._savepoints}", self)
        await self.execute(f"SAVEPOINT {point.name}")
        return point

    async def rollback_to(self, savepoint_name: str) -> None:
        """Go back to a savepoint by its name."""
        await Savepoint(savepoint_name, self).rollback_to()
