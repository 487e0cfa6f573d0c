"""*Inicio*, the change of channel, *Final* (PE-BT-01, activities 04 to 06). Each is one conditional update.

A colleague who takes a step of a cita that nobody cared for takes it over. Who may act is permissions' business.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.attention_record import Written, hold_active, note_attendant, open_record, state_of, write_down
from portal.domain.desk import FINAL_ASKED_AFTER
from portal.domain.errors import NotReserved, TooLate, TooSoon
from portal.domain.events import record_event
from portal.domain.modality import Modality
from portal.domain.notices import LONGEST_WAIT, add_notice, queue_message
from portal.domain.phases import ENTER_BEFORE
from portal.domain.spanish_dates import local_day, midnight_before
from portal.domain.surveys import ask_survey
from portal.domain.vocabulary import EventKind, MessageKind, State


@transactional
async def start(appointment: UUID, staff: UUID, now: datetime) -> None:
    """*Inicio*: from 10 minutes before the start until the local day ends, once.

    Raises TooSoon, TooLate, NotReserved, AppointmentUnknown.
    """
    rows = await fetch(
        'UPDATE "appointment" SET "state" = \'in_attention\', "started_at" = {} WHERE "id" = {} '
        'AND "state" = \'reserved\' AND "starts_at" <= {} AND "starts_at" >= {} RETURNING "id"',
        *(now, appointment, now + ENTER_BEFORE, midnight_before(now)),
    )
    if not rows:
        raise await refuse_window(appointment, now)
    await note_attendant(appointment, staff, now)
    await record_event(appointment, EventKind.STARTED, now, staff=staff)


async def refuse_window(appointment: UUID, now: datetime) -> TooSoon | TooLate | NotReserved:
    """Why a step between 10 minutes before the start and the end of the day was refused. Raises AppointmentUnknown."""
    state = await state_of(appointment)
    if state is not State.RESERVED:
        return NotReserved(state)
    rows = await fetch('SELECT "starts_at" FROM "appointment" WHERE "id" = {}', appointment)
    opens_at: datetime = rows[0]["starts_at"] - ENTER_BEFORE
    return TooSoon(opens_at) if now < opens_at else TooLate()


@transactional
async def switch_channel(appointment: UUID, staff: UUID, channel: Modality, now: datetime) -> None:
    """Go on by telephone, in person or by video, on the same record; the same channel again does nothing.

    Raises NotReserved, AppointmentUnknown.
    """
    cita = await hold_active(appointment)
    other = "" if channel.value == cita["modality"] else channel.value
    await open_record(appointment, now)
    changed = await fetch(
        'UPDATE "attention" SET "channel" = {}, "updated_at" = {} WHERE "appointment" = {} AND "channel" <> {} '
        'RETURNING "appointment"',
        *(other, now, appointment, other),
    )
    if changed:
        await record_event(appointment, EventKind.CHANNEL_CHANGED, now, staff=staff, channel=channel.value)


@transactional
async def finish(
    appointment: UUID,
    staff: UUID,
    now: datetime,
    survey_days: int,
    written: Written | None = None,
    *,
    ended_earlier: bool = False,
) -> None:
    """*Final*: keeps what is written, mails the links of activity 06 and asks the survey of activity 07, together.

    ``ended_earlier`` is the consultor's answer to the question about a forgotten *Final*; it, or another day, makes the
    duration doubtful. Raises NotReserved, NewerText, AppointmentUnknown.
    """
    rows = await fetch(
        'UPDATE "appointment" SET "state" = \'attended\', "finished_at" = {} WHERE "id" = {} '
        'AND "state" = \'in_attention\' RETURNING "started_at", "email"',
        *(now, appointment),
    )
    if not rows:
        raise NotReserved(await state_of(appointment))
    started_at, email = rows[0]["started_at"], rows[0]["email"]
    if written is not None:
        await write_down(appointment, written, now)
    if local_day(started_at) != local_day(now) or (ended_earlier and now >= started_at + FINAL_ASKED_AFTER):
        await fetch('UPDATE "attention" SET "doubtful" = {} WHERE "appointment" = {}', True, appointment)
    await record_event(appointment, EventKind.FINISHED, now, staff=staff)
    await add_notice(appointment, MessageKind.LINKS, now)
    await ask_survey(appointment, now, survey_days)
    await queue_message(appointment, MessageKind.LINKS, email, now, deadline=now + LONGEST_WAIT)
