"""A PostgreSQL database out into a zip and in again: ``manifest.json``, and COPY's text of each table."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from portal.database.errors import BackupError, DatabaseUnreachableError
from portal.database.migrate import migrate, names_of_migrations
from portal.database.node import open_node

if TYPE_CHECKING:
    Connection = asyncpg.Connection[Any]

_FORMAT = 1
_CHUNK = 256 * 1024
_COLUMNS = """
SELECT c.relname AS "table", array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attgenerated = '' GROUP BY c.relname ORDER BY c.relname
"""
_REFERENCES = """
SELECT conrelid::regclass::text AS "table", quote_ident(conname) AS name
FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""


class TableCopy(msgspec.Struct, frozen=True):
    """One table of a backup."""

    name: str
    columns: list[str]
    rows: int


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    migrations: list[str]
    tables: list[TableCopy]


async def copy_out(url: str, target: Path) -> None:
    """Write all tables, as of one instant, into a zip. Raises DatabaseUnreachableError, BackupError."""
    connection = await _connected(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            tables = {row["table"]: list(row["columns"]) for row in await connection.fetch(_COLUMNS)}
            if "migration" not in tables:
                raise BackupError("no hay nada que copiar: esta base de datos no tiene tablas. Revisa DATABASE_URL")
            ran = await connection.fetch("SELECT name FROM migration WHERE app_name = 'portal' ORDER BY name")
            del tables["migration"]
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                copies = [await _copy_table(connection, archive, name, columns) for name, columns in tables.items()]
                manifest = Manifest(_FORMAT, [row["name"] for row in ran], copies)
                archive.writestr("manifest.json", msgspec.json.encode(manifest))
    finally:
        await connection.close()


async def copy_in(source: Path, url: str) -> None:
    """Migrate an empty database as far as the backup was, and fill it, in one transaction. Raises BackupError."""
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = msgspec.json.decode(archive.read("manifest.json"), type=Manifest)
            if manifest.format != _FORMAT or not set(manifest.migrations) <= set(names_of_migrations()):
                raise BackupError(f"{source} la hizo una versión más nueva de este programa: actualízalo y repite")
            if damaged := archive.testzip():
                raise BackupError(f"{source} está dañada ({damaged}): usa otra copia")
            await _fill(archive, manifest, url)
    except FileNotFoundError:
        raise BackupError(f"no existe el archivo {source}: revisa su nombre y su carpeta") from None
    except (zipfile.BadZipFile, zlib.error, KeyError, msgspec.DecodeError):
        raise BackupError(
            f"{source} no es una copia de una base PostgreSQL, o está dañada: usa otra. "
            "Si es de SQLite, pon esa base en DATABASE_URL"
        ) from None


async def _fill(archive: zipfile.ZipFile, manifest: Manifest, url: str) -> None:
    connection = await _connected(url)
    try:
        if await connection.fetch(_COLUMNS):
            raise BackupError("la base de datos ya tiene tablas: crea una vacía, ponla en DATABASE_URL y repite")
        await migrate(open_node("restored", url), only=manifest.migrations)
        async with connection.transaction():
            # Rows arrive table by table, so what they refer to may come later.
            references = await connection.fetch(_REFERENCES)
            for row in references:
                await _alter(connection, row, "DEFERRABLE INITIALLY DEFERRED")
            if manifest.tables:  # migrations may have brought rows
                await connection.execute(f"TRUNCATE {_quoted([table.name for table in manifest.tables])}")
            for table in manifest.tables:
                await _fill_table(connection, archive, table)
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for row in references:
                await _alter(connection, row, "NOT DEFERRABLE")
    except asyncpg.PostgresError as error:
        raise BackupError(
            f"la copia no entra en la base de datos ({type(error).__name__}): créala de nuevo, vacía, y repite; "
            "si sigue, usa otra copia"
        ) from None
    finally:
        await connection.close()


async def _copy_table(connection: Connection, archive: zipfile.ZipFile, name: str, columns: list[str]) -> TableCopy:
    with archive.open(f"{name}.copy", "w", force_zip64=True) as member:

        async def take(data: bytes) -> None:
            member.write(data)

        query = f"SELECT {_quoted(columns)} FROM {_quoted([name])}"  # noqa: S608  # names from the database's own catalogue
        status = await connection.copy_from_query(query, output=take)
    return TableCopy(name, columns, int(status.rpartition(" ")[2]))


async def _fill_table(connection: Connection, archive: zipfile.ZipFile, table: TableCopy) -> None:
    async def give() -> AsyncIterator[bytes]:
        with archive.open(f"{table.name}.copy") as member:
            while chunk := member.read(_CHUNK):
                yield chunk

    status = await connection.copy_to_table(table.name, source=give(), columns=table.columns)
    if status != f"COPY {table.rows}":
        raise BackupError(f"la copia está dañada: en la tabla {table.name} no están todas las filas. Usa otra copia")
    for column in table.columns:
        sequence = await connection.fetchval("SELECT pg_get_serial_sequence($1, $2)", _quoted([table.name]), column)
        if sequence is not None:
            highest = f"SELECT max({_quoted([column])}) FROM {_quoted([table.name])}"  # noqa: S608  # as above
            await connection.execute(f"SELECT setval('{sequence}', coalesce(({highest}), 1))")


async def _alter(connection: Connection, reference: asyncpg.Record, how: str) -> None:
    await connection.execute(f"ALTER TABLE {reference['table']} ALTER CONSTRAINT {reference['name']} {how}")


async def _connected(url: str) -> Connection:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (asyncpg.PostgresError, OSError, TimeoutError) as error:
        raise DatabaseUnreachableError(f"PostgreSQL cannot be reached: {type(error).__name__}") from None


def _quoted(names: list[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)
