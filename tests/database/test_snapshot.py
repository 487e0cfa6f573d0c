"""A snapshot shows one instant, however much is written while it is read, and writes nothing itself."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch
from portal.database.snapshot import snapshot
from tests.database.rows import add_center

COUNT = 'SELECT "id", "version" FROM "center" WHERE "version" >= {} ORDER BY "id"'


async def test_what_is_written_meanwhile_is_not_seen(node: Node) -> None:
    await add_center()
    async with snapshot() as read:
        before = await read(COUNT, 0)
        assert len(before) == 1
        assert isinstance(before[0]["id"], UUID)
        await fetch('UPDATE "center" SET "version" = 7')
        assert await read(COUNT, 0) == before
    assert [row["version"] for row in await fetch(COUNT, 0)] == [7]
    async with snapshot() as read:
        assert [row["version"] for row in await read(COUNT, 0)] == [7]


async def test_a_snapshot_writes_nothing(node: Node) -> None:
    async with snapshot() as read:
        with pytest.raises(Exception, match=r"read-?only"):
            await read(
                'INSERT INTO "citizen" ("id", "document_type", "document_number", "created_at") '
                "VALUES ({}, '01', '1', {}) RETURNING \"id\"",
                *(uuid4(), datetime(2027, 1, 1, tzinfo=UTC)),
            )
    assert await fetch('SELECT "id" FROM "citizen"') == []
