"""Which message is due to whom, until when: the outbox, written in the transaction of what it tells about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from portal.database.node import Write, after_commit, write_along
from portal.domain.vocabulary import MessageKind

# A mail that could not be delivered for this long is given up, even when its cita is weeks away.
LONGEST_WAIT = timedelta(days=3)
# How long after a cancellation or a move the mail that tells of it is still worth sending.
NEWS_STAY_NEWS = timedelta(days=1)

_listeners: list[Callable[[], None]] = []


@contextmanager
def listening(listener: Callable[[], None]) -> Iterator[None]:
    """Have ``listener`` called whenever this process has queued a message, once it is written for good."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def notice_of(appointment: UUID, kind: MessageKind, now: datetime) -> Write:
    """The write of a notice in the citizen's page."""
    return Write(
        'INSERT INTO "notice" ("id", "appointment", "kind", "at") VALUES ({}, {}, {}, {})',
        (uuid4(), appointment, kind.value, now),
    )


async def add_notice(appointment: UUID, kind: MessageKind, now: datetime) -> None:
    """Show a notice in the citizen's page."""
    write = notice_of(appointment, kind, now)
    await write_along(write.sql, *write.values)


def message_of(
    appointment: UUID, kind: MessageKind, recipient: str, now: datetime, deadline: datetime, dedupe: str = ""
) -> Write:
    """The write of a mail to somebody (not nobody), as ``queue_message`` queues it."""
    identity = uuid4()
    return Write(
        'INSERT INTO "outbox_message" ("id", "dedupe_key", "kind", "appointment", "recipient", "message_id", "state", '
        '"created_at", "due_at", "deadline", "attempts", "doubts", "last_error") '
        "VALUES ({}, {}, {}, {}, {}, {}, 'queued', {}, {}, {}, 0, 0, '') "
        'ON CONFLICT ("dedupe_key") DO NOTHING',
        (
            *(identity, f"{appointment}:{kind.value}:{dedupe}", kind.value, appointment, recipient),
            *(str(identity), now, now, min(deadline, now + LONGEST_WAIT)),
        ),
    )


async def queue_message(
    appointment: UUID, kind: MessageKind, recipient: str, now: datetime, deadline: datetime, dedupe: str = ""
) -> None:
    """Queue a mail; at most one of a kind (and ``dedupe``) for a cita. Without a recipient nothing is queued.

    ``deadline`` (UTC) is checked again as the message is sent. ``dedupe`` names what the mail is about beside the cita;
    what follows a colon in it tells one sending from the next.
    """
    if not recipient:
        return
    write = message_of(appointment, kind, recipient, now, deadline, dedupe)
    await write_along(write.sql, *write.values)
    after_commit(tell_listeners)


async def queue_staff_message(
    staff: UUID, kind: MessageKind, recipient: str, now: datetime, deadline: datetime, dedupe: str
) -> None:
    """Queue a mail about work of somebody of the staff; at most one of a kind and ``dedupe`` for a person."""
    if not recipient:
        return
    identity = uuid4()
    await write_along(
        'INSERT INTO "outbox_message" ("id", "dedupe_key", "kind", "staff", "recipient", "message_id", "state", '
        '"created_at", "due_at", "deadline", "attempts", "doubts", "last_error") '
        "VALUES ({}, {}, {}, {}, {}, {}, 'queued', {}, {}, {}, 0, 0, '') "
        'ON CONFLICT ("dedupe_key") DO NOTHING',
        *(identity, f"{staff}:{kind.value}:{dedupe}", kind.value, staff, recipient),
        *(str(identity), now, now, min(deadline, now + LONGEST_WAIT)),
    )
    after_commit(tell_listeners)


def tell_listeners() -> None:
    """Tell who listens that something was queued, once it is written for good."""
    for listener in _listeners:
        listener()
