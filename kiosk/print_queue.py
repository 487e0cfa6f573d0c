"""The queue of slips: from rows that are on disk to paper, over paper-out, printers that go away, and restarts.

The rows are the queue, CUPS the printer. Handing over is in two steps: CUPS gets the slip held and names it; the name
goes to disk; only then is it released. So a process that dies has printed nothing that the row does not tell of, and
after a restart CUPS is asked how each one went before anything is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog

from kiosk.cups import Cups, Ending, PrinterTrouble, Spooler, SpoolerJob, number_of
from kiosk.print_jobs import (
    PrintJob,
    PrintState,
    Problem,
    find_job,
    give_up_unsent,
    leave_to_browser,
    listening,
    mark_going,
    mark_over,
    mark_sent,
    mark_stuck,
    read_open_jobs,
)
from kiosk.printing import NoSlip
from kiosk.state import NotPaired, is_locked
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.errors import AppointmentUnknown, NotReserved
from portal.domain.spanish_dates import local_day

Now = Callable[[], Awaitable[datetime]]
"""The corrected time."""

_SLOW_AFTER: Final = timedelta(seconds=45)

log = structlog.get_logger("citas.kiosk")


class Press(Protocol):
    """Whoever makes slips."""

    async def print_slip(self, appointment: UUID, paper: Paper, now: datetime) -> bytes:
        """The PDF of a cita that stands. Raises AppointmentUnknown, NotReserved, NotPaired, NoSlip."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the queue rests: while slips come out, while one is stuck, while there is nothing to print."""

    busy: timedelta = timedelta(seconds=0.3)
    stuck: timedelta = timedelta(seconds=3)
    idle: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class PrinterView:
    """The printer as pages tell of it: "" has no name, and then there is none. ``open_jobs`` in their order."""

    name: str
    problem: Problem | None
    open_jobs: tuple[PrintJob, ...]

    @property
    def is_there(self) -> bool:
        """Whether slips go to a printer; else the page offers the browser's dialog."""
        return bool(self.name)

    @property
    def stuck(self) -> tuple[PrintJob, ...]:
        return tuple(job for job in self.open_jobs if job.state is PrintState.STUCK)


