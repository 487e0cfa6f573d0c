"""The outbox from the sender's side: who sends what now, and what became of it.

A message is *queued*, perhaps claimed by a worker for some minutes; *sending* from the moment that a mail server is
told of it; then *sent*, *failed* or *expired*, or queued again. A claim that runs out while queued is simply free
again: nothing had left. One that runs out while sending is in doubt, since its sender died before it could say how it
ended; it is sent once more, with the same Message-ID. Every step is one conditional update, so any number of workers
may run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from portal.database.node import active_node, fetch, transactional
from portal.domain.vocabulary import MessageKind, MessageState, State

CLAIM: Final = timedelta(minutes=2)
DOUBTS_FORGIVEN: Final = 1
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)

# Of these there are tens of thousands at once; whoever waits for an invitation must not wait behind them.
BULK: Final = (MessageKind.REMINDER, MessageKind.SURVEY_REMINDER)

# In which states of its cita a message is still true. A moved cita's confirmation, say, would send people astray.
STILL_TRUE: Final[dict[MessageKind, tuple[State, ...]]] = {
    MessageKind.CONFIRMATION: (State.RESERVED,),
    MessageKind.MOVE: (State.RESERVED,),
    MessageKind.CODE_AGAIN: (State.RESERVED,),
    MessageKind.CANCELLATION: (State.CANCELLED,),
    MessageKind.QUESTION_RECEIVED: tuple(State),
    MessageKind.QUESTION_FOR_STAFF: tuple(State),
    MessageKind.QUESTION_ANSWERED: tuple(State),
    MessageKind.REMINDER: (State.RESERVED,),
    MessageKind.INVITATION: (State.RESERVED, State.IN_ATTENTION),
    MessageKind.TRANSFER: (State.RESERVED, State.IN_ATTENTION),
    MessageKind.UNATTENDED: (State.RESERVED,),
    MessageKind.ABANDONMENT: (State.ABANDONED,),
    MessageKind.NOT_HELD: (State.NOT_HELD,),
    MessageKind.LINKS: (State.ATTENDED,),
    MessageKind.SURVEY_REMINDER: (State.ATTENDED,),
}
"""Messages about work of the staff have no cita, and stay true until their deadline."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that ``worker`` alone may send until its claim runs out.

    ``reference`` is what the message is about beside its cita (the ``dedupe`` that it was queued with, up to a colon:
    what follows tells one sending from the next). ``attempts``
    counts the tries that failed, ``doubts`` those that ended no one knows how.
    """

    id: UUID
    worker: UUID
    kind: MessageKind
    appointment: UUID | None
    staff: UUID | None
    reference: str
    recipient: str
    message_id: str
    attempts: int
    doubts: int


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """How many messages wait, are being sent, are in doubt, and could not be delivered."""

    queued: int = 0
    sending: int = 0
    in_doubt: int = 0
    failed: int = 0


async def claim_messages(worker: UUID, limit: int, now: datetime, lasts: timedelta = CLAIM) -> list[Claimed]:
    """Claim up to ``limit`` due messages for a worker, those due longest first; no two workers get the same.

    What is sent to many at once comes when nothing else is due.
    On the way out go those past their deadline, those that are no longer true, and those in doubt for the second time.
    """
    if not await _anything_due(now):
        return []
    for which in (_URGENT, f"NOT {_URGENT}"):
        rows = await _claim(worker, limit, now, now + lasts, which)
        claimed = [_claimed(row, worker) for row in rows if row["state"] == MessageState.QUEUED]
        if claimed:
            return claimed
    return []


def _claimed(row: dict[str, Any], worker: UUID) -> Claimed:
    return Claimed(
        row["id"],
        worker,
        MessageKind(row["kind"]),
        row["appointment"],
        row["staff"],
        row["dedupe_key"].split(":")[2],
        row["recipient"],
        row["message_id"],
        row["attempts"],
        row["doubts"],
    )


async def begin_sending(message: Claimed, now: datetime, lasts: timedelta = CLAIM) -> bool:
    """Say that a mail server is told of the message from now on; the claim lasts anew. The last look before it leaves:

    False when the claim was lost, the deadline passed, or the message stopped being true; then it must not be sent.
    """
    rows = await fetch(
        f"""UPDATE "outbox_message" SET
        "state" = CASE WHEN {_PAST_DEADLINE} OR NOT {_TRUE} THEN 'expired' ELSE 'sending' END,
        "last_error" = CASE WHEN {_PAST_DEADLINE} THEN 'deadline' WHEN NOT {_TRUE} THEN 'superseded'
            ELSE "last_error" END,
        "claimed_until" = {{}}
        WHERE "id" = {{}} AND "claimed_by" = {{}} AND "claimed_until" > {{}} AND "state" = 'queued'
        RETURNING "state" """,
        *(now, now, now + lasts, message.id, message.worker, now),
    )
    return bool(rows) and rows[0]["state"] == MessageState.SENDING


async def settle_sent(message: Claimed, now: datetime) -> bool:
    """The mail server has taken it. False when the message is no longer this worker's."""
    return await _settle(message, MessageState.SENT, sent_at=now)


