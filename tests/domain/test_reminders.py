"""The reminder of the day before: to whom, from when, until when, and one each whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch, transaction
from portal.domain.appointments import find_appointment
from portal.domain.changing import cancel, move
from portal.domain.outbox import begin_sending, claim_messages
from portal.domain.reminders import remind_batch, reminder_due_at
from portal.domain.vocabulary import EventKind, MessageKind
from tests.people import JULIO, MEI, NOW, ROSA, RULES, build_world, citizen_number, reserve, slot_at, told_of

HOUR = timedelta(hours=1)
# Rosa's cita is on Monday 11 January at 9:00; the reminder is due on Sunday at 9:00, in Lima.
STARTS = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
DUE = datetime(2027, 1, 10, 14, 0, tzinfo=UTC)


@pytest.fixture
async def code(node: Node) -> str:
    await build_world()
    return (await reserve(ROSA, slot_at(STARTS))).code


async def reminders() -> list[dict[str, object]]:
    return await fetch(
        'SELECT "appointment", "recipient", "deadline", "state" FROM "outbox_message" WHERE "kind" = {}',
        MessageKind.REMINDER.value,
    )


async def remind_all(now: datetime, limit: int = 500) -> int:
    number = 0
    while done := await remind_batch(now, RULES, limit):
        number += done
    return number


async def test_it_comes_the_day_before_at_the_hour_that_is_set(code: str) -> None:
    assert reminder_due_at(STARTS, RULES) == DUE
    assert await remind_all(DUE - timedelta(seconds=1)) == 0
    assert await remind_all(DUE) == 1
    cita = await find_appointment(code)
    assert cita is not None
    assert cita.reminded_at == DUE
    [message] = await reminders()
    assert (message["recipient"], message["deadline"], message["state"]) == ("rosa@example.org", STARTS, "queued")
    assert [notice.kind for notice in cita.notices] == [MessageKind.REMINDER, MessageKind.CONFIRMATION]
    [event] = await fetch('SELECT "at", "actor" FROM "appointment_event" WHERE "kind" = {}', EventKind.REMINDED.value)
    assert (event["at"], event["actor"]) == (DUE, "system")


async def test_one_each_however_often_it_runs(code: str) -> None:
    assert await remind_all(DUE) == 1
    assert await remind_all(DUE + HOUR) == 0
    assert len(await reminders()) == 1


@pytest.mark.parametrize("hour", [0, 23])
async def test_the_hour_is_a_setting(code: str, hour: int) -> None:
    rules = replace(RULES, reminder_hour=hour)
    due = DUE + timedelta(hours=hour - 9)
    assert await remind_batch(due - timedelta(seconds=1), rules) == 0
    assert await remind_batch(due, rules) == 1


async def test_a_worker_that_was_down_reminds_whoever_has_not_started(code: str) -> None:
    await reserve(JULIO, slot_at(STARTS + 2 * HOUR))
    assert await remind_all(STARTS) == 1
    [message] = await reminders()
    assert message["recipient"] == "julio@example.org"


async def test_who_has_no_e_mail_finds_the_notice(node: Node) -> None:
    await build_world()
    booked = await reserve(MEI, slot_at(STARTS))
    assert await remind_all(DUE) == 1
    assert await reminders() == []
    assert MessageKind.REMINDER in await told_of(booked.id)


async def test_never_after_a_cancellation_or_a_move(code: str) -> None:
    other = await reserve(JULIO, slot_at(STARTS + HOUR))
    await cancel(code, NOW, RULES)
    moved = await move(other.code, slot_at(STARTS + 24 * HOUR), NOW, RULES)
    assert await remind_all(DUE) == 0
    assert await remind_all(DUE + 24 * HOUR) == 1
    assert [message["appointment"] for message in await reminders()] == [moved.id]


@pytest.mark.parametrize("change", ["cancelled", "moved", "started"])
async def test_a_reminder_that_waits_is_withheld_when_it_stops_being_true(code: str, change: str) -> None:
    await remind_all(DUE)
    await fetch('UPDATE "outbox_message" SET "state" = \'sent\' WHERE "kind" <> \'reminder\'')
    [message] = await claim_messages(uuid4(), 10, DUE, timedelta(days=2))
    later = DUE + HOUR
    if change == "cancelled":
        await cancel(code, later, RULES)
    elif change == "moved":
        await move(code, slot_at(STARTS + 24 * HOUR), later, RULES)
    else:
        later = STARTS
    assert not await begin_sending(message, later)
    assert [row["state"] for row in await reminders()] == ["expired"]


async def test_what_is_made_later_counts_as_reminded_by_its_own_mail(node: Node) -> None:
    await build_world()
    late = await reserve(ROSA, slot_at(STARTS), now=DUE)
    early = await reserve(JULIO, slot_at(STARTS), now=DUE - timedelta(seconds=1))
    rows = await fetch('SELECT "id", "reminded_at", "notified_at" FROM "appointment"')
    told = {row["id"]: (row["reminded_at"], row["notified_at"]) for row in rows}
    assert told == {late.id: (DUE, DUE), early.id: (None, None)}
    assert await remind_all(DUE) == 1
    assert [message["appointment"] for message in await reminders()] == [early.id]


async def test_a_late_move_counts_as_well(code: str) -> None:
    await remind_all(DUE)
    moved = await move(code, slot_at(STARTS + HOUR), DUE + HOUR, RULES)
    assert await remind_all(DUE + HOUR) == 0
    cita = await find_appointment(moved.code)
    assert cita is not None
    assert cita.reminded_at == DUE + HOUR


async def test_a_run_that_dies_in_a_batch_has_done_the_others_whole_and_this_one_not_at_all(node: Node) -> None:
    await build_world()
    for number in range(5):
        await reserve(citizen_number(number), slot_at(STARTS + number * HOUR))
    assert await remind_batch(DUE, RULES, 2) == 2
    with pytest.raises(RuntimeError):
        await _die_in_a_batch()
    assert len(await reminders()) == 2
    assert await remind_all(DUE, 2) == 3
    assert len({message["appointment"] for message in await reminders()}) == len(await reminders()) == 5


async def _die_in_a_batch() -> None:
    async with transaction():
        assert await remind_batch(DUE, RULES, 2) == 2
        raise RuntimeError


async def test_several_workers_at_once_remind_once(node: Node) -> None:
    await build_world()
    for number in range(12):
        await reserve(citizen_number(number), slot_at(STARTS + number // 2 * HOUR))
    numbers = await asyncio.gather(*(remind_all(DUE, 2) for _ in range(4)))
    assert sum(numbers) + await remind_all(DUE) == 12
    for table in ("outbox_message", "notice"):
        rows = await fetch(f'SELECT "appointment" FROM "{table}" WHERE "kind" = \'reminder\'')  # ours
        assert len({row["appointment"] for row in rows}) == len(rows) == 12


async def test_an_invitation_does_not_wait_behind_the_reminders(code: str) -> None:
    await remind_all(DUE)
    await fetch(
        'UPDATE "outbox_message" SET "due_at" = {}, "deadline" = {} WHERE "kind" = \'confirmation\'', DUE + HOUR, STARTS
    )
    worker: UUID = uuid4()
    kinds = [[message.kind for message in await claim_messages(worker, 5, DUE + 2 * HOUR)] for _ in range(2)]
    assert kinds == [[MessageKind.CONFIRMATION], [MessageKind.REMINDER]]
