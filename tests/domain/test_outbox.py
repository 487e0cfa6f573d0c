"""The outbox: claims, the last look before sending, and what becomes of a message."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.changing import cancel, move
from portal.domain.notices import LONGEST_WAIT, queue_message
from portal.domain.outbox import (
    CLAIM,
    LONGEST_PAUSE,
    STILL_TRUE,
    Claimed,
    OutboxFigures,
    begin_sending,
    claim_messages,
    count_messages,
    let_go_of_claims,
    settle_failed,
    settle_in_doubt,
    settle_retry,
    settle_sent,
    settle_superseded,
)
from portal.domain.vocabulary import MessageKind, MessageState
from tests.people import NOW, ROSA, RULES, build_world, reserve, slot_at

STARTS = NOW + timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
ANNE, BOB = uuid4(), uuid4()


@pytest.fixture
async def code(node: Node) -> str:
    """Rosa's cita of tomorrow, with its confirmation in the outbox."""
    await build_world()
    return (await reserve(ROSA, slot_at(STARTS))).code


def about(message: Claimed) -> UUID:
    """The cita that a message is about."""
    assert message.appointment is not None
    return message.appointment


async def take(now: datetime = NOW, worker: UUID = ANNE) -> Claimed:
    """Claim the only message that is due."""
    [message] = await claim_messages(worker, 10, now)
    return message


async def row() -> dict[str, object]:
    """The only message."""
    [found] = await fetch('SELECT * FROM "outbox_message"')
    return found


async def state() -> tuple[object, object]:
    found = await row()
    return found["state"], found["last_error"]


async def test_what_is_due_is_claimed_once(code: str) -> None:
    message = await take()
    assert (message.kind, message.recipient, message.worker) == (MessageKind.CONFIRMATION, "rosa@example.org", ANNE)
    assert message.message_id == str(message.id)
    assert (message.reference, message.attempts, message.doubts) == ("", 0, 0)
    assert await claim_messages(BOB, 10, NOW) == []
    assert await claim_messages(ANNE, 10, NOW) == []


async def test_nothing_is_claimed_before_it_is_due(code: str) -> None:
    assert await claim_messages(ANNE, 10, NOW - SECOND) == []


async def test_those_due_longest_come_first_and_no_more_than_asked_for(code: str) -> None:
    appointment = about(await take())
    for number in (3, 1, 2):
        due = NOW + number * MINUTE
        await queue_message(appointment, MessageKind.QUESTION_RECEIVED, "rosa@example.org", due, STARTS, str(number))
    claimed = await claim_messages(BOB, 2, NOW + 5 * MINUTE)
    # The confirmation's claim has run out by now, and it has waited longest.
    assert [message.reference for message in claimed] == ["", "1"]


async def test_a_claim_that_ran_out_unbegun_is_free_again_without_a_doubt(code: str) -> None:
    await take()
    assert (await take(NOW + CLAIM, BOB)).doubts == 0


async def test_a_message_is_sent(code: str) -> None:
    message = await take()
    assert await begin_sending(message, NOW + SECOND)
    assert (await row())["state"] == MessageState.SENDING
    assert await settle_sent(message, NOW + 2 * SECOND)
    found = await row()
    assert (found["state"], found["sent_at"], found["claimed_by"]) == (MessageState.SENT, NOW + 2 * SECOND, None)
    assert await claim_messages(BOB, 10, NOW + CLAIM) == []


async def test_it_is_not_begun_twice(code: str) -> None:
    message = await take()
    assert await begin_sending(message, NOW)
    assert not await begin_sending(message, NOW)


async def test_who_lost_the_claim_may_neither_begin_nor_settle(code: str) -> None:
    late = await take()
    now = NOW + CLAIM
    assert not await begin_sending(late, now)
    current = await take(now, BOB)
    assert await begin_sending(current, now)
    assert not await settle_sent(late, now)
    assert not await settle_retry(late, "451", now)
    assert not await settle_failed(late, "550")
    assert not await settle_in_doubt(late, "lost", now)
    assert (await row())["state"] == MessageState.SENDING
    assert await settle_sent(current, now)


async def test_beginning_makes_the_claim_last_anew(code: str) -> None:
    message = await take()
    begun = NOW + CLAIM - SECOND
    assert await begin_sending(message, begun)
    assert await claim_messages(BOB, 10, begun + CLAIM - SECOND) == []


async def test_a_killed_sender_leaves_a_doubt_that_is_resolved_once(code: str) -> None:
    first = await take()
    assert await begin_sending(first, NOW)
    assert await count_messages(NOW + CLAIM) == OutboxFigures(in_doubt=1)
    second = await take(NOW + CLAIM, BOB)
    assert (second.doubts, second.message_id) == (1, first.message_id)
    assert await begin_sending(second, NOW + CLAIM)
    assert await claim_messages(ANNE, 10, NOW + 2 * CLAIM) == []
    assert await state() == (MessageState.FAILED, "sender_died")
    assert await count_messages(NOW + 2 * CLAIM) == OutboxFigures(failed=1)


async def test_the_resent_message_may_be_delivered(code: str) -> None:
    assert await begin_sending(await take(), NOW)
    again = await take(NOW + CLAIM, BOB)
    assert await begin_sending(again, NOW + CLAIM)
    assert await settle_sent(again, NOW + CLAIM)
    assert await state() == (MessageState.SENT, "")


async def test_a_lost_connection_is_forgiven_once(code: str) -> None:
    message = await take()
    assert await begin_sending(message, NOW)
    assert await settle_in_doubt(message, "lost", NOW)
    assert await state() == (MessageState.QUEUED, "lost")
    again = await take(NOW + 2 * MINUTE)
    assert (again.doubts, again.attempts) == (1, 1)
    assert await begin_sending(again, NOW + 2 * MINUTE)
    assert await settle_in_doubt(again, "lost", NOW + 2 * MINUTE)
    assert await state() == (MessageState.FAILED, "lost")


