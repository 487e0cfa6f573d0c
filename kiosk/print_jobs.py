"""Slips that are to be printed: ordered in the transaction that books, so that none is lost and none comes too soon.

A job goes from queued to printing, with the printer's own number for it, to printed; it is stuck, with its problem,
while it cannot go on. Each step is one conditional update: the queue and somebody at the desk may both want one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from portal.database.engine import Row
from portal.database.node import after_commit, fetch, transactional
from portal.documents.slip import Paper


class PrintState(StrEnum):
    """Where a slip is on its way to paper."""

    QUEUED = "queued"
    PRINTING = "printing"
    STUCK = "stuck"
    PRINTED = "printed"
    CANCELLED = "cancelled"
    BROWSER = "browser"  # no printer is configured: the page offers the browser's dialog


class Problem(StrEnum):
    """Why a slip does not come out."""

    PAPER_OUT = "paper_out"
    PAPER_JAM = "paper_jam"
    COVER_OPEN = "cover_open"
    PAUSED = "paused"
    PRINTER_AWAY = "printer_away"
    SLOW = "slow"
    NO_SPOOLER = "no_spooler"
    NO_CLIENT = "no_client"
    UNKNOWN_PRINTER = "unknown_printer"
    REFUSES = "refuses"
    FAILED = "failed"
    UNKNOWN_OUTCOME = "unknown_outcome"  # the spooler has forgotten it: perhaps it is on paper
    NO_SLIP = "no_slip"
    CITA_GONE = "cita_gone"
    TOO_LATE = "too_late"
    STOPPED_THERE = "stopped_there"
    KIOSK_LOCKED = "kiosk_locked"


PERSON_DECIDES: Final = frozenset({Problem.FAILED, Problem.UNKNOWN_OUTCOME, Problem.NO_SLIP})
"""Stuck until somebody has looked and has it printed again; whatever else is stuck goes on by itself."""

_OPEN: Final = "\"print_job\".\"state\" IN ('queued', 'printing', 'stuck')"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A slip on its way to paper. Times are UTC; ``printer_job`` is empty until the printer's spooler has it."""

    id: UUID
    appointment: UUID
    code: str
    paper: Paper
    state: PrintState
    printer_job: str
    problem: Problem | None
    asked_at: datetime
    done_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it may still come out."""
        return self.state in {PrintState.QUEUED, PrintState.PRINTING, PrintState.STUCK}

    @property
    def needs_somebody(self) -> bool:
        """Whether it waits for somebody to look at the tray and have it printed again."""
        return self.state is PrintState.STUCK and self.problem in PERSON_DECIDES


_listeners: list[Callable[[], None]] = []


@contextmanager
def listening(listener: Callable[[], None]) -> Iterator[None]:
    """Have ``listener`` called whenever a slip was ordered in this process, once the order is on disk."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _tell_listeners() -> None:
    for listener in tuple(_listeners):
        listener()


async def queue_print(appointment: UUID, paper: Paper, now: datetime) -> UUID:
    """Order a slip; returns the job. Inside a transaction it is ordered when that is on disk (rule 15)."""
    job = uuid4()
    await fetch(
        'INSERT INTO "print_job" ("id", "appointment", "paper", "state", "printer_job", "problem", "asked_at") '
        "VALUES ({}, {}, {}, 'queued', '', '', {})",
        *(job, appointment, paper.value, now),
    )
    after_commit(_tell_listeners)
    return job


@transactional
async def print_again(appointment: UUID, paper: Paper, now: datetime) -> UUID:
    """Order a slip once more; returns the job. One that is on its way on that paper already is that job.

    Somebody has looked at the tray: what waited for that is over.
    """
    problems = ", ".join(f"'{problem.value}'" for problem in sorted(PERSON_DECIDES))
    await fetch(
        'UPDATE "print_job" SET "state" = \'cancelled\', "done_at" = {} '
        f'WHERE "appointment" = {{}} AND "state" = \'stuck\' AND "problem" IN ({problems})',
        *(now, appointment),
    )
    coming = await fetch(
        f'SELECT "id" FROM "print_job" WHERE "appointment" = {{}} AND "paper" = {{}} AND {_OPEN} LIMIT 1',
        *(appointment, paper.value),
    )
    if coming:
        job: UUID = coming[0]["id"]
        return job
    return await queue_print(appointment, paper, now)


