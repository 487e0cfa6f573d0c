"""A SQLite file out and in again. Both functions run in a thread: SQLite lets go of the interpreter while it copies."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from portal.database.errors import BackupError
from portal.database.migrate import names_of_migrations
from portal.database.sqlite import Driver, SQLiteNodeEngine

_WAIT_SECONDS = 30.0


def copy_file(engine: SQLiteNodeEngine, target: Path) -> None:
    """Write a copy, as of one instant, into an empty file, and check it; of an encrypted file it is as encrypted.

    Raises BackupError.
    """
    if not engine.path.exists():
        raise BackupError(f"no existe la base de datos {engine.path}: revisa CITAS_DATA y DATABASE_URL")
    with closing(engine.connect(timeout_seconds=_WAIT_SECONDS)) as connection:
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except engine.driver.DatabaseError as error:
            raise BackupError(
                f"no se pudo copiar {engine.path}: revisa que haya espacio en el disco y repite la copia ({error})"
            ) from None
    _check(target, engine.driver)


def load_file(source: Path, engine: SQLiteNodeEngine) -> None:
    """Copy a checked backup into an empty or missing database, in one transaction. Raises BackupError."""
    if not source.is_file():
        raise BackupError(f"no existe el archivo {source}: revisa su nombre y su carpeta")
    if not _check(source, engine.driver) <= set(names_of_migrations()):
        raise BackupError(f"{source} la hizo una versión más nueva de este programa: actualízalo y repite")
    engine.create_file()
    with (
        closing(engine.connect(timeout_seconds=_WAIT_SECONDS)) as target,
        closing(_opened(source, engine.driver)) as copy,
    ):
        if target.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            raise BackupError(
                f"la base de datos {engine.path} ya tiene datos: restaura en una nueva. "
                "Aparta ese archivo, o pon otra en DATABASE_URL"
            )
        copy.backup(target)


def _check(path: Path, driver: Driver) -> set[str]:
    """Read all of it and say which migrations it has seen."""
    try:
        with closing(_opened(path, driver)) as connection:
            faults = connection.execute("PRAGMA integrity_check(1)").fetchall()
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
            ran = connection.execute("SELECT name FROM migration WHERE app_name = 'portal'").fetchall()
    except driver.DatabaseError:
        raise BackupError(
            f"{path} no es una copia de una base SQLite, está dañada o no se puede leer: usa otra. "
            "Si es de PostgreSQL, pon esa base en DATABASE_URL"
        ) from None
    if faults != [("ok",)] or dangling is not None:
        raise BackupError(f"{path} está dañada: usa otra copia")
    return {name for (name,) in ran}


def _opened(path: Path, driver: Driver) -> sqlite3.Connection:
    return driver.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
