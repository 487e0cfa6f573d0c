"""What the consultor writes down of a cita: topics, notes, observations, kept as one types (PE-BT-01, 05 and 06)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.errors import AppointmentUnknown, NewerText, NotReserved
from portal.domain.spanish_dates import midnight_before
from portal.domain.vocabulary import State, Topic

LONGEST_NOTES: Final = 2_000
LONGEST_OBSERVATIONS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the form. ``revision`` is the one that its page read: an older one changes nothing."""

    topics: tuple[Topic, ...]
    notes: str
    observations: str
    revision: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is written down of a cita; ``final_asked_at`` is when a forgotten *Final* was asked about (UTC)."""

    written: Written
    motive: str = ""
    final_asked_at: datetime | None = None
    doubtful: bool = False


NOTHING_WRITTEN: Final = Record(Written((), "", "", 0))


async def find_record(appointment: UUID) -> Record:
    """What is written down of a cita so far."""
    rows = await fetch(
        'SELECT "topics", "notes", "observations", "revision", "motive", "final_asked_at", "doubtful" '
        'FROM "attention" WHERE "appointment" = {}',
        appointment,
    )
    if not rows:
        return NOTHING_WRITTEN
    row = rows[0]
    topics = tuple(Topic(topic) for topic in json.loads(row["topics"]))
    written = Written(topics, row["notes"], row["observations"], row["revision"])
    return Record(written, row["motive"], row["final_asked_at"], bool(row["doubtful"]))


@transactional
async def save_notes(appointment: UUID, written: Written, now: datetime) -> int:
    """Keep topics, notes and observations while the cita is active, and until the end of the day on which it ended.

    Returns the new revision; the same text again keeps the old one. Raises NewerText when another window wrote
    something else since, NotReserved, AppointmentUnknown.
    """
    rows = await fetch(
        'UPDATE "appointment" SET "state" = "state" WHERE "id" = {} AND ("state" IN (\'reserved\', \'in_attention\') '
        'OR ("state" = \'attended\' AND "finished_at" >= {}) '
        'OR ("state" IN (\'abandoned\', \'not_held\') AND "ended_at" >= {})) RETURNING "id"',
        *(appointment, midnight_before(now), midnight_before(now)),
    )
    if not rows:
        raise NotReserved(await state_of(appointment))
    return await write_down(appointment, written, now)


async def write_down(appointment: UUID, written: Written, now: datetime) -> int:
    """Write the text inside the transaction of another step, which holds the cita's row. Raises NewerText."""
    await open_record(appointment, now)
    kept = await find_record(appointment)
    if _same_text(kept.written, written):
        return kept.written.revision
    rows = await fetch(
        'UPDATE "attention" SET "topics" = {}, "notes" = {}, "observations" = {}, "revision" = "revision" + 1, '
        '"updated_at" = {} WHERE "appointment" = {} AND "revision" = {} RETURNING "revision"',
        *(json.dumps(written.topics), written.notes, written.observations, now, appointment, written.revision),
    )
    if not rows:
        raise NewerText
    revision: int = rows[0]["revision"]
    return revision


async def add_observations(appointment: UUID, observations: str, now: datetime) -> None:
    """Put a step's observations below those that were written before, inside the transaction of the step."""
    kept = (await find_record(appointment)).written
    if observations and observations not in kept.observations:
        text = f"{kept.observations}\n{observations}".strip()
        await write_down(appointment, Written(kept.topics, kept.notes, text, kept.revision), now)


async def open_record(appointment: UUID, now: datetime) -> None:
    """Make the row that the text stands in, unless there is one."""
    await fetch(
        'INSERT INTO "attention" ("appointment", "channel", "topics", "notes", "observations", "revision", "motive", '
        "\"doubtful\", \"updated_at\") VALUES ({}, '', '[]', '', '', 0, '', {}, {}) ON CONFLICT DO NOTHING",
        *(appointment, False, now),
    )


async def note_attendant(appointment: UUID, staff: UUID, now: datetime) -> None:
    """Note who attends the cita: who presses *Inicio*, or before that a colleague who takes it over."""
    await open_record(appointment, now)
    await fetch(
        'UPDATE "attention" SET "attended_by" = {}, "updated_at" = {} WHERE "appointment" = {}',
        *(staff, now, appointment),
    )


async def note_motive(appointment: UUID, motive: str, now: datetime) -> None:
    """Note why a cita was abandoned or not held; empty when that was taken back."""
    await open_record(appointment, now)
    await fetch(
        'UPDATE "attention" SET "motive" = {}, "updated_at" = {} WHERE "appointment" = {}', *(motive, now, appointment)
    )


async def hold_active(appointment: UUID) -> Row:
    """Hold an active cita's row until the transaction ends, so that no other step comes between.

    Raises NotReserved, AppointmentUnknown.
    """
    rows = await fetch(
        'UPDATE "appointment" SET "state" = "state" WHERE "id" = {} AND "state" IN (\'reserved\', \'in_attention\') '
        'RETURNING "id", "state", "modality", "email", "consultant", "center", "starts_at", "ends_at", "meet_link", '
        '"invited_at"',
        appointment,
    )
    if not rows:
        raise NotReserved(await state_of(appointment))
    return rows[0]


async def state_of(appointment: UUID) -> State:
    """The state of a cita. Raises AppointmentUnknown."""
    rows = await fetch('SELECT "state" FROM "appointment" WHERE "id" = {}', appointment)
    if not rows:
        raise AppointmentUnknown
    return State(rows[0]["state"])


def _same_text(one: Written, other: Written) -> bool:
    return (one.topics, one.notes, one.observations) == (other.topics, other.notes, other.observations)
