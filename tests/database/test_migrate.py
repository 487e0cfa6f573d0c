"""Migrations run by the program itself: from empty, again, at once from two processes, and when one fails."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest
from piccolo.apps.migrations.auto.diffable_table import DiffableTable
from piccolo.apps.migrations.auto.schema_differ import SchemaDiffer
from piccolo.apps.migrations.auto.schema_snapshot import SchemaSnapshot
from piccolo.apps.migrations.commands.base import BaseMigrationManager

from portal.database.errors import ConstraintError
from portal.database.migrate import MigrationError, migrate, names_of_migrations
from portal.database.node import Node, fetch, open_node, use_node
from portal.piccolo_app import APP_CONFIG
from tests.database.rows import add_center, versions
from tests.databases import ENGINES, NewDatabase

SECOND = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from portal.database.node import fetch

ID = "9999-01-01T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a test's own"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run():
        await fetch('CREATE TABLE "left_over" ("id" INTEGER)')
        await fetch({statement!r})

    manager.add_raw(run)
    return manager
"""


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:
    return new_database(request.param, migrated=False)


@pytest.fixture
def broken_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A package of migrations to write a bad one into."""
    package = tmp_path / "bad_migrations"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield package, "bad_migrations"
    for name in [name for name in sys.modules if name.startswith("bad_migrations")]:
        del sys.modules[name]


async def test_from_empty_and_again(empty_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    node = open_node("portal", empty_url)
    assert await migrate(node) == names_of_migrations()
    assert await migrate(node) == []
    assert capfd.readouterr() == ("", "")
    await node.start()
    with use_node(node):
        await add_center()
        assert await versions() == [0]
    await node.stop()


async def test_every_table_and_column_of_the_program_is_there(node: Node) -> None:
    for table in APP_CONFIG.table_classes:
        names = ", ".join(f'"{column._meta.db_column_name}"' for column in table._meta.columns)
        assert await fetch(f'SELECT {names} FROM "{table._meta.tablename}" LIMIT 1') == []  # noqa: S608  # our own tables


async def test_the_migrations_say_all_that_the_tables_say(sqlite_node: Node) -> None:
    """What Piccolo would generate from the tables now is nothing."""
    managers = await BaseMigrationManager().get_migration_managers(app_config=APP_CONFIG)
    snapshot = SchemaSnapshot(managers).get_snapshot()
    tables = [
        DiffableTable(
            class_name=table.__name__, tablename=table._meta.tablename, columns=table._meta.non_default_columns
        )
        for table in APP_CONFIG.table_classes
    ]
    differ = SchemaDiffer(schema=tables, schema_snapshot=snapshot, auto_input="y")
    assert [change.statements for change in differ.get_alter_statements() if change.statements] == []


@pytest.mark.parametrize("started", [False, True])
async def test_a_serving_node_sees_its_new_tables(empty_url: str, *, started: bool) -> None:
    node = open_node("portal", empty_url)
    if started:
        await node.start()
    await migrate(node)
    await node.start()
    with use_node(node):
        await add_center()
        assert await versions() == [0]
    await node.stop()


async def test_two_processes_at_once_migrate_once(empty_url: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from portal.database.migrate import migrate\n"
        "from portal.database.node import open_node\n"
        "print(len(asyncio.run(migrate(open_node('portal', sys.argv[1])))))\n"
    )
    command = [sys.executable, "-W", "error", "-c", program, empty_url]
    processes = [await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE) for _ in range(3)]
    answers = [await process.communicate() for process in processes]
    expected = sorted([b"0\n", b"0\n", f"{len(names_of_migrations())}\n".encode()])
    assert sorted(out for out, _ in answers) == expected, answers
    node = open_node("portal", empty_url)
    await node.start()
    with use_node(node):
        assert len(await fetch("SELECT name FROM migration")) == len(names_of_migrations())
    await node.stop()


async def test_a_migration_that_fails_leaves_nothing(node: Node, broken_package: tuple[Path, str]) -> None:
    folder, package = broken_package
    (folder / "second.py").write_text(SECOND.format(statement="INSERT INTO nowhere VALUES (1)"))
    with pytest.raises(Exception, match="nowhere"):
        await migrate(node, package)
    with pytest.raises(Exception, match="left_over"):
        await fetch("SELECT * FROM left_over")
    assert len(await fetch("SELECT name FROM migration")) == len(names_of_migrations())


async def test_sqlite_rebuilds_a_table_without_losing_what_points_to_it(
    sqlite_node: Node, broken_package: tuple[Path, str]
) -> None:
    folder, package = broken_package
    await fetch("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    await fetch("CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id) ON DELETE CASCADE)")
    await fetch("INSERT INTO parent VALUES (1)")
    await fetch("INSERT INTO child VALUES (1, 1)")
    (folder / "second.py").write_text(SECOND.format(statement="DROP TABLE parent"))
    with pytest.raises(MigrationError):  # child 1 would point to nothing
        await migrate(sqlite_node, package)
    assert await fetch("SELECT * FROM child") == [{"id": 1, "parent": 1}]
    (folder / "second.py").write_text(
        SECOND.format(statement="CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT)").replace(
            "    manager.add_raw(run)",
            "        await fetch('INSERT INTO new_parent (id) SELECT id FROM parent')\n"
            "        await fetch('DROP TABLE parent')\n"
            "        await fetch('ALTER TABLE new_parent RENAME TO parent')\n\n    manager.add_raw(run)",
        )
    )
    for name in [name for name in sys.modules if name.startswith("bad_migrations")]:
        del sys.modules[name]
    await migrate(sqlite_node, package)
    assert await fetch("SELECT * FROM child") == [{"id": 1, "parent": 1}]
    with pytest.raises(ConstraintError):
        await fetch("INSERT INTO child VALUES (2, 7)")


async def test_what_an_older_program_wrote_gets_its_stamp(empty_url: str) -> None:
    """Whoever remembers the calendar must be able to tell one installation's rows from another's."""
    node = open_node("portal", empty_url)
    await migrate(node, only=[name for name in names_of_migrations() if name < "2026-11-23T17:20"])
    await node.start()
    with use_node(node):
        await add_center()
        await migrate(node)
        first = await fetch('SELECT "stamp" FROM "almanac"')
        assert [len(row["stamp"]) >= 32 for row in first] == [True]
        await fetch('UPDATE "center" SET "version" = 1')
        assert await fetch('SELECT "stamp" FROM "almanac"') == first
        await fetch('UPDATE "center" SET "name" = {}', "Otra")
        assert await fetch('SELECT "stamp" FROM "almanac"') != first
    await node.stop()
