"""A cita whose citizen did not come, and the way back for who comes late (PE-BT-01, activity 03; DOMAIN, states)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.errors import ConstraintError, Wall
from portal.database.node import fetch, savepoint, transactional
from portal.domain.attention_record import add_observations, note_attendant, note_motive, state_of
from portal.domain.errors import AlreadyReserved, DomainError, NotInvited, NotReserved, TooLate, TooSoon
from portal.domain.events import record_event
from portal.domain.notices import NEWS_STAY_NEWS, add_notice, queue_message
from portal.domain.phases import TOLERANCE, tolerance_ends
from portal.domain.spanish_dates import midnight_before
from portal.domain.vocabulary import AbandonMotive, EventKind, MessageKind, State

TAKEN_BACK_WITHIN: Final = timedelta(hours=1)


@transactional
async def abandon(appointment: UUID, staff: UUID, motive: AbandonMotive, observations: str, now: datetime) -> None:
    """Record an abandonment: after five minutes from the later of start and invitation, with its motive.

    Raises TooSoon, NotInvited, NotReserved, AppointmentUnknown.
    """
    latest = now - TOLERANCE
    rows = await fetch(
        'UPDATE "appointment" SET "state" = \'abandoned\', "ended_at" = {} WHERE "id" = {} AND "state" = \'reserved\' '
        'AND "invited_at" <= {} AND "starts_at" <= {} RETURNING "email"',
        *(now, appointment, latest, latest),
    )
    if not rows:
        raise await _refuse(appointment)
    await add_observations(appointment, observations, now)
    await note_motive(appointment, motive.value, now)
    await record_event(appointment, EventKind.ABANDONED, now, staff=staff, motive=motive.value)
    await add_notice(appointment, MessageKind.ABANDONMENT, now)
    await queue_message(appointment, MessageKind.ABANDONMENT, rows[0]["email"], now, deadline=now + NEWS_STAY_NEWS)


async def _refuse(appointment: UUID) -> DomainError:
    state = await state_of(appointment)
    if state is not State.RESERVED:
        return NotReserved(state)
    rows = await fetch('SELECT "starts_at", "invited_at" FROM "appointment" WHERE "id" = {}', appointment)
    if rows[0]["invited_at"] is None:
        return NotInvited()
    return TooSoon(tolerance_ends(rows[0]["starts_at"], rows[0]["invited_at"]))


@transactional
async def take_back(appointment: UUID, staff: UUID, now: datetime) -> None:
    """Attend somebody who came late: within the hour of the abandonment and on its day, if they reserved nothing else.

    Raises TooLate, AlreadyReserved, NotReserved, AppointmentUnknown.
    """
    oldest = now - TAKEN_BACK_WITHIN
    try:
        async with savepoint():
            rows = await fetch(
                'UPDATE "appointment" SET "state" = \'in_attention\', "ended_at" = NULL, "started_at" = {} '
                'WHERE "id" = {} AND "state" = \'abandoned\' AND "ended_at" > {} AND "starts_at" >= {} '
                f'AND NOT {_HAS_ANOTHER} RETURNING "id"',
                *(now, appointment, oldest, midnight_before(now)),
            )
    except ConstraintError as refused:
        if refused.wall is not Wall.UNIQUE:
            raise
        raise AlreadyReserved from None  # reserved at this very moment: the wall decides
    if not rows:
        raise await _refuse_taking_back(appointment)
    await note_motive(appointment, "", now)
    await note_attendant(appointment, staff, now)
    await record_event(appointment, EventKind.TAKEN_BACK, now, staff=staff)


def may_take_back(state: State, starts_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether the time for it is not over; another active cita of the person is asked about as it is taken back."""
    return (
        state is State.ABANDONED
        and ended_at is not None
        and now < ended_at + TAKEN_BACK_WITHIN
        and starts_at >= midnight_before(now)
    )


# One that is set aside (unrecorded, duplicate) blocks nobody, and does not unblock this one either.
_HAS_ANOTHER = (
    'EXISTS (SELECT 1 FROM "appointment" "other" WHERE "other"."citizen" = "appointment"."citizen" '
    'AND "other"."service" = "appointment"."service" AND "other"."id" <> "appointment"."id" '
    'AND "other"."state" IN (\'reserved\', \'in_attention\') AND NOT "other"."duplicate" AND NOT "other"."unrecorded")'
)


async def _refuse_taking_back(appointment: UUID) -> DomainError:
    state = await state_of(appointment)
    if state is not State.ABANDONED:
        return NotReserved(state)
    others = await fetch(f'SELECT "id" FROM "appointment" WHERE "id" = {{}} AND {_HAS_ANOTHER}', appointment)
    return AlreadyReserved() if others else TooLate()
