"""SQLite's errors in our words: by their code, or by their text where a driver keeps the code to itself."""

from __future__ import annotations

import sqlite3

from portal.database.errors import (
    ConstraintError,
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseError,
    DatabaseFullError,
    DatabaseReadOnlyError,
    DatabaseUnreachableError,
    Wall,
)

_WALLS = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: Wall.UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: Wall.UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_ROWID: Wall.UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: Wall.FOREIGN_KEY,
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: Wall.NOT_NULL,
    sqlite3.SQLITE_CONSTRAINT_CHECK: Wall.CHECK,
    sqlite3.SQLITE_CONSTRAINT_TRIGGER: Wall.CHECK,
}
_KINDS: dict[int, type[DatabaseError]] = {
    sqlite3.SQLITE_BUSY: DatabaseBusyError,
    sqlite3.SQLITE_LOCKED: DatabaseBusyError,
    sqlite3.SQLITE_FULL: DatabaseFullError,
    sqlite3.SQLITE_READONLY: DatabaseReadOnlyError,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnreachableError,
    sqlite3.SQLITE_NOTADB: DatabaseDamagedError,
    sqlite3.SQLITE_CORRUPT: DatabaseDamagedError,
    sqlite3.SQLITE_IOERR: DatabaseDamagedError,
}
_TEXTS = {
    "UNIQUE constraint failed": sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    "FOREIGN KEY constraint failed": sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
    "NOT NULL constraint failed": sqlite3.SQLITE_CONSTRAINT_NOTNULL,
    "CHECK constraint failed": sqlite3.SQLITE_CONSTRAINT_CHECK,
    "database is locked": sqlite3.SQLITE_BUSY,
    "database table is locked": sqlite3.SQLITE_LOCKED,
    "database or disk is full": sqlite3.SQLITE_FULL,
    "attempt to write a readonly database": sqlite3.SQLITE_READONLY,
    "unable to open database file": sqlite3.SQLITE_CANTOPEN,
    "file is not a database": sqlite3.SQLITE_NOTADB,
    "database disk image is malformed": sqlite3.SQLITE_CORRUPT,
    "disk I/O error": sqlite3.SQLITE_IOERR,
}
_PRIMARY_CODE = 0xFF  # the low byte of an extended result code


def translated(error: Exception) -> Exception:
    """The named error that says the same, else the error itself."""
    text = str(error)
    code: int = getattr(error, "sqlite_errorcode", 0)
    if code in {0, sqlite3.SQLITE_CONSTRAINT}:  # no code, or one that does not say which constraint
        code = _TEXTS.get(text.partition(": ")[0], 0)
    if code in _WALLS:
        return ConstraintError(_WALLS[code], text.rpartition(": ")[2])
    kind = _KINDS.get(code & _PRIMARY_CODE)
    return kind(text) if kind is not None else error
