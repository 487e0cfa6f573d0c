"""The kiosk's file at rest: nothing that a citizen said can be read from it without the key."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from kiosk.cipher import SqlCipher, WrongKeyError, open_kiosk_node
from kiosk.selling import sell
from portal.database.backup import backup
from portal.database.errors import BackupError, ConstraintError
from portal.database.node import fetch, transaction
from portal.documents.slip import Paper
from tests.kiosk.desk import Desk
from tests.kiosk.encrypted import KEY
from tests.people import JULIO, ROSA

ANOTHER_KEY = bytes(reversed(KEY))


def words_of_people(*codes: str) -> list[bytes]:
    """What must not be found: names, documents, contact data, codes."""
    words = [*codes]
    for person in (JULIO, ROSA):
        words += [person.document_number, person.given_names, person.first_surname, person.email, person.phone]
    return [word.encode() for word in words if word]


def found(words: list[bytes], folder: Path) -> set[bytes]:
    """Which of the words stand in plain in any file of the folder."""
    return {word for file in folder.iterdir() if file.is_file() for word in words if word in file.read_bytes()}


def kinds_of_files(folder: Path) -> set[str]:
    return {file.suffix for file in folder.iterdir()}


async def book_two(desk: Desk) -> list[str]:
    await desk.hear(leases=(desk.lease(15), desk.lease(16)))
    first = await sell(desk.order(JULIO, 15), desk.now, Paper.TICKET)
    second = await sell(desk.order(ROSA, 16), desk.now, Paper.TICKET)
    return [first.code, second.code]


async def test_no_word_of_a_citizen_is_in_the_file_or_its_wal(encrypted_desk: Desk, tmp_path: Path) -> None:
    codes = await book_two(encrypted_desk)
    assert kinds_of_files(tmp_path) == {".db", ".db-wal", ".db-shm"}
    assert found(words_of_people(*codes), tmp_path) == set()
    async with transaction():  # what is being written is not in plain either
        await fetch('UPDATE "appointment" SET "motive" = {}', "busca trabajo de soldadora")
        assert found([b"soldadora", *words_of_people(*codes)], tmp_path) == set()
    assert found([b"soldadora"], tmp_path) == set()
    await encrypted_desk.node.stop()  # all of it goes from the WAL into the file
    assert kinds_of_files(tmp_path) == {".db"}
    assert found([b"soldadora", b"SQLite format 3", *words_of_people(*codes)], tmp_path) == set()


async def test_the_journal_of_another_mode_is_encrypted_too(encrypted_desk: Desk, tmp_path: Path) -> None:
    codes = await book_two(encrypted_desk)
    await encrypted_desk.node.stop()
    connection = SqlCipher(KEY).connect(str(tmp_path / "kiosk.db"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("UPDATE appointment SET motive = 'soldadora'")
    assert (tmp_path / "kiosk.db-journal").stat().st_size > 0
    assert found([b"soldadora", *words_of_people(*codes)], tmp_path) == set()
    connection.execute("ROLLBACK")
    connection.close()


async def test_without_encryption_the_same_search_finds_them(desk: Desk, tmp_path: Path) -> None:
    codes = await book_two(desk)
    assert found(words_of_people(*codes), tmp_path) >= {code.encode() for code in codes}


async def test_another_key_says_so_and_changes_nothing(encrypted_desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "kiosk.db"
    await encrypted_desk.node.stop()
    before = path.read_bytes()
    with pytest.raises(WrongKeyError, match="its key is not the one"):
        await open_kiosk_node(path, ANOTHER_KEY).start()
    assert path.read_bytes() == before
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT 1 FROM sqlite_schema")


async def test_a_file_that_is_not_encrypted_is_refused(kiosk_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    shutil.copyfile(kiosk_template, path)
    with pytest.raises(WrongKeyError):
        await open_kiosk_node(path, KEY).start()


async def test_a_copy_is_encrypted_with_the_same_key(encrypted_desk: Desk, tmp_path: Path) -> None:
    codes = await book_two(encrypted_desk)
    folder = tmp_path / "copies"
    folder.mkdir()
    await backup(encrypted_desk.node, folder / "copy.db")
    assert found([b"SQLite format 3", *words_of_people(*codes)], folder) == set()
    connection = SqlCipher(KEY).connect(str(folder / "copy.db"))
    assert sorted(code for (code,) in connection.execute("SELECT code FROM appointment")) == sorted(codes)
    connection.close()


async def test_nothing_is_copied_with_another_key(encrypted_desk: Desk, tmp_path: Path) -> None:
    with pytest.raises((BackupError, WrongKeyError)):
        await backup(open_kiosk_node(tmp_path / "kiosk.db", ANOTHER_KEY), tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


async def test_walls_speak_as_those_of_a_plain_file(encrypted_desk: Desk) -> None:
    with pytest.raises(ConstraintError):
        await fetch('INSERT INTO "center" ("id", "code") SELECT "id", "code" FROM "center"')


def test_a_key_of_another_length_is_no_key() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SqlCipher(b"short")