async def settle_retry(message: Claimed, code: str, now: datetime) -> bool:
    """It certainly was not taken, but may be later: after a pause that doubles from a minute to an hour, with jitter.

    ``code`` says why, shortly, with nothing personal in it. False when the message is no longer this worker's.
    """
    return await _settle(message, MessageState.QUEUED, code, attempts=1, due_at=_next_try(message, now))


async def settle_in_doubt(message: Claimed, code: str, now: datetime) -> bool:
    """The connection ended after the message was on its way and before an answer: send it once more, with the same
    Message-ID; the second time give it up. False when the message is no longer this worker's.
    """
    if message.doubts >= DOUBTS_FORGIVEN:
        return await _settle(message, MessageState.FAILED, code, attempts=1, doubts=1)
    return await _settle(message, MessageState.QUEUED, code, attempts=1, doubts=1, due_at=_next_try(message, now))


async def settle_failed(message: Claimed, code: str) -> bool:
    """It will never be taken, e.g. there is no such mailbox. False when the message is no longer this worker's."""
    return await _settle(message, MessageState.FAILED, code, attempts=1)


async def settle_superseded(message: Claimed) -> bool:
    """There is nothing left to tell, e.g. the file that it was to carry is gone. False when no longer this worker's."""
    return await _settle(message, MessageState.EXPIRED, "superseded")


async def settle_bounced(message: UUID, code: str) -> bool:
    """A message that was taken came back. False when there is none of that id on its way, or it was told of before."""
    rows = await fetch(
        'UPDATE "outbox_message" SET "state" = \'bounced\', "last_error" = {} '
        'WHERE "id" = {} AND "state" IN (\'sending\', \'sent\') RETURNING "id"',
        *(code, message),
    )
    return bool(rows)


async def let_go_of_claims(worker: UUID) -> None:
    """Free what a worker that stops has claimed and not begun to send, so that others need not wait for its end."""
    await fetch(
        'UPDATE "outbox_message" SET "claimed_by" = NULL, "claimed_until" = NULL '
        'WHERE "claimed_by" = {} AND "state" = \'queued\'',
        worker,
    )


async def count_messages(now: datetime) -> OutboxFigures:
    """How the outbox stands, over all workers."""
    rows = await fetch(
        """SELECT CASE WHEN "state" = 'sending' AND "claimed_until" <= {} THEN 'in_doubt' ELSE "state" END AS "fate",
        count(*) AS "number" FROM "outbox_message" WHERE "state" IN ('queued', 'sending') GROUP BY 1
        UNION ALL SELECT 'failed', count(*) FROM "outbox_message" WHERE "state" = 'failed'""",
        now,
    )
    return OutboxFigures(**{row["fate"]: row["number"] for row in rows})


