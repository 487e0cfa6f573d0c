"""The kiosk's file, encrypted at rest: SQLCipher in the place of sqlite3.

Pages, WAL and journal hold cipher text alone (AES-256, a MAC for each page). The key is 32 random bytes, used as they
are, so that opening a connection costs no derivation of a password.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2

from portal.database.errors import DatabaseError
from portal.database.node import Node
from portal.database.sqlite import SQLiteNodeEngine

KEY_BYTES: Final = 32
_NOT_READABLE: Final = "file is not a database"


class WrongKeyError(DatabaseError):
    """The file is not encrypted with this key; also when it is damaged, or not encrypted at all."""


class SqlCipher:
    """A driver whose connections have the key before anything else happens on them."""

    DatabaseError: type[Exception] = dbapi2.DatabaseError
    sqlite_version_info: tuple[int, int, int] = dbapi2.sqlite_version_info
    register_adapter = staticmethod(dbapi2.register_adapter)
    register_converter = staticmethod(dbapi2.register_converter)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key must have {KEY_BYTES} bytes")
        self._key = key

    def connect(self, database: str, **options: Any) -> sqlite3.Connection:
        """Open a connection with the key. Raises WrongKeyError."""
        connection: sqlite3.Connection = dbapi2.connect(database, **options)
        try:
            connection.execute("PRAGMA cipher_log_level = NONE")  # what is wrong is said once, by us
            connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except dbapi2.DatabaseError as error:
            if str(error) == _NOT_READABLE:
                connection.close()
                raise WrongKeyError(f"{database}: its key is not the one that it was encrypted with") from None
            # Another process is in the way: the first statement meets it again, patiently.
        return connection


def open_kiosk_node(path: Path, key: bytes) -> Node:
    """Describe the kiosk's node in its encrypted file; opens nothing yet."""
    return Node("kiosk", SQLiteNodeEngine(path, driver=SqlCipher(key)))
