"""Backup and restore of a node, consistent while it serves.

SQLite: a compact copy of the file (deleted rows are not in it). PostgreSQL: a zip of one COPY per table, out of one
snapshot, with the names of the migrations; it needs no client programs and does not mind the server's version. Both
hold personal data, so they are readable by their owner alone, and appear under their name when complete and on disk.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.database.backup_postgres import copy_in, copy_out
from portal.database.backup_sqlite import copy_file, load_file
from portal.database.errors import BackupError
from portal.database.migrate import migrate
from portal.database.node import Node, open_node
from portal.database.sqlite import SQLiteNodeEngine


async def backup(node: Node, target: Path) -> None:
    """Write the node's database, as it is at one instant, to a file (mode 0600), whether the node is serving or not.

    Replaces an older file of that name. Raises BackupError, DatabaseUnreachableError, OSError.
    """
    engine = node.engine
    with _private_file(target) as unfinished:
        if isinstance(engine, SQLiteNodeEngine):
            await asyncio.to_thread(copy_file, engine, unfinished)
        else:
            await copy_out(engine.url, unfinished)


def require_database(node: Node) -> None:
    """Raises BackupError when the node's file is not there; opening it would make one."""
    engine = node.engine
    if isinstance(engine, SQLiteNodeEngine) and not engine.path.exists():
        raise BackupError(f"no existe la base de datos {engine.path}: revisa CITAS_DATA y DATABASE_URL")


async def restore(source: Path, database_url: str) -> None:
    """Fill an empty database from a backup of the same engine and bring it up to this program's tables.

    Raises BackupError when the database is not empty, or the file is missing, damaged, of the other engine, or of a
    newer program. After a failure on PostgreSQL the database may hold empty tables: drop it before the next attempt.
    """
    node = open_node("restored", database_url)
    engine = node.engine
    if isinstance(engine, SQLiteNodeEngine):
        await asyncio.to_thread(load_file, source, engine)
    else:
        await copy_in(source, database_url)
    await migrate(node)


@contextmanager
def _private_file(target: Path) -> Iterator[Path]:
    if not target.parent.is_dir():
        raise BackupError(f"no existe la carpeta {target.parent}: créala o elige otra")
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield unfinished
        _to_disk(unfinished)
        unfinished.replace(target)
        _to_disk(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
