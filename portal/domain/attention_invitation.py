"""Invite somebody to their cita, and try to reach them otherwise (PE-BT-01, activity 03)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.attention import refuse_window
from portal.domain.attention_record import hold_active, note_attendant
from portal.domain.errors import NoVideoLink
from portal.domain.events import record_event
from portal.domain.modality import Modality
from portal.domain.notices import add_notice, queue_message
from portal.domain.phases import ENTER_BEFORE
from portal.domain.rules import BookingRules
from portal.domain.spanish_dates import midnight_before
from portal.domain.video import new_room
from portal.domain.vocabulary import ContactChannel, ContactOutcome, EventKind, MessageKind

LONGEST_CONTACT_NOTE: Final = 300
_INVITATION_LASTS: Final = timedelta(minutes=30)
_SAME_PRESS: Final = timedelta(minutes=1)


@transactional
async def invite(appointment: UUID, staff: UUID, now: datetime, rules: BookingRules, *, again: bool = False) -> None:
    """Invite: mail the link of a video call, show it on the citizen's page; otherwise note that they were called.

    From 10 minutes before the start until the day ends. The tolerance counts from the first time; only ``again`` mails
    the link once more, at most once a minute, also during the attention. Raises TooSoon, TooLate, NotReserved,
    NoVideoLink, AppointmentUnknown.
    """
    cita = await hold_active(appointment)
    by_video = cita["modality"] == Modality.VIRTUAL.value
    if by_video:
        await _ensure_link(appointment, rules)
    if cita["invited_at"] is None and not again:
        rows = await fetch(
            'UPDATE "appointment" SET "invited_at" = {} WHERE "id" = {} AND "state" = \'reserved\' '
            'AND "starts_at" <= {} AND "starts_at" >= {} RETURNING "consultant"',
            *(now, appointment, now + ENTER_BEFORE, midnight_before(now)),
        )
        if not rows:
            raise await refuse_window(appointment, now)
        if rows[0]["consultant"] != staff:
            await note_attendant(appointment, staff, now)
        await record_event(appointment, EventKind.INVITED, now, staff=staff)
        await add_notice(appointment, MessageKind.INVITATION, now)
    elif not again or not by_video or await _invited_just_now(appointment, now):
        return
    else:
        await record_event(appointment, EventKind.INVITED, now, staff=staff, again="yes")
    if by_video:
        deadline = max(cita["ends_at"], now + _INVITATION_LASTS)
        dedupe = f"{now:%Y%m%dT%H%M%S}" if again else ""
        await queue_message(appointment, MessageKind.INVITATION, cita["email"], now, deadline, dedupe)


async def _ensure_link(appointment: UUID, rules: BookingRules) -> None:
    """A room for citas that were reserved before there were rooms. Raises NoVideoLink where nobody has a link."""
    room = new_room(rules, Modality.VIRTUAL)
    if room:
        await fetch(
            'UPDATE "appointment" SET "meet_link" = {} WHERE "id" = {} AND "meet_link" = \'\'', room, appointment
        )
        return
    if not await link_of(appointment):
        raise NoVideoLink


async def link_of(appointment: UUID) -> str:
    """The link of a cita's video call: its own, else its consultor's; may be empty."""
    rows = await fetch(
        'SELECT "appointment"."meet_link" AS "own", "staff"."meet_link" AS "theirs" FROM "appointment" '
        'JOIN "staff" ON "staff"."id" = "appointment"."consultant" WHERE "appointment"."id" = {}',
        appointment,
    )
    return str(rows[0]["own"] or rows[0]["theirs"]) if rows else ""


async def _invited_just_now(appointment: UUID, now: datetime) -> bool:
    rows = await fetch(
        'SELECT "id" FROM "appointment_event" WHERE "appointment" = {} AND "kind" = {} AND "at" > {} LIMIT 1',
        *(appointment, EventKind.INVITED.value, now - _SAME_PRESS),
    )
    return bool(rows)


@transactional
async def log_contact(
    appointment: UUID,
    staff: UUID,
    channel: ContactChannel,
    outcome: ContactOutcome,
    note: str,
    now: datetime,
    attempt: UUID | None = None,
) -> None:
    """Note that somebody tried to reach the citizen of an active cita, and how it ended.

    ``attempt`` is the id that the form carries: sent twice it is noted once. Raises NotReserved, AppointmentUnknown.
    """
    await hold_active(appointment)
    noted = await fetch(
        'INSERT INTO "contact_attempt" ("id", "appointment", "staff", "channel", "outcome", "note", "at") '
        'VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT DO NOTHING RETURNING "id"',
        *(attempt or uuid4(), appointment, staff, channel.value, outcome.value, note[:LONGEST_CONTACT_NOTE], now),
    )
    if noted:
        details = {"channel": channel.value, "outcome": outcome.value}
        await record_event(appointment, EventKind.CONTACT_TRIED, now, staff=staff, **details)


@transactional
async def set_link(appointment: UUID, staff: UUID, link: str, now: datetime) -> None:
    """Give an active cita a video link of its own; empty: its consultor's again. The same link does nothing.

    Whoever was invited already is told of the new link. Raises NotReserved, AppointmentUnknown.
    """
    cita = await hold_active(appointment)
    former = await link_of(appointment)
    changed = await fetch(
        'UPDATE "appointment" SET "meet_link" = {}, "calendar_sequence" = "calendar_sequence" + 1 '
        'WHERE "id" = {} AND "meet_link" <> {} RETURNING "id"',
        *(link, appointment, link),
    )
    if not changed:
        return
    await record_event(appointment, EventKind.LINK_CHANGED, now, staff=staff)
    if cita["modality"] == Modality.VIRTUAL.value and former != await link_of(appointment):
        await tell_of_link(appointment, cita["email"], now, cita["ends_at"])


async def tell_of_link(appointment: UUID, email: str, now: datetime, ends_at: datetime) -> None:
    """Mail and show the new link, inside the transaction that changed it."""
    await add_notice(appointment, MessageKind.TRANSFER, now)
    deadline = max(ends_at, now + _INVITATION_LASTS)
    await queue_message(appointment, MessageKind.TRANSFER, email, now, deadline, dedupe=f"{now:%Y%m%dT%H%M%S%f}")
