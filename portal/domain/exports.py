"""Files of the register that take a while: asked for, made by one worker, kept in pieces for a day.

A job belongs to whoever moved ``claimed_until`` last: each step of its making names the moment that the one before it
set, so that a worker which was thought dead and comes back changes nothing any more.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.errors import DomainError
from portal.domain.register_filter import RegisterFilter, sede_of
from portal.domain.staff import StaffView
from portal.domain.vocabulary import State

CLAIM: Final = timedelta(minutes=1)
"""How long a job that shows no progress is left to whoever makes it."""

KEPT: Final = timedelta(days=1)
_GIVEN_UP: Final = timedelta(hours=2)
"""A job that was asked for so long ago and is not made yet has ended its worker too often."""


class ExportKind(StrEnum):
    """The value is what addresses carry, and how the file's name ends."""

    XLSX = "xlsx"
    CSV = "csv"


class ExportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ClaimLost(DomainError):
    """Another worker has the job, or it is gone."""


@dataclass(frozen=True, slots=True)
class ExportView:
    """A file that somebody asked for. ``size`` in bytes; moments in UTC."""

    id: UUID
    staff: UUID
    kind: ExportKind
    state: ExportState
    chosen: RegisterFilter
    rows_done: int
    rows_total: int
    size: int
    asked_at: datetime
    finished_at: datetime | None

    @property
    def is_waited_for(self) -> bool:
        return self.state in (ExportState.QUEUED, ExportState.RUNNING)

    @property
    def percent(self) -> int:
        """How far it is, from 0 to 100."""
        return min(100, self.rows_done * 100 // self.rows_total) if self.rows_total else 0


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make a file until then, unless it is moved on."""

    job: UUID
    until: datetime


@transactional
async def ask_for_export(staff: UUID, kind: ExportKind, chosen: RegisterFilter, rows: int, now: datetime) -> UUID:
    """Have a file made; returns its job. The same file, asked for while it is being made, is the same job."""
    for job in await list_exports(staff):
        if job.is_waited_for and job.kind is kind and job.chosen == chosen:
            return job.id
    identity = uuid4()
    await fetch(
        'INSERT INTO "export_job" ("id", "staff", "kind", "filters", "state", "rows_done", "rows_total", "size", '
        '"asked_at") VALUES ({}, {}, {}, {}, {}, 0, {}, 0, {})',
        *(identity, staff, kind.value, write_filter(chosen), ExportState.QUEUED.value, rows, now),
    )
    return identity


async def list_exports(staff: UUID) -> list[ExportView]:
    """The files that somebody asked for, the newest first."""
    rows = await fetch(f'{_SELECT} WHERE "staff" = {{}} ORDER BY "asked_at" DESC, "id"', staff)
    return [_view(row) for row in rows]


async def find_export(job: UUID, staff: StaffView) -> ExportView | None:
    """A file that they asked for themselves and may still see what is in it, or None."""
    view = await read_export(job)
    if view is None or view.staff != staff.id or sede_of(staff) not in (None, view.chosen.center):
        return None
    return view


async def read_export(job: UUID) -> ExportView | None:
    """A job, whoever asked for it."""
    rows = await fetch(f'{_SELECT} WHERE "id" = {{}}', job)
    return _view(rows[0]) if rows else None


async def claim_export(now: datetime) -> Claim | None:
    """Take the job that has waited longest, or whose worker has shown no progress for a minute; None: nothing to do."""
    waiting = await fetch(
        'SELECT "id", "asked_at" FROM "export_job" WHERE "state" IN (\'queued\', \'running\') '
        'AND ("state" = \'queued\' OR "claimed_until" < {}) ORDER BY "asked_at"',
        now,
    )
    for row in waiting:
        claim = await _claim(row["id"], now)
        if claim is not None and row["asked_at"] < now - _GIVEN_UP:
            await fail_export(claim, now)
        elif claim is not None:
            return claim
    return None


@transactional
async def _claim(job: UUID, now: datetime) -> Claim | None:
    taken = await fetch(
        'UPDATE "export_job" SET "state" = \'running\', "rows_done" = 0, "claimed_until" = {} WHERE "id" = {} '
        'AND ("state" = \'queued\' OR ("state" = \'running\' AND "claimed_until" < {})) RETURNING "claimed_until"',
        *(now + CLAIM, job, now),
    )
    if not taken:
        return None
    await fetch('DELETE FROM "export_chunk" WHERE "job" = {}', job)
    return Claim(job, taken[0]["claimed_until"])


async def tell_progress(claim: Claim, rows_done: int, now: datetime) -> Claim:
    """Say how many rows are written and keep the job for another minute. Raises ClaimLost."""
    return await _move(claim, now, rows_done=rows_done)


@transactional
async def keep_chunk(claim: Claim, number: int, content: bytes, now: datetime) -> Claim:
    """Keep the next piece of the file. Raises ClaimLost."""
    moved = await _move(claim, now)
    await fetch(
        'INSERT INTO "export_chunk" ("id", "job", "number", "content") VALUES ({}, {}, {}, {})',
        *(uuid4(), claim.job, number, content),
    )
    return moved


async def finish_export(claim: Claim, rows: int, size: int, now: datetime) -> None:
    """The file is whole. Raises ClaimLost."""
    await _end(
        claim,
        '"state" = \'done\', "rows_done" = {}, "rows_total" = {}, "size" = {}, "finished_at" = {}',
        *(rows, rows, size, now),
    )


async def fail_export(claim: Claim, now: datetime) -> None:
    """It cannot be made; does nothing if somebody else has it."""
    await _let_go(claim, '"state" = \'failed\', "finished_at" = {}', now)


async def give_back_export(claim: Claim) -> None:
    """Whoever made it has to stop: the next one may begin at once."""
    await _let_go(claim, '"state" = \'queued\', "rows_done" = 0')


async def read_pieces(job: UUID) -> AsyncIterator[bytes]:
    """The file, piece by piece in their order."""
    number = 0
    while rows := await fetch(
        'SELECT "content" FROM "export_chunk" WHERE "job" = {} AND "number" = {}', *(job, number)
    ):
        yield rows[0]["content"]
        number += 1


async def purge_exports(now: datetime) -> None:
    """Forget files that were asked for more than a day ago."""
    for row in await fetch('SELECT "id" FROM "export_job" WHERE "asked_at" < {}', now - KEPT):
        await _forget(row["id"])


@transactional
async def _forget(job: UUID) -> None:
    await fetch('DELETE FROM "export_chunk" WHERE "job" = {}', job)
    await fetch('DELETE FROM "export_job" WHERE "id" = {}', job)


async def _move(claim: Claim, now: datetime, rows_done: int | None = None) -> Claim:
    """Later than before, whatever the clock says, so that no two claims are alike."""
    until = max(now + CLAIM, claim.until + timedelta(microseconds=1))
    done, values = ("", ()) if rows_done is None else (', "rows_done" = {}', (rows_done,))
    await _end(claim, f'"claimed_until" = {{}}{done}', until, *values)
    return replace(claim, until=until)


async def _end(claim: Claim, changes: str, *values: object) -> None:
    if not await _let_go(claim, changes, *values):
        raise ClaimLost


async def _let_go(claim: Claim, changes: str, *values: object) -> bool:
    changed = await fetch(
        f'UPDATE "export_job" SET {changes} WHERE "id" = {{}} AND "state" = \'running\' AND "claimed_until" = {{}} '
        'RETURNING "id"',
        *(*values, claim.job, claim.until),
    )
    return bool(changed)


_SELECT: Final = (
    'SELECT "id", "staff", "kind", "state", "filters", "rows_done", "rows_total", "size", "asked_at", "finished_at" '
    'FROM "export_job"'
)


def _view(row: Row) -> ExportView:
    values = dict(row)
    filters = values.pop("filters")
    return ExportView(
        **{
            **values,
            "kind": ExportKind(values["kind"]),
            "state": ExportState(values["state"]),
            "chosen": read_filter(filters),
        }
    )


def write_filter(chosen: RegisterFilter) -> str:
    """A filter as it is stored: days, ids and codes."""
    return json.dumps(
        {
            "desde": chosen.first_day.isoformat(),
            "hasta": chosen.last_day.isoformat(),
            "sede": chosen.center and str(chosen.center),
            "consultor": chosen.consultant and str(chosen.consultant),
            "servicio": chosen.service and str(chosen.service),
            "estado": chosen.state and chosen.state.value,
        }
    )


def read_filter(text: str) -> RegisterFilter:
    """A filter that was stored."""
    stored = json.loads(text)
    return RegisterFilter(
        first_day=date.fromisoformat(stored["desde"]),
        last_day=date.fromisoformat(stored["hasta"]),
        center=stored["sede"] and UUID(stored["sede"]),
        consultant=stored["consultor"] and UUID(stored["consultor"]),
        service=stored["servicio"] and UUID(stored["servicio"]),
        state=stored["estado"] and State(stored["estado"]),
    )
