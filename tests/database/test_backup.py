"""A backup taken while the node serves, and what a restore makes of it."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from portal.database.backup import backup, restore
from portal.database.errors import BackupError
from portal.database.migrate import migrate, names_of_migrations
from portal.database.node import Node, fetch, open_node, transaction, use_node
from portal.tables.centers import Center
from portal.tables.notices import OutboxMessage
from portal.tables.web import Visit
from tests.database.rows import NOON, add_center, attempts, raise_version, versions
from tests.databases import ENGINES, NewDatabase

AWKWARD = 'tab\t, newline\n, \\N, \\., back\\slash, "quoted", ñandú, 🇵🇪, {"json": null}'


def engine_of(node: Node) -> str:
    return "sqlite" if node.engine.engine_type == "sqlite" else "postgresql"


def names_in(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


@asynccontextmanager
async def restored(source: Path, url: str) -> AsyncIterator[Node]:
    """The backup, restored and in use."""
    await restore(source, url)
    node = open_node("restored", url)
    await node.start()
    try:
        with use_node(node):
            yield node
    finally:
        await node.stop()


async def test_every_table_comes_back_as_it_was(node: Node, new_database: NewDatabase, tmp_path: Path) -> None:
    await add_center("ñ")
    await Visit.insert(
        Visit(key=AWKWARD[:64], seat=uuid4(), draft='{"motive": "tab\\t"}', expires_at=NOON),
        Visit(key="plain", expires_at=NOON.replace(microsecond=123456)),
    )
    await Center.update({Center.reference: AWKWARD}, force=True)
    before = {table: await table.select().order_by(table._meta.primary_key) for table in (Center, Visit, OutboxMessage)}
    await backup(node, tmp_path / "copy")
    async with restored(tmp_path / "copy", new_database(engine_of(node), migrated=False)):
        for table, rows in before.items():
            assert await table.select().order_by(table._meta.primary_key) == rows
        await raise_version()
        assert await versions() == [1]
        assert [row["name"] for row in await fetch("SELECT name FROM migration ORDER BY name")] == names_of_migrations()


async def test_a_backup_is_of_one_instant_though_others_write(
    node: Node, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Two rows and a line of a journal always change together; in the copy they agree."""
    await add_center("a")
    await add_center("b")
    filler = [Visit(key=f"{number:064}", draft='"' + "x" * 2000 + '"', expires_at=NOON) for number in range(1500)]
    await Visit.insert(*filler)
    begun, stop = asyncio.Event(), asyncio.Event()
    written = 0

    async def serve() -> None:
        nonlocal written
        while not stop.is_set():
            written += 1
            async with transaction():
                await fetch("UPDATE center SET version = version + 1 WHERE code = 'b'")
                await Visit.insert(Visit(key=f"journal {written}", expires_at=NOON))
                await fetch("UPDATE center SET version = version + 1 WHERE code = 'a'")
            begun.set()
            await asyncio.sleep(0)

    serving = asyncio.create_task(serve())
    await begun.wait()
    before = written
    await backup(node, tmp_path / "copy")
    after = written
    stop.set()
    await serving
    assert after > before + 1  # it went on serving meanwhile
    async with restored(tmp_path / "copy", new_database(engine_of(node), migrated=False)):
        first, second = await versions()
        (lines,) = await fetch("SELECT count(*) AS found FROM visit WHERE key LIKE 'journal%'")
        assert before - 1 <= first == second == lines["found"] <= after


