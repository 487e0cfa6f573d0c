"""The statements that a booking runs, as the drivers get them: recorded once, to be run again without anything else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest.mock import patch

import asyncpg

Statement = tuple[str, tuple[Any, ...]]


@dataclass(slots=True)
class Recording:
    """One list of statements for each booking, in the order in which they ran."""

    bookings: list[list[Statement]] = field(default_factory=list)

    def begin_booking(self) -> None:
        """What follows in this task belongs to the next booking."""
        statements: list[Statement] = []
        self.bookings.append(statements)
        _current.set(statements)


_current: ContextVar[list[Statement] | None] = ContextVar("current_booking", default=None)


def _note(sql: str, args: tuple[Any, ...]) -> None:
    statements = _current.get()
    if statements is not None:
        statements.append((sql, args))


class _RecordingConnection(sqlite3.Connection):
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        _note(sql, tuple(parameters))
        return super().execute(sql, parameters)


def recording_sqlite() -> ModuleType:
    """``sqlite3``, but its connections note what they run."""
    module = ModuleType("recording_sqlite3")
    module.__dict__.update(sqlite3.__dict__)

    def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        return sqlite3.connect(*args, factory=_RecordingConnection, **kwargs)

    module.__dict__["connect"] = connect
    return module


@contextmanager
def recording_asyncpg() -> Iterator[None]:
    """Let asyncpg's connections note what they run meanwhile."""
    fetch, execute = asyncpg.Connection.fetch, asyncpg.Connection.execute

    async def noting_fetch(self: Any, sql: str, *args: Any, **kwargs: Any) -> Any:
        _note(sql, args)
        return await fetch(self, sql, *args, **kwargs)

    async def noting_execute(self: Any, sql: str, *args: Any, **kwargs: Any) -> Any:
        _note(sql, args)
        return await execute(self, sql, *args, **kwargs)

    with (
        patch.object(asyncpg.Connection, "fetch", noting_fetch),
        patch.object(asyncpg.Connection, "execute", noting_execute),
    ):
        yield