class PrintQueue:
    """Brings ordered slips to paper. Without a printer (``cups`` is None) they are left to the browser."""

    def __init__(self, cups: Cups | None, press: Press, now: Now, pace: Pace = Pace()) -> None:
        self._cups = cups
        self._press = press
        self._now = now
        self._pace = pace
        self._woken = asyncio.Event()
        self._problem: Problem | None = None
        self._is_clean = False
        self._released: set[str] = set()
        self._going_since: dict[UUID, datetime] = {}
        self._given_up: set[UUID] = set()

    async def view(self) -> PrinterView:
        """The printer as the queue saw it last, and what is open."""
        return PrinterView(self._cups.printer if self._cups else "", self._problem, tuple(await read_open_jobs()))

    async def check(self) -> PrinterView:
        """Ask the printer now how it is."""
        if self._cups is not None:
            try:
                self._note(await self._cups.look())
            except PrinterTrouble as trouble:
                self._problem = trouble.problem
        return await self.view()

    def _note(self, spooler: Spooler) -> None:
        self._problem = spooler.problem or (Problem.REFUSES if spooler.refuses else None)

    async def cancel(self, job: UUID) -> PrintJob | None:
        """Have a slip not printed; how it is then: also printed, when it was too late. None when there is none.

        Raises PrinterTrouble when the printer has it and cannot be asked now: the queue then goes on trying.
        """
        now = await self._now()
        if not await give_up_unsent(job, now):
            found = await find_job(job)
            if found is not None and found.needs_somebody:
                await mark_over(job, PrintState.CANCELLED, now)
            elif found is not None and found.is_open and self._cups is not None:
                self._given_up.add(job)
                await self._settle(found, await self._cups.cancel(found.printer_job), now)
        return await find_job(job)

    async def run(self) -> None:
        """Print until cancelled. Nothing that goes wrong once ends it."""
        with listening(self._woken.set):
            while True:
                self._woken.clear()
                try:
                    pause = await self.one_round()
                except Exception as error:  # noqa: BLE001  # a disk that is full, a process that cannot start
                    log.error("printing failed", error=type(error).__name__)  # noqa: TRY400  # its text may name somebody
                    pause = self._pace.stuck
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause.total_seconds()):
                        await self._woken.wait()

    async def one_round(self) -> timedelta:
        """Look at the printer, then at each open job; how long to rest."""
        now = await self._now()
        if self._cups is None:
            await leave_to_browser(now)
            return self._pace.idle
        jobs = await read_open_jobs()
        self._going_since = {job.id: self._going_since[job.id] for job in jobs if job.id in self._going_since}
        if not jobs and self._is_clean:
            return self._pace.idle
        try:
            spooler = await self._cups.look()
            self._note(spooler)
            await self._clean_up(self._cups, spooler)
            for job in jobs:
                await self._bring_on(self._cups, job, spooler, now)
        except PrinterTrouble as trouble:
            self._problem = trouble.problem
            await self._hold_up(trouble.problem)
        left = await read_open_jobs()
        if not left:
            return self._pace.idle
        return self._pace.stuck if all(job.state is PrintState.STUCK for job in left) else self._pace.busy

    async def _hold_up(self, problem: Problem) -> None:
        for job in await read_open_jobs():
            if job.problem is not problem and not job.needs_somebody:
                log.warning("slip stuck", job=str(job.id), problem=problem.value)
                await mark_stuck(job.id, problem)

    async def _clean_up(self, cups: Cups, spooler: Spooler) -> None:
        """At the start: slips that were handed over and whose name never came to disk here lie there held; away."""
        if self._is_clean:
            return
        known = {row["printer_job"] for row in await fetch('SELECT "printer_job" FROM "print_job"')}
        for job in spooler.jobs.values():
            if job.is_held and job.is_ours and job.name not in known:
                await cups.cancel(job.name)
        self._is_clean = True

    async def _bring_on(self, cups: Cups, job: PrintJob, spooler: Spooler, now: datetime) -> None:
        if await is_locked():
            await self._drop(cups, job, now, Problem.KIOSK_LOCKED)
        elif local_day(job.asked_at) < local_day(now):
            # Whoever waited for it has left; nobody's papers shall lie in the tray in the morning.
            await self._drop(cups, job, now, Problem.TOO_LATE)
        elif job.needs_somebody:
            return
        elif not job.printer_job:
            await self._send(cups, job, spooler, now)
        elif job.id in self._given_up:
            await self._settle(job, await cups.cancel(job.printer_job), now)
        else:
            await self._follow(cups, job, spooler, now)

    async def _drop(self, cups: Cups, job: PrintJob, now: datetime, why: Problem) -> None:
        ending = await cups.cancel(job.printer_job) if job.printer_job else Ending.CANCELED
        if ending is Ending.COMPLETED:
            await mark_over(job.id, PrintState.PRINTED, now)
        else:
            await mark_over(job.id, PrintState.CANCELLED, now, why)

    async def _send(self, cups: Cups, job: PrintJob, spooler: Spooler, now: datetime) -> None:
        if spooler.refuses:
            await mark_stuck(job.id, Problem.REFUSES)
            return
        try:
            pdf = await self._press.print_slip(job.appointment, job.paper, now)
        except (AppointmentUnknown, NotReserved):
            await mark_over(job.id, PrintState.CANCELLED, now, Problem.CITA_GONE)
            return
        except NotPaired:
            await mark_stuck(job.id, Problem.NO_SLIP)
            return
        except NoSlip as failure:
            if not failure.is_passing:
                await mark_stuck(job.id, Problem.NO_SLIP)
            return
        name = await cups.hand_over(pdf, job.paper)
        if not await mark_sent(job.id, name):
            await cups.cancel(name)  # somebody at the desk was faster
            return
        self._released.discard(name)  # of a CUPS that counts anew
        await self._release(cups, name)

    async def _release(self, cups: Cups, name: str) -> None:
        # Once: whoever holds it at CUPS later does so on purpose.
        if await cups.release(name):
            self._released.add(name)

    async def _follow(self, cups: Cups, job: PrintJob, spooler: Spooler, now: datetime) -> None:
        there = spooler.jobs.get(number_of(job.printer_job))
        if there is None:
            # It is over, and how, CUPS says when it is asked to cancel it.
            await self._settle(job, await cups.cancel(job.printer_job), now)
        elif there.has_failed:
            await cups.cancel(there.name)
            await self._settle(job, Ending.ABORTED, now)
        else:
            await self._wait_for(cups, job, there, spooler.problem, now)

    async def _wait_for(
        self, cups: Cups, job: PrintJob, there: SpoolerJob, problem: Problem | None, now: datetime
    ) -> None:
        if there.is_held and job.printer_job not in self._released:
            await self._release(cups, there.name)
        if problem is not None:
            self._going_since.pop(job.id, None)
        elif now - self._going_since.setdefault(job.id, now) > _SLOW_AFTER:
            problem = Problem.SLOW
        if problem is None:
            await mark_going(job.id)
        elif job.problem is not problem:
            log.warning("slip stuck", job=str(job.id), problem=problem.value)
            await mark_stuck(job.id, problem)

    async def _settle(self, job: PrintJob, ending: Ending, now: datetime) -> None:
        if ending is Ending.COMPLETED:
            await mark_over(job.id, PrintState.PRINTED, now)
        elif ending is Ending.CANCELED:
            is_wanted = job.id not in self._given_up
            await mark_over(job.id, PrintState.CANCELLED, now, Problem.STOPPED_THERE if is_wanted else None)
        else:
            problem = Problem.FAILED if ending is Ending.ABORTED else Problem.UNKNOWN_OUTCOME
            log.warning("slip stuck", job=str(job.id), problem=problem.value)
            await mark_stuck(job.id, problem)
