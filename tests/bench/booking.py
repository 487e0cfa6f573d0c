"""Holding and booking by the domain's functions, against the same statements run by the driver alone.

One database is for recording, one for the functions, one for the driver; the last two take turns.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import asyncpg

from portal.clock import utc_now
from portal.database.node import Node, fetch, open_node, use_node
from portal.database.sqlite import SQLiteNodeEngine
from portal.domain.booking import Request, book
from portal.domain.holds import hold_seat
from portal.domain.modality import Modality
from portal.domain.people import Consent
from portal.domain.slots import SlotKey
from tests.bench.figure import Figure, at_least, told
from tests.bench.ground import ENGINES, RULES, Engine, Ground, in_use
from tests.bench.recording import Recording, Statement, recording_asyncpg, recording_sqlite
from tests.people import citizen_number

_WANTED = 0.4
_POOL = 16
_AT_ONCE = {"sqlite": 1, "postgresql": _POOL}  # SQLite writes one after the other
_ROUNDS = 5
_ENDS_OF_TRANSACTIONS = ("COMMIT", "ROLLBACK")

Replay = Callable[[list[Statement]], Awaitable[None]]


async def measure_booking(_ground: Ground, *, quick: bool) -> list[Figure]:
    """Bookings a second, both ways, on both engines."""
    figures = []
    for engine in ENGINES:
        figures += await _measure(_ground, engine, 200 if quick else 1_500)
    return figures


async def _measure(ground: Ground, engine: Engine, bookings: int) -> list[Figure]:
    at_once = _AT_ONCE[engine]
    fresh = await ground.fresh_database(engine)
    async with in_use(fresh):
        keys = await _some_slots(bookings)
    functions, driver = await ground.copy(fresh), await ground.copy(fresh)
    recording = await _record(fresh, keys)
    by_functions = by_driver = 0.0
    async with in_use(functions, _POOL) as node, _driver(driver) as replay:
        for turn in range(_ROUNDS):
            part = slice(turn, None, _ROUNDS)
            numbered = list(enumerate(keys))[part]
            with use_node(node):
                by_functions += await _time((_book(key, number) for number, key in numbered), at_once)
            by_driver += await _time((replay(statements) for statements in recording.bookings[part]), at_once)
    for url in (functions, driver):
        await _expect_citas(url, bookings)
    name = f"booking, {engine}"
    statements = sum(len(statements) for statements in recording.bookings) / bookings
    return [
        at_least(name, "bookings of the driver alone", by_driver / by_functions, _WANTED),
        told(name, f"holds and bookings, {at_once} at a time", bookings / by_functions, "/s"),
        told(name, f"the same {statements:.0f} statements by the driver", bookings / by_driver, "/s"),
    ]


async def _some_slots(number: int) -> list[SlotKey]:
    """As many times with a free seat, at most three of the five consultores of each."""
    rows = await fetch(
        'SELECT DISTINCT "starts_at", "service"."code" AS "service", "center"."code" AS "center" FROM "seat" '
        'JOIN "service" ON "service"."id" = "seat"."service" JOIN "center" ON "center"."id" = "seat"."center" '
        'WHERE "starts_at" > {} ORDER BY "starts_at"',
        utc_now() + RULES.notice * 2,
    )
    keys = [SlotKey(row["service"], row["center"], Modality.VIRTUAL, row["starts_at"]) for row in rows]
    return (keys[: len(keys) - 20] * 3)[:number]


async def _book(key: SlotKey, number: int) -> None:
    now, token = utc_now(), uuid4().hex
    seat = await hold_seat(key, token, None, now, RULES)
    await book(Request(token, key, seat, citizen_number(number), Consent("2026-11", now)), now, RULES)


async def _time(works: Iterable[Awaitable[None]], at_once: int) -> float:
    """How long all of it takes, so many at a time."""
    waiting = iter(list(works))
    began = perf_counter()

    async def keep_on() -> None:
        for work in waiting:
            await work

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(keep_on())
    return perf_counter() - began


async def _record(url: str, keys: list[SlotKey]) -> Recording:
    recording = Recording()
    node = open_node("record", url)
    if isinstance(node.engine, SQLiteNodeEngine):
        node = Node("record", SQLiteNodeEngine(node.engine.path, driver=recording_sqlite()))
    await node.start()
    try:
        with use_node(node), recording_asyncpg():
            for number, key in enumerate(keys):
                recording.begin_booking()
                await _book(key, number)
    finally:
        await node.stop()
    return recording


@asynccontextmanager
async def _driver(url: str) -> AsyncIterator[Replay]:
    """Runs a booking's statements on the driver, set up as the engine sets it up."""
    if url.startswith("sqlite"):
        with closing(_connect(Path(url.removeprefix("sqlite:///")))) as connection:

            async def replay_sqlite(statements: list[Statement]) -> None:
                for sql, args in statements:
                    connection.execute(sql, args).fetchall()

            yield replay_sqlite
        return
    pool = await asyncpg.create_pool(
        url, max_size=_POOL, reset=_nothing, statement_cache_size=512, server_settings={"jit": "off"}
    )
    async with pool:

        async def replay_postgres(statements: list[Statement]) -> None:
            for group in _by_transaction(statements):
                async with pool.acquire() as connection:
                    for sql, args in group:
                        await (connection.fetch(sql, *args) if args else connection.execute(sql))

        yield replay_postgres


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = 1")
    return connection


async def _nothing(_: object) -> None:
    """No round trip as a connection goes back, as in the engine."""


def _by_transaction(statements: list[Statement]) -> list[list[Statement]]:
    """Statements that need one connection stand together: a transaction, or one that stands alone."""
    groups: list[list[Statement]] = []
    is_open = False
    for statement in statements:
        if not is_open:
            groups.append([])
        groups[-1].append(statement)
        is_open = (is_open or statement[0] == "BEGIN") and statement[0] not in _ENDS_OF_TRANSACTIONS
    return groups


async def _expect_citas(url: str, bookings: int) -> None:
    """Both ways must have booked them all, or their times mean nothing."""
    async with in_use(url):
        (row,) = await fetch('SELECT count(*) AS "citas" FROM "appointment"')
    if row["citas"] != bookings:
        raise RuntimeError(f"{row['citas']} of {bookings} bookings were made")