async def test_it_is_its_owners_alone_and_replaces_the_older_one(node: Node, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_text("the one of yesterday")
    target.chmod(0o644)
    await backup(node, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.stat().st_size > 1000
    assert names_in(tmp_path) == [target.name]


async def test_a_failed_backup_leaves_the_older_one_alone(new_database: NewDatabase, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_text("the one of yesterday")
    missing = open_node("portal", f"sqlite:///{tmp_path}/missing.db")
    never_migrated = open_node("portal", new_database("postgresql", migrated=False))
    for node in (missing, never_migrated):
        with pytest.raises(BackupError):
            await backup(node, target)
    assert names_in(tmp_path) == [target.name]
    assert target.read_text() == "the one of yesterday"


async def test_a_node_that_is_not_started_can_be_backed_up(node_url: str, tmp_path: Path) -> None:
    await backup(open_node("portal", node_url), tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_size > 1000


async def test_a_restore_refuses_a_database_with_something_in_it(node: Node, node_url: str, tmp_path: Path) -> None:
    await add_center()
    await backup(node, tmp_path / "copy")
    await raise_version()
    with pytest.raises(BackupError, match=r"ya tiene (datos|tablas)"):
        await restore(tmp_path / "copy", node_url)
    assert await versions() == [1]


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_restore_refuses_what_is_no_backup(engine: str, new_database: NewDatabase, tmp_path: Path) -> None:
    source = tmp_path / "copy"
    url = new_database(engine, migrated=False)
    with pytest.raises(BackupError, match="no existe el archivo"):
        await restore(source, url)
    source.write_bytes(b"PK nothing of the kind" * 50)
    with pytest.raises(BackupError, match="no es una copia"):
        await restore(source, url)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_restore_refuses_the_other_engines_backup(
    engine: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    await backup(open_node("portal", new_database(engine)), tmp_path / "copy")
    other = next(name for name in ENGINES if name != engine)
    with pytest.raises(BackupError):
        await restore(tmp_path / "copy", new_database(other, migrated=False))


async def test_a_restore_notices_damage(node: Node, new_database: NewDatabase, tmp_path: Path) -> None:
    await add_center()
    await Visit.insert(*(Visit(key=f"{uuid4()}", expires_at=NOON) for _ in range(300)))
    await backup(node, tmp_path / "copy")
    whole = (tmp_path / "copy").read_bytes()
    middle = len(whole) // 2
    (tmp_path / "copy").write_bytes(
        whole[:middle] + bytes(byte ^ 0xFF for byte in whole[middle : middle + 3000]) + whole[middle + 3000 :]
    )
    with pytest.raises(BackupError):
        await restore(tmp_path / "copy", new_database(engine_of(node), migrated=False))


async def test_a_backup_of_an_older_program_is_brought_up_to_date(
    node: Node, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Made before the last migration: the restore runs it."""
    engine = engine_of(node)
    first = names_of_migrations()[:1]
    old = open_node("old", new_database(engine, migrated=False))
    assert await migrate(old, only=first) == first
    await old.start()
    with use_node(old):  # its tables lack what later ones have
        await fetch(
            'INSERT INTO "center" ("id", "code", "name", "address", "reference", "ubigeo", "phone", "email", "active", '
            "\"version\") VALUES ({}, 'central', 'Sede', '', '', '150113', '', '', {}, 0)",
            *(uuid4(), True),
        )
    await old.stop()
    await backup(old, tmp_path / "copy")
    async with restored(tmp_path / "copy", new_database(engine, migrated=False)):
        assert await versions() == [0]
        assert len(await fetch("SELECT name FROM migration")) == len(names_of_migrations())


async def test_a_backup_of_a_newer_program_is_refused(node: Node, new_database: NewDatabase, tmp_path: Path) -> None:
    await fetch(
        "INSERT INTO migration (name, app_name, ran_on) "
        "VALUES ('9999-from-the-future', 'portal', '2027-01-01 00:00:00')"
    )
    await backup(node, tmp_path / "copy")
    with pytest.raises(BackupError, match="más nueva"):
        await restore(tmp_path / "copy", new_database(engine_of(node), migrated=False))


async def test_deleted_rows_are_not_in_a_sqlite_backup(sqlite_node: Node, tmp_path: Path) -> None:
    await Visit.insert(Visit(key="somebody who asked to be forgotten", expires_at=NOON))
    await Visit.delete(force=True)
    await backup(sqlite_node, tmp_path / "copy")
    assert b"asked to be forgotten" not in (tmp_path / "copy").read_bytes()
    assert await attempts() == 0
