"""A mail sent again by hand: once per press, to the address of now, about the same thing as before."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import fetch
from portal.domain.notices import queue_message
from portal.domain.outbox import claim_messages
from portal.domain.resending import Resent, resend
from portal.domain.vocabulary import MessageKind
from tests.people import MEI, NOW, ROSA, World, reserve, slot_at

STARTS = NOW + timedelta(days=4)


async def sent_message(kind: MessageKind = MessageKind.CONFIRMATION) -> UUID:
    """The message of a kind, which has been sent."""
    [row] = await fetch('UPDATE "outbox_message" SET "state" = \'sent\' WHERE "kind" = {} RETURNING "id"', kind.value)
    message: UUID = row["id"]
    return message


async def test_one_press_that_arrives_often_sends_once(world: World) -> None:
    await reserve(ROSA, slot_at(STARTS))
    message, click = await sent_message(), uuid4()
    outcomes = await asyncio.gather(*(resend(message, world.consultants[0], click, NOW) for _ in range(5)))
    assert Counter(outcomes) == {Resent.DONE: 1, Resent.ALREADY: 4}
    events = await fetch('SELECT "staff" FROM "appointment_event" WHERE "kind" = \'message_resent\'')
    assert [event["staff"] for event in events] == [world.consultants[0]]


async def test_it_goes_to_the_address_of_now_about_the_same_thing(world: World) -> None:
    cita = await reserve(ROSA, slot_at(STARTS))
    await fetch('DELETE FROM "outbox_message"')
    question = str(uuid4())
    await queue_message(cita.id, MessageKind.QUESTION_ANSWERED, ROSA.email, NOW, STARTS, dedupe=question)
    await fetch('UPDATE "appointment" SET "email" = \'rosa.nueva@example.org\'')
    message = await sent_message(MessageKind.QUESTION_ANSWERED)
    assert await resend(message, world.consultants[0], uuid4(), NOW) is Resent.DONE
    [again] = await claim_messages(uuid4(), 10, NOW)
    assert (again.recipient, again.reference) == ("rosa.nueva@example.org", question)
    assert again.message_id != str(message)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ('UPDATE "appointment" SET "state" = \'cancelled\'', Resent.NO_LONGER_TRUE),
        ('UPDATE "appointment" SET "email" = \'\'', Resent.NO_ADDRESS),
        ('UPDATE "outbox_message" SET "state" = \'queued\'', Resent.WAITS),
        ('UPDATE "outbox_message" SET "kind" = \'unattended\'', Resent.NO_LONGER_TRUE),
    ],
)
async def test_what_would_be_of_no_use_is_not_sent(world: World, change: str, outcome: Resent) -> None:
    await reserve(ROSA, slot_at(STARTS))
    message = await sent_message()
    await fetch(change)
    assert await resend(message, world.consultants[0], uuid4(), NOW) is outcome
    assert len(await fetch('SELECT "id" FROM "outbox_message"')) == 1


async def test_nor_what_the_time_has_passed(world: World) -> None:
    await reserve(ROSA, slot_at(STARTS))
    assert await resend(await sent_message(), world.consultants[0], uuid4(), STARTS) is Resent.TOO_LATE


async def test_who_has_no_address_has_no_mail_to_send_again(world: World) -> None:
    await reserve(MEI, slot_at(STARTS))
    assert await fetch('SELECT "id" FROM "outbox_message"') == []
