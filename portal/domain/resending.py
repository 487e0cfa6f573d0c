"""A mail sent once more because somebody of the staff wants it so."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.events import record_event
from portal.domain.ledger import RESENT, resent_until
from portal.domain.notices import queue_message
from portal.domain.outbox import STILL_TRUE
from portal.domain.vocabulary import EventKind, MessageKind, MessageState, State

_CLICK_LENGTH = 16


class Resent(StrEnum):
    """How it went. ALREADY: the same press came twice; NO_LONGER_TRUE: the cita is not what the mail says any more."""

    DONE = "done"
    ALREADY = "already"
    WAITS = "waits"
    NO_LONGER_TRUE = "no_longer_true"
    TOO_LATE = "too_late"
    NO_ADDRESS = "no_address"


async def find_message_cita(message: UUID) -> UUID | None:
    """The cita that a message is about; None without one, or without such a message."""
    rows = await fetch('SELECT "appointment" FROM "outbox_message" WHERE "id" = {}', message)
    found: UUID | None = rows[0]["appointment"] if rows else None
    return found


@transactional
async def resend(message: UUID, staff: UUID, click: UUID, now: datetime) -> Resent:
    """Queue a message about a cita once more, to the address that the cita has now, as it is true now.

    ``click`` is the press of the button: it sends once, however often it arrives.
    """
    [row] = await fetch(
        'SELECT "kind", "appointment", "dedupe_key", "state" FROM "outbox_message" WHERE "id" = {}', message
    )
    kind = MessageKind(row["kind"])
    # Holds the cita, so that two presses come one after the other and its state stays what it is.
    [cita] = await fetch(
        'UPDATE "appointment" SET "state" = "state" WHERE "id" = {} RETURNING "state", "email", "starts_at", "ends_at"',
        row["appointment"],
    )
    reference = row["dedupe_key"].split(":")[2]
    dedupe = f"{reference}:{click.hex[:_CLICK_LENGTH]}"
    key = f"{row['appointment']}:{kind.value}:{dedupe}"
    if await fetch('SELECT "id" FROM "outbox_message" WHERE "dedupe_key" = {}', key):
        return Resent.ALREADY
    if row["state"] in (MessageState.QUEUED, MessageState.SENDING):
        return Resent.WAITS
    if kind not in RESENT or State(cita["state"]) not in STILL_TRUE[kind]:
        return Resent.NO_LONGER_TRUE
    deadline = resent_until(kind, cita["starts_at"], cita["ends_at"], now)
    if now >= deadline:
        return Resent.TOO_LATE
    if not cita["email"]:
        return Resent.NO_ADDRESS
    await queue_message(row["appointment"], kind, cita["email"], now, deadline, dedupe)
    await record_event(row["appointment"], EventKind.MESSAGE_RESENT, now, staff=staff, message=kind.value)
    return Resent.DONE
