"""What can go wrong at the database, in words that are the same for both engines.

Drivers' own errors are replaced, not chained: PostgreSQL writes the values of the refused row into its messages, and
those must not reach a log.
"""

from __future__ import annotations

from enum import StrEnum


class DatabaseError(Exception):
    """Something went wrong at the database; the subclasses say what."""


class DatabaseNotStartedError(DatabaseError):
    """The node was asked before ``start()`` or after ``stop()``, or the task has no current node."""


class DatabaseBusyError(DatabaseError):
    """Another task or process was writing for longer than we are willing to wait."""


class DatabaseFullError(DatabaseError):
    """There is no room left where the database is."""


class DatabaseReadOnlyError(DatabaseError):
    """The database cannot be written: a read-only file, or a standby."""


class DatabaseDamagedError(DatabaseError):
    """The file cannot be read or written as a database: the disk fails, or it is not one."""


class DatabaseUnreachableError(DatabaseError):
    """The server could not be reached or went away; nothing of the transaction was written."""


class CommitUnknownError(DatabaseError):
    """The connection broke while COMMIT was on its way: it may have been written or not. Never retried here."""


class TransactionConflictError(DatabaseError):
    """A deadlock or a serialization failure: the database rolled this transaction back so that another could go on."""


class TransactionAbortedError(DatabaseError):
    """The transaction had already failed inside, so COMMIT would have written nothing, or half."""


class BackupError(DatabaseError):
    """A backup cannot be made, or cannot be restored where it was asked to.

    The sentence is what the operator who typed the command reads: plain Spanish, why and what to do.
    """


class Wall(StrEnum):
    """The kinds of constraint a row can run into."""

    UNIQUE = "unique"
    FOREIGN_KEY = "foreign key"
    NOT_NULL = "not null"
    CHECK = "check"


class ConstraintError(DatabaseError):
    """A row ran into a wall. ``name`` is what the engine calls it: an index, or on SQLite mostly table and columns."""

    def __init__(self, wall: Wall, name: str) -> None:
        super().__init__(f"{wall} constraint refused the row: {name}")
        self.wall = wall
        self.name = name
