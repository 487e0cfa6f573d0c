"""What is to happen once something is written happens then: not before, and not if it is not."""

from __future__ import annotations

from contextlib import suppress

import pytest

from portal.database.errors import TransactionConflictError
from portal.database.node import Node, after_commit, fetch, transaction, transactional

pytestmark = pytest.mark.usefixtures("node")


async def test_after_the_transaction_and_not_inside_it() -> None:
    calls: list[str] = []
    async with transaction():
        async with transaction():
            after_commit(lambda: calls.append("written"))
        await fetch("SELECT 1")
        assert calls == []
    assert calls == ["written"]


async def test_at_once_without_a_transaction(node: Node) -> None:
    calls: list[str] = []
    after_commit(lambda: calls.append("written"))
    assert calls == ["written"]


async def test_never_when_it_is_taken_back() -> None:
    calls: list[str] = []
    with suppress(ZeroDivisionError):
        async with transaction():
            after_commit(lambda: calls.append("written"))
            raise ZeroDivisionError
    async with transaction() as current:
        after_commit(lambda: calls.append("written"))
        await current.rollback()
    assert calls == []


async def test_once_when_the_work_had_to_be_done_again() -> None:
    calls: list[str] = []
    conflicts = [TransactionConflictError("deadlock")]

    @transactional
    async def work() -> None:
        after_commit(lambda: calls.append("written"))
        if conflicts:
            raise conflicts.pop()

    await work()
    assert calls == ["written"]
