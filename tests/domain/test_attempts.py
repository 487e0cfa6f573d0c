"""Limits on attempts: exactly as many as allowed pass, whoever counts, and nothing says for whom was counted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from portal.database.node import Node, fetch, open_node, transaction, use_node
from portal.domain.attempts import Attempt, AttemptKind, Limit, count_attempts, purge_attempts
from portal.domain.errors import TooManyAttempts

NOW = datetime(2027, 1, 4, 14, 20, tzinfo=UTC)
SECRET = b"a secret of these tests"
HOUR = timedelta(hours=1)
LOOKUPS = Limit(AttemptKind.LOOKUP_BY_CODE, most=3, window=HOUR)
ORIGIN = Limit(AttemptKind.LOOKUP_BY_ORIGIN, most=5, window=HOUR)


async def attempt(limit: Limit, subject: str, now: datetime = NOW) -> bool:
    try:
        await count_attempts(Attempt(limit, subject), now=now, secret=SECRET)
    except TooManyAttempts:
        return False
    return True


async def test_as_many_as_allowed_pass(node: Node) -> None:
    assert [await attempt(LOOKUPS, "K7QW2M9X") for _ in range(5)] == [True, True, True, False, False]


async def test_each_subject_has_its_own_count(node: Node) -> None:
    for _ in range(3):
        await attempt(LOOKUPS, "K7QW2M9X")
    assert await attempt(LOOKUPS, "K7QW2M9Y")


async def test_each_limit_has_its_own_count(node: Node) -> None:
    for _ in range(3):
        await attempt(LOOKUPS, "192.0.2.1")
    assert await attempt(ORIGIN, "192.0.2.1")


async def test_a_new_window_begins_anew(node: Node) -> None:
    for _ in range(4):
        await attempt(LOOKUPS, "K7QW2M9X")
    assert not await attempt(LOOKUPS, "K7QW2M9X", NOW.replace(minute=59, second=59))
    assert await attempt(LOOKUPS, "K7QW2M9X", NOW.replace(hour=15, minute=0))


async def test_a_refusal_says_when_the_window_ends(node: Node) -> None:
    for _ in range(3):
        await attempt(LOOKUPS, "K7QW2M9X")
    with pytest.raises(TooManyAttempts) as refusal:
        await count_attempts(Attempt(LOOKUPS, "K7QW2M9X"), now=NOW, secret=SECRET)
    assert refusal.value.retry_at == datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
    assert await attempt(LOOKUPS, "K7QW2M9X", refusal.value.retry_at)


async def test_of_several_full_windows_the_last_to_end_decides(node: Node) -> None:
    brief = Limit(AttemptKind.HOLD_BY_SESSION, most=1, window=timedelta(minutes=10))
    both = (Attempt(brief, "a session"), Attempt(Limit(AttemptKind.LOOKUP_BY_CODE, 1, HOUR), "K7QW2M9X"))
    await count_attempts(*both, now=NOW, secret=SECRET)
    with pytest.raises(TooManyAttempts) as refusal:
        await count_attempts(*both, now=NOW, secret=SECRET)
    assert refusal.value.retry_at == datetime(2027, 1, 4, 15, 0, tzinfo=UTC)


async def test_a_refused_attempt_stays_counted_for_every_limit(node: Node) -> None:
    for _ in range(6):
        with_origin = (Attempt(LOOKUPS, "K7QW2M9X"), Attempt(ORIGIN, "192.0.2.1"))
        try:
            await count_attempts(*with_origin, now=NOW, secret=SECRET)
        except TooManyAttempts:
            continue
    assert not await attempt(ORIGIN, "192.0.2.1")


async def test_the_same_attempt_twice_in_one_statement_counts_once(node: Node) -> None:
    await count_attempts(Attempt(LOOKUPS, "K7QW2M9X"), Attempt(LOOKUPS, "K7QW2M9X"), now=NOW, secret=SECRET)
    assert [row["tries"] for row in await fetch('SELECT "tries" FROM "attempt_window"')] == [1]


async def test_counting_inside_a_transaction_is_a_fault(node: Node) -> None:
    with pytest.raises(RuntimeError):
        async with transaction():
            await attempt(LOOKUPS, "K7QW2M9X")


async def test_nothing_stored_says_for_whom(node: Node) -> None:
    await attempt(Limit(AttemptKind.BOOK_BY_DOCUMENT, 3, HOUR), "01/45678912")
    (row,) = await fetch('SELECT * FROM "attempt_window"')
    assert "45678912" not in str(row)
    assert "document" not in str(row)


async def test_another_secret_counts_apart(node: Node) -> None:
    for _ in range(3):
        await attempt(LOOKUPS, "K7QW2M9X")
    await count_attempts(Attempt(LOOKUPS, "K7QW2M9X"), now=NOW, secret=b"another secret")


async def test_windows_that_are_over_are_forgotten(node: Node) -> None:
    await attempt(LOOKUPS, "K7QW2M9X")
    await attempt(LOOKUPS, "K7QW2M9X", NOW + HOUR)
    await purge_attempts(NOW.replace(hour=15, minute=0))
    assert len(await fetch('SELECT "key" FROM "attempt_window"')) == 1


async def test_exactly_the_limit_passes_over_two_workers_at_once(node_url: str) -> None:
    limit = Limit(AttemptKind.HOLD_BY_SESSION, most=25, window=HOUR)
    workers = [open_node("portal", node_url), open_node("portal", node_url)]

    async def press(worker: Node) -> bool:
        with use_node(worker):
            return await attempt(limit, "one session")

    try:
        for worker in workers:
            await worker.start()
        passed = await asyncio.gather(*(press(workers[number % 2]) for number in range(120)))
    finally:
        for worker in workers:
            await worker.stop()
    assert sum(passed) == 25


async def test_opposite_orders_do_not_wait_for_each_other(node: Node) -> None:
    limit = Limit(AttemptKind.LOOKUP_BY_CODE, most=1000, window=HOUR)
    pair = (Attempt(limit, "one"), Attempt(limit, "two"))
    await asyncio.gather(
        *(count_attempts(*(pair if turn % 2 else reversed(pair)), now=NOW, secret=SECRET) for turn in range(60))
    )
    assert {row["tries"] for row in await fetch('SELECT "tries" FROM "attempt_window"')} == {60}


async def test_counting_waits_for_no_disk_on_postgresql(postgres_node: Node) -> None:
    (row,) = await fetch("SELECT relpersistence::text AS kind FROM pg_class WHERE relname = 'attempt_window'")
    assert row["kind"] == "u"