async def read_open_jobs() -> list[PrintJob]:
    """Those that may still come out, in the order in which they were asked for."""
    return await _read(f"{_OPEN}")


async def read_jobs_of(appointment: UUID) -> list[PrintJob]:
    """The slips of a cita, in the order in which they were asked for."""
    return await _read('"print_job"."appointment" = {}', appointment)


async def find_job(job: UUID) -> PrintJob | None:
    """A job, or None."""
    jobs = await _read('"print_job"."id" = {}', job)
    return jobs[0] if jobs else None


async def _read(condition: str, *args: object) -> list[PrintJob]:
    rows = await fetch(
        'SELECT "print_job"."id", "print_job"."appointment", "appointment"."code", "print_job"."paper", '
        '"print_job"."state", "print_job"."printer_job", "print_job"."problem", "print_job"."asked_at", '
        '"print_job"."done_at" FROM "print_job" JOIN "appointment" ON "appointment"."id" = "print_job"."appointment" '
        f'WHERE {condition} ORDER BY "print_job"."asked_at", "print_job"."id"',
        *args,
    )
    return [_job_of(row) for row in rows]


def _job_of(row: Row) -> PrintJob:
    words = {
        "paper": Paper(row["paper"]),
        "state": PrintState(row["state"]),
        "problem": Problem(row["problem"]) if row["problem"] else None,
    }
    return PrintJob(**{**row, **words})


async def mark_sent(job: UUID, printer_job: str) -> bool:
    """The spooler has it, and will not print it before this is on disk; False when it is wanted no more."""
    return bool(
        await fetch(
            'UPDATE "print_job" SET "state" = \'printing\', "printer_job" = {}, "problem" = \'\' '
            'WHERE "id" = {} AND "state" IN (\'queued\', \'stuck\') AND "printer_job" = \'\' RETURNING "id"',
            *(printer_job, job),
        )
    )


async def mark_going(job: UUID) -> None:
    """What held it up is over."""
    await fetch(
        'UPDATE "print_job" SET "state" = \'printing\', "problem" = \'\' '
        'WHERE "id" = {} AND "state" = \'stuck\' AND "printer_job" <> \'\'',
        job,
    )


async def mark_stuck(job: UUID, problem: Problem) -> None:
    """It cannot go on."""
    await fetch(
        f'UPDATE "print_job" SET "state" = \'stuck\', "problem" = {{}} WHERE "id" = {{}} AND {_OPEN}',
        *(problem.value, job),
    )


async def mark_over(job: UUID, state: PrintState, now: datetime, problem: Problem | None = None) -> bool:
    """It is printed, or will not be; False when it was over before."""
    return bool(
        await fetch(
            f'UPDATE "print_job" SET "state" = {{}}, "problem" = {{}}, "done_at" = {{}} '
            f'WHERE "id" = {{}} AND {_OPEN} RETURNING "id"',
            *(state.value, problem.value if problem else "", now, job),
        )
    )


async def give_up_unsent(job: UUID, now: datetime) -> bool:
    """Cancel a job that the spooler does not have; False when it has it, or it is over."""
    return bool(
        await fetch(
            'UPDATE "print_job" SET "state" = \'cancelled\', "problem" = \'\', "done_at" = {} '
            f'WHERE "id" = {{}} AND {_OPEN} AND "printer_job" = \'\' RETURNING "id"',
            *(now, job),
        )
    )


async def leave_to_browser(now: datetime) -> None:
    """There is no printer: what is ordered is printed by the browser's dialog."""
    await fetch(
        'UPDATE "print_job" SET "state" = \'browser\', "problem" = \'\', "done_at" = {} '
        "WHERE \"state\" IN ('queued', 'stuck') AND \"printer_job\" = ''",
        now,
    )
