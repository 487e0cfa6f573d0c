"""Doubts of citizens as the staff sees them: whose they are, how old, and who may answer (PE-BT-01, activity 05)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.desk import DeskCita, select_desk_citas
from portal.domain.files import FileView, view_file
from portal.domain.permissions import may_see
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.domain.vocabulary import QuestionState, Role
from portal.domain.working_days import WorkingDays, read_working_days

_AHEAD: Final = timedelta(days=60)
"""How far holidays and closures can put off a day that counts."""


class Whose(StrEnum):
    """Which incidents a list holds."""

    MINE = "mias"
    ALL = "todas"


class Waiting(StrEnum):
    """How the incidents of a list stand."""

    PENDING = "pendientes"
    FORWARDED = "derivadas"
    ANSWERED = "respondidas"


_STATES: Final = {
    Waiting.PENDING: (QuestionState.OPEN, QuestionState.FORWARDED),
    Waiting.FORWARDED: (QuestionState.FORWARDED,),
    Waiting.ANSWERED: (QuestionState.ANSWERED,),
}

LONGEST_LIST: Final = 200
"""Of answered ones: the newest. Those that wait are all shown."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A doubt with its cita, for one person of the staff. Times are UTC.

    ``mine`` says that it waits for them, or was theirs; ``left`` that its consultor no longer works here, or let the
    time run out, so that any colleague of the sede may take it.
    """

    id: UUID
    cita: DeskCita
    text: str
    copy: FileView | None
    state: QuestionState
    asked_at: datetime
    due_at: datetime
    forwarded_at: datetime | None
    forwarded_by: UUID | None
    forwarded_by_name: str
    forward_note: str
    answer: str
    answered_at: datetime | None
    answered_by: UUID | None
    answered_by_name: str
    mine: bool
    left: bool
    overdue: bool
    may_answer: bool
    may_forward: bool


async def find_incident(question: UUID, staff: StaffView, now: datetime) -> Incident | None:
    """The incident of an id, or None: there is none, or this person may not see it."""
    found = await _select('"question"."id" = {}', question, staff=staff, now=now)
    return found[0] if found else None


async def list_incidents(staff: StaffView, whose: Whose, waiting: Waiting, now: datetime) -> list[Incident]:
    """The incidents that this person may see, theirs first; those that wait by age, answered ones newest first."""
    states = _STATES[waiting]
    marks = ", ".join("{}" for _ in states)
    condition = f'"question"."state" IN ({marks})'
    values: list[object] = [state.value for state in states]
    if staff.center is not None and staff.role is not Role.ADMINISTRATOR:
        condition += ' AND "appointment"."center" = {}'
        values.append(staff.center)
    tail = 'ORDER BY "question"."asked_at"'
    if waiting is Waiting.ANSWERED:
        tail = f'ORDER BY "question"."answered_at" DESC LIMIT {LONGEST_LIST}'
    found = await _select(condition, *values, staff=staff, now=now, tail=tail)
    shown = [incident for incident in found if incident.mine or whose is Whose.ALL]
    return sorted(shown, key=lambda incident: not incident.mine)


async def count_waiting(staff: StaffView) -> int:
    """How many doubts wait for this person: of a consultor's own citas, or forwarded to a responsable's sede."""
    if staff.role is Role.CONSULTANT:
        state, whose, value = QuestionState.OPEN, '"appointment"."consultant" = {}', staff.id
    elif staff.role is Role.SUPERVISOR and staff.center is not None:
        state, whose, value = QuestionState.FORWARDED, '"appointment"."center" = {}', staff.center
    elif staff.role is Role.SUPERVISOR:
        state, whose, value = QuestionState.FORWARDED, '"question"."id" <> {}', UUID(int=0)
    else:
        return 0
    # The first condition is the one of the index that holds those that wait alone.
    rows = await fetch(
        'SELECT count(*) AS "number" FROM "question" '
        'JOIN "appointment" ON "appointment"."id" = "question"."appointment" '
        f'WHERE "question"."state" <> \'answered\' AND "question"."state" = {{}} AND {whose}',
        *(state.value, value),
    )
    return int(rows[0]["number"])


_COLUMNS = (
    '"question"."id", "question"."appointment", "question"."text", "question"."state", "question"."asked_at", '
    '"question"."forwarded_at", "question"."forwarded_by", "question"."forward_note", "question"."answer", '
    '"question"."answered_at", "question"."answered_by", "forwarder"."name" AS "forwarded_by_name", '
    '"answerer"."name" AS "answered_by_name", "owner"."active" AS "owner_active", '
    '"stored_file"."id" AS "file", "stored_file"."kind", "stored_file"."media_type", "stored_file"."size", '
    '"stored_file"."received_at"'
)
_JOINED = (
    'FROM "question" JOIN "appointment" ON "appointment"."id" = "question"."appointment" '
    'JOIN "staff" "owner" ON "owner"."id" = "appointment"."consultant" '
    'LEFT JOIN "staff" "forwarder" ON "forwarder"."id" = "question"."forwarded_by" '
    'LEFT JOIN "staff" "answerer" ON "answerer"."id" = "question"."answered_by" '
    'LEFT JOIN "stored_file" ON "stored_file"."id" = "question"."file"'
)


async def _select(condition: str, *values: object, staff: StaffView, now: datetime, tail: str = "") -> list[Incident]:
    """The incidents that a condition of ours picks, as far as this person may see them."""
    rows = await fetch(f"SELECT {_COLUMNS} {_JOINED} WHERE {condition} {tail}", *values)
    if not rows:
        return []
    citas = await _citas_of({row["appointment"] for row in rows})
    first = min(row["asked_at"] for row in rows)
    days = await read_working_days(local_day(first), local_day(now + _AHEAD))
    found = (_view(row, citas[row["appointment"]], staff, now, days) for row in rows)
    return [incident for incident in found if _may_see(staff, incident)]


async def _citas_of(appointments: Collection[UUID]) -> dict[UUID, DeskCita]:
    marks = ", ".join("{}" for _ in appointments)
    return {cita.id: cita for cita in await select_desk_citas(f'"appointment"."id" IN ({marks})', *appointments)}


def _view(row: Row, cita: DeskCita, staff: StaffView, now: datetime, days: WorkingDays) -> Incident:
    state = QuestionState(row["state"])
    due_at = days.answer_due(row["asked_at"], cita.center)
    overdue = due_at <= (row["answered_at"] or now)
    own = staff.id in (cita.consultant, cita.attended_by)
    left = state is QuestionState.OPEN and (overdue or not row["owner_active"])
    steered = staff.steers and may_see(staff, cita)
    return Incident(
        id=row["id"],
        cita=cita,
        text=str(row["text"]),
        copy=view_file({**row, "id": row["file"]}) if row["file"] is not None else None,
        state=state,
        asked_at=row["asked_at"],
        due_at=due_at,
        forwarded_at=row["forwarded_at"],
        forwarded_by=row["forwarded_by"],
        forwarded_by_name=str(row["forwarded_by_name"] or ""),
        forward_note=str(row["forward_note"]),
        answer=str(row["answer"]),
        answered_at=row["answered_at"],
        answered_by=row["answered_by"],
        answered_by_name=str(row["answered_by_name"] or ""),
        mine=own
        or staff.id in (row["forwarded_by"], row["answered_by"])
        or (staff.role is Role.SUPERVISOR and state is QuestionState.FORWARDED and steered),
        left=left,
        overdue=overdue,
        may_answer=(state is QuestionState.OPEN and (own or left)) or (state is not QuestionState.ANSWERED and steered),
        may_forward=state is QuestionState.OPEN and not staff.steers and (own or left),
    )


def _may_see(staff: StaffView, incident: Incident) -> bool:
    """Consultores see those of their own citas and those that a colleague of the sede left; who steers, all."""
    return may_see(staff, incident.cita) and (staff.steers or incident.mine or incident.left)
