"""Mails that a consultor sends by hand: the reminder (PE-BT-01, activity 02), the links again (activity 07)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.attention_record import state_of
from portal.domain.errors import NotReserved, TooLate
from portal.domain.events import record_event
from portal.domain.notices import LONGEST_WAIT, add_notice, queue_message
from portal.domain.vocabulary import EventKind, MessageKind, State

_SAME_PRESS: Final = timedelta(minutes=1)


@transactional
async def remind_by_hand(appointment: UUID, staff: UUID, now: datetime) -> None:
    """Send the reminder of a reserved cita now, before its start; the second within a minute is the same press.

    The run of the day before then finds it reminded. Raises TooLate, NotReserved, AppointmentUnknown.
    """
    rows = await fetch(
        'UPDATE "appointment" SET "reminded_at" = {}, "notified_at" = {} WHERE "id" = {} AND "state" = \'reserved\' '
        'AND "starts_at" > {} RETURNING "email", "starts_at"',
        *(now, now, appointment, now),
    )
    if not rows:
        state = await state_of(appointment)
        raise TooLate if state is State.RESERVED else NotReserved(state)
    if await _sent_just_now(appointment, MessageKind.REMINDER, now):
        return
    await add_notice(appointment, MessageKind.REMINDER, now)
    await record_event(appointment, EventKind.REMINDED, now, staff=staff)
    await queue_message(
        appointment, MessageKind.REMINDER, rows[0]["email"], now, rows[0]["starts_at"], f"{now:%Y%m%dT%H%M%S}"
    )


@transactional
async def send_links_again(appointment: UUID, staff: UUID, now: datetime) -> None:
    """Mail the links of an attended cita once more; the second within a minute is the same press.

    Raises NotReserved, AppointmentUnknown.
    """
    rows = await fetch(
        'UPDATE "appointment" SET "state" = "state" WHERE "id" = {} AND "state" = \'attended\' RETURNING "email"',
        appointment,
    )
    if not rows:
        raise NotReserved(await state_of(appointment))
    if await _sent_just_now(appointment, MessageKind.LINKS, now):
        return
    await record_event(appointment, EventKind.MESSAGE_RESENT, now, staff=staff, message=MessageKind.LINKS.value)
    await queue_message(
        appointment, MessageKind.LINKS, rows[0]["email"], now, now + LONGEST_WAIT, f"{now:%Y%m%dT%H%M%S}"
    )


async def _sent_just_now(appointment: UUID, kind: MessageKind, now: datetime) -> bool:
    rows = await fetch(
        'SELECT "id" FROM "outbox_message" WHERE "appointment" = {} AND "kind" = {} AND "created_at" > {} LIMIT 1',
        *(appointment, kind.value, now - _SAME_PRESS),
    )
    return bool(rows)