def _next_try(message: Claimed, now: datetime) -> datetime:
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(message.attempts, 10), LONGEST_PAUSE)
    return now + pause * random.uniform(0.8, 1.2)  # noqa: S311  # spreads attempts, keeps no secret


_PAST_DEADLINE = '"deadline" <= {}'
_TRUE_BY_KIND = " OR ".join(
    f'"kind" = \'{kind}\' AND "appointment"."state" IN ({", ".join(repr(state.value) for state in states)})'
    for kind, states in STILL_TRUE.items()
)
_TRUE = (
    '("outbox_message"."appointment" IS NULL OR EXISTS (SELECT 1 FROM "appointment" '
    f'WHERE "appointment"."id" = "outbox_message"."appointment" AND ({_TRUE_BY_KIND})))'
)
_DUE = '"state" IN (\'queued\', \'sending\') AND "due_at" <= {} AND ("claimed_until" IS NULL OR "claimed_until" <= {})'

# As the partial index has it: of a day full of reminders it holds the rest.
_URGENT = f'"kind" NOT IN ({", ".join(repr(kind.value) for kind in BULK)})'


async def _anything_due(now: datetime) -> bool:
    # Reading costs nobody anything; a claim takes SQLite's writing lock, and most of the time there is nothing.
    return bool(await fetch(f'SELECT "id" FROM "outbox_message" WHERE {_DUE} LIMIT 1', now, now))


@transactional
async def _claim(worker: UUID, limit: int, now: datetime, until: datetime, which: str) -> list[dict[str, Any]]:
    # SQLite writes one at a time anyway; PostgreSQL must pass over the rows that another worker is just claiming.
    skip = "FOR UPDATE SKIP LOCKED" if active_node().engine.engine_type == "postgres" else ""
    rows = await fetch(
        f"""WITH "due" AS (SELECT "id" FROM "outbox_message" WHERE {_DUE} AND {which}
        ORDER BY "due_at" LIMIT {{}} {skip})
        UPDATE "outbox_message" SET
        "state" = CASE WHEN {_PAST_DEADLINE} OR NOT {_TRUE} THEN 'expired'
            WHEN "state" = 'sending' AND "doubts" >= {DOUBTS_FORGIVEN} THEN 'failed' ELSE 'queued' END,
        "last_error" = CASE WHEN {_PAST_DEADLINE} THEN 'deadline' WHEN NOT {_TRUE} THEN 'superseded'
            WHEN "state" = 'sending' THEN 'sender_died' ELSE "last_error" END,
        "doubts" = "doubts" + CASE WHEN "state" = 'sending' THEN 1 ELSE 0 END,
        "claimed_by" = {{}}, "claimed_until" = {{}}
        WHERE "id" IN (SELECT "id" FROM "due") RETURNING "id", "kind", "appointment", "staff", "dedupe_key",
        "recipient", "message_id", "state", "due_at", "attempts", "doubts" """,
        *(now, now, limit, now, now, worker, until),
    )
    return sorted(rows, key=lambda row: row["due_at"])


@transactional
async def _settle(
    message: Claimed,
    state: MessageState,
    code: str = "",
    *,
    attempts: int = 0,
    doubts: int = 0,
    due_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> bool:
    rows = await fetch(
        'UPDATE "outbox_message" SET "state" = {}, "last_error" = {}, "attempts" = "attempts" + {}, '
        '"doubts" = "doubts" + {}, "due_at" = COALESCE({}, "due_at"), "sent_at" = {}, "claimed_by" = NULL, '
        '"claimed_until" = NULL WHERE "id" = {} AND "claimed_by" = {} AND "state" IN (\'queued\', \'sending\') '
        'RETURNING "id"',
        *(state.value, code, attempts, doubts, due_at, sent_at, message.id, message.worker),
    )
    return bool(rows)
