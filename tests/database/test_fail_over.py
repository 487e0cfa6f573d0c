"""A server that restarts, and one that never comes back while its standby takes over."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import asyncpg
import pytest

from portal.database.errors import DatabaseUnreachableError
from portal.database.node import fetch, open_node, transaction, transactional, use_node
from tests.postgres_server import PostgresServer


@pytest.fixture
def pair() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A server and the standby that follows it."""
    primary = PostgresServer(
        wal_level="replica", max_wal_senders="4", synchronous_commit="on", wal_retrieve_retry_interval="20ms"
    )
    primary.start()
    standby = primary.make_standby()
    yield primary, standby
    standby.remove()
    primary.remove()


@transactional
async def rise() -> None:
    await fetch("UPDATE thing SET version = version + 1")


async def version() -> int:
    (row,) = await fetch("SELECT version FROM thing")
    found: int = row["version"]
    return found


async def arrive_at(standby: PostgresServer, expected: int) -> None:
    """Wait until the standby has replayed that much."""
    follower = await asyncpg.connect(standby.url("postgres"))
    async with asyncio.timeout(10):
        while await follower.fetchval("SELECT version FROM thing") != expected:
            pass
    await follower.close()


async def test_it_survives_a_restart_and_follows_a_fail_over(pair: tuple[PostgresServer, PostgresServer]) -> None:
    primary, standby = pair
    hosts = f"127.0.0.1:{standby.port},127.0.0.1:{primary.port}"
    node = open_node("portal", f"postgresql://citas@{hosts}/postgres?target_session_attrs=read-write", pool_size=3)
    await node.start()
    with use_node(node):
        await fetch("CREATE TABLE thing (version integer)")
        await fetch("INSERT INTO thing VALUES (0)")
        await asyncio.gather(*(rise() for _ in range(5)))

        # The server crashes and comes back while a transaction is open.
        with pytest.raises(DatabaseUnreachableError):
            await crash_inside(primary)
        await rise()
        assert await version() == 6
        await arrive_at(standby, 6)

        # It never comes back; the work in hand waits for the standby to be promoted.
        primary.stop(signal.SIGQUIT)
        waiting = asyncio.create_task(rise())
        await asyncio.to_thread(standby.promote)
        await waiting
        await asyncio.gather(*(rise() for _ in range(5)))
        assert await version() == 12
        assert await fetch("SELECT pg_is_in_recovery() AS standby") == [{"standby": False}]
    await node.stop()


async def crash_inside(server: PostgresServer) -> None:
    async with transaction():
        await fetch("UPDATE thing SET version = 1000")
        await asyncio.to_thread(server.stop, signal.SIGQUIT)
        await asyncio.to_thread(server.start)
        await fetch("UPDATE thing SET version = 1000")