async def test_the_pauses_between_tries_double_up_to_an_hour(code: str) -> None:
    now, pauses = NOW, []
    for _ in range(9):
        message = await take(now)
        assert await settle_retry(message, "451", now)
        due = (await row())["due_at"]
        assert isinstance(due, datetime)
        pauses.append(due - now)
        assert await claim_messages(ANNE, 10, due - SECOND) == []
        now = due
    for number, pause in enumerate(pauses):
        expected = min(MINUTE * 2**number, LONGEST_PAUSE)
        assert 0.8 * expected <= pause <= 1.2 * expected
    assert len(set(pauses[-3:])) == 3  # jitter: those of one outage do not all come back in one moment


async def test_it_is_tried_until_its_deadline_and_not_after(code: str) -> None:
    message = await take()
    deadline = (await row())["deadline"]
    assert deadline == STARTS
    await settle_retry(message, "451", STARTS - 2 * MINUTE)
    assert await claim_messages(ANNE, 10, STARTS) == []
    assert await state() == (MessageState.EXPIRED, "deadline")


async def test_a_cita_far_away_does_not_keep_a_message_alive_for_weeks(node: Node) -> None:
    await build_world()
    await reserve(ROSA, slot_at(NOW + timedelta(days=14)))
    assert (await row())["deadline"] == NOW + LONGEST_WAIT


async def test_the_deadline_is_looked_at_again_as_it_is_sent(code: str) -> None:
    message = await take(STARTS - SECOND)
    assert not await begin_sending(message, STARTS)
    assert await state() == (MessageState.EXPIRED, "deadline")


async def test_the_confirmation_of_a_cancelled_cita_is_not_sent(code: str) -> None:
    await cancel(code, NOW, RULES)
    assert (await take()).kind is MessageKind.CANCELLATION
    rows = await fetch('SELECT "state", "last_error" FROM "outbox_message" WHERE "kind" = \'confirmation\'')
    assert rows == [{"state": MessageState.EXPIRED, "last_error": "superseded"}]


async def test_a_cancellation_between_claim_and_sending_is_seen(code: str) -> None:
    message = await take()
    await cancel(code, NOW, RULES)
    assert not await begin_sending(message, NOW)


async def test_the_confirmation_of_a_moved_cita_is_not_sent(code: str) -> None:
    message = await take()
    await move(code, slot_at(STARTS + timedelta(hours=1)), NOW, RULES)
    assert not await begin_sending(message, NOW)
    assert (await take(NOW, BOB)).kind is MessageKind.MOVE


async def test_one_that_is_no_longer_true_does_not_fail_but_expires(code: str) -> None:
    message = await take()
    assert await settle_superseded(message)
    assert await state() == (MessageState.EXPIRED, "superseded")


async def test_one_refused_for_good_is_not_tried_again(code: str) -> None:
    message = await take()
    assert await begin_sending(message, NOW)
    assert await settle_failed(message, "550")
    assert await state() == (MessageState.FAILED, "550")
    assert await claim_messages(ANNE, 10, NOW + CLAIM) == []


async def test_who_stops_lets_go_of_what_was_not_begun(code: str) -> None:
    message = await take()
    await queue_message(about(message), MessageKind.QUESTION_RECEIVED, "rosa@example.org", NOW, STARTS)
    other = await take()
    assert await begin_sending(message, NOW)
    await let_go_of_claims(ANNE)
    assert [again.id for again in await claim_messages(BOB, 10, NOW)] == [other.id]


async def test_at_most_one_of_a_kind(code: str) -> None:
    appointment = about(await take())
    for _ in range(3):
        await queue_message(appointment, MessageKind.CONFIRMATION, "rosa@example.org", NOW, STARTS)
    assert len(await fetch('SELECT "id" FROM "outbox_message"')) == 1


async def test_figures(code: str) -> None:
    assert await count_messages(NOW) == OutboxFigures(queued=1)
    message = await take()
    assert await count_messages(NOW) == OutboxFigures(queued=1)
    await begin_sending(message, NOW)
    assert await count_messages(NOW) == OutboxFigures(sending=1)
    await settle_sent(message, NOW)
    assert await count_messages(NOW) == OutboxFigures()


async def test_a_forged_claim_moves_nothing(code: str) -> None:
    message = replace(await take(), worker=BOB)
    assert not await begin_sending(message, NOW)


def test_every_kind_says_when_it_is_true() -> None:
    about_work = {MessageKind.DAY_SHEET, MessageKind.PASSWORD_LINK, MessageKind.QUESTION_FORWARDED}
    assert STILL_TRUE.keys() == set(MessageKind) - about_work


async def test_whoever_claims_at_the_same_time_gets_other_messages(code: str) -> None:
    appointment = about(await take())
    for number in range(100):
        await queue_message(
            appointment, MessageKind.QUESTION_RECEIVED, "rosa@example.org", NOW, STARTS, dedupe=str(number)
        )
    shares = await asyncio.gather(*(claim_messages(uuid4(), 7, NOW) for _ in range(20)))
    claimed = [message.reference for share in shares for message in share]
    assert max(len(share) for share in shares) == 7
    assert len(claimed) == len(set(claimed))
    # One that finds others at the same rows passes them by; what it leaves is there for the next time.
    rest = await claim_messages(uuid4(), 100, NOW)
    assert {*claimed, *(message.reference for message in rest)} == {str(number) for number in range(100)}
