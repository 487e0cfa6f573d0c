"""Bring a node's database up to this program's tables: Piccolo's migrations, all or none, one process at a time."""

from __future__ import annotations

import io
from collections.abc import Collection
from contextlib import redirect_stdout
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration

from portal.database.engine import TaskEngine
from portal.database.errors import DatabaseError
from portal.database.node import Node, use_node
from portal.database.postgres import PostgresNodeEngine
from portal.database.sqlite import SQLiteNodeEngine

PACKAGE = "portal.piccolo_migrations"

_PATIENCE_SECONDS = 120.0  # another process may be migrating
_LOCK = 5_021_986_340_771  # any number that nobody else takes for an advisory lock


class MigrationError(DatabaseError):
    """The migrations left the database in a state that it must not be in; nothing was kept."""


async def migrate(
    node: Node, package: str = PACKAGE, app: str = "portal", only: Collection[str] | None = None
) -> list[str]:
    """Run what has not run yet and say its names; nothing, when all of it has. The node need not be started.

    ``only`` leaves out all others, for a restore of an older state.
    Uses a connection of its own: SQLite rebuilds tables only while foreign keys are not enforced; they are checked
    before COMMIT. Raises MigrationError, DatabaseBusyError, DatabaseUnreachableError.
    """
    own = Node(node.name, _engine_like(node.engine))
    try:
        await own.start()
        with use_node(own):
            if not await _missing(package, app, only):
                return []
            async with own.engine.transaction():
                if own.engine.engine_type == "postgres":
                    await own.engine.fetch(f"SELECT pg_advisory_xact_lock({_LOCK})")
                return await _run_missing(own.engine, package, app, only)
    finally:
        await own.stop()


async def is_up_to_date(node: Node) -> bool:
    """Whether all of this program's migrations have run on a started node."""
    with use_node(node):
        return not await _missing(PACKAGE, "portal", None)


def _engine_like(engine: SQLiteNodeEngine | PostgresNodeEngine) -> SQLiteNodeEngine | PostgresNodeEngine:
    if isinstance(engine, SQLiteNodeEngine):
        return engine.sibling(patience_seconds=_PATIENCE_SECONDS, foreign_keys=False)
    return PostgresNodeEngine(engine.url, pool_size=1, command_timeout_seconds=None)


def names_of_migrations(package: str = PACKAGE) -> list[str]:
    """The migrations that this program knows, in order."""
    return [str(module.ID) for module in _modules(package)]


def _modules(package: str) -> list[ModuleType]:
    found = iter_modules(import_module(package).__path__)
    return sorted((import_module(f"{package}.{each.name}") for each in found), key=lambda module: str(module.ID))


async def _missing(package: str, app: str, only: Collection[str] | None) -> list[ModuleType]:
    ran = set(await Migration.get_migrations_which_ran(app)) if await Migration.table_exists() else set()
    return [module for module in _modules(package) if module.ID not in ran and (only is None or module.ID in only)]


async def _run_missing(engine: TaskEngine, package: str, app: str, only: Collection[str] | None) -> list[str]:
    await Migration.create_table(if_not_exists=True)
    names = []
    for module in await _missing(package, app, only):
        manager = await module.forwards()
        if isinstance(manager, MigrationManager):
            with redirect_stdout(io.StringIO()):  # Piccolo prints as it goes
                await manager.run()
        await Migration.insert(Migration(name=module.ID, app_name=app))
        names.append(str(module.ID))
    if engine.engine_type == "sqlite" and await engine.fetch("PRAGMA foreign_key_check"):
        raise MigrationError("a migration left rows that point to nothing")
    return names
