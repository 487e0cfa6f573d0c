"""The printer, by CUPS: what its command-line client (Debian's cups-client) is asked, and what its answers mean.

A slip is handed over held, and released when its number there is on disk here: whatever dies in between, it is neither
printed twice nor lost. The server is whichever ``CUPS_SERVER`` names, else this machine's.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kiosk.print_jobs import Problem
from portal.documents.slip import Paper

_PATIENCE_SECONDS: Final = 10
_TITLE: Final = "Constancia"  # whoever walks past the printer's display may read it
_MEDIA: Final[Mapping[Paper, tuple[str, ...]]] = {Paper.A5: ("-o", "media=A5"), Paper.TICKET: ()}

_RUNS: Final = "scheduler is running"
_REQUEST: Final = re.compile(r"request id is (\S+-\d+) ")
_JOB: Final = re.compile(r"((\S+)-\d+) +(\S+) +\d+ +\w")
_ENDED: Final = re.compile(r"is already (\w+)")
_HELD: Final = "job-hold-until-specified"
_FAILED: Final = "job-completed-with-errors"

# What a printer says of itself (RFC 8011, 5.4.12), by how it begins; the first that fits is told.
_ALERTS: Final = (
    ("media-empty", Problem.PAPER_OUT),
    ("media-needed", Problem.PAPER_OUT),
    ("media-jam", Problem.PAPER_JAM),
    ("cover-open", Problem.COVER_OPEN),
    ("door-open", Problem.COVER_OPEN),
    ("offline", Problem.PRINTER_AWAY),
    ("timed-out", Problem.PRINTER_AWAY),
    ("shutdown", Problem.PRINTER_AWAY),
    ("connecting-to-device", Problem.PRINTER_AWAY),
    ("paused", Problem.PAUSED),
)


class PrinterTrouble(Exception):
    """Nothing can be asked of the printer now; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Ending(StrEnum):
    """How a job at CUPS ended."""

    COMPLETED = "completed"
    CANCELED = "canceled"
    ABORTED = "aborted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SpoolerJob:
    """A job that CUPS has and that is not over. ``is_ours``: this user gave it to this printer."""

    name: str
    is_ours: bool
    is_held: bool
    has_failed: bool


@dataclass(frozen=True, slots=True)
class Spooler:
    """What CUPS says at a moment: what ails the printer, and the jobs that are not over, by their numbers."""

    problem: Problem | None
    refuses: bool
    jobs: Mapping[int, SpoolerJob]


class Cups:
    """A printer by its name at CUPS. Every question raises PrinterTrouble when it cannot be asked."""

    def __init__(self, printer: str) -> None:
        self.printer = printer

    async def look(self) -> Spooler:
        """How the printer is, and what waits for it."""
        # Jobs of all printers: somebody may have moved one to another.
        code, words, _ = await _run("lpstat", "-r", "-l", "-a", self.printer, "-p", self.printer, "-o")
        if not words.startswith(_RUNS):
            raise PrinterTrouble(Problem.NO_SPOOLER)
        if code:
            raise PrinterTrouble(Problem.UNKNOWN_PRINTER)
        return read_spooler(words, self.printer, pwd.getpwuid(os.geteuid()).pw_name)

    async def hand_over(self, pdf: bytes, paper: Paper) -> str:
        """Give CUPS a document to keep, not to print yet; its name for it, such as ``ticket-12``."""
        _, words, _ = await _run("lp", "-d", self.printer, "-H", "hold", "-t", _TITLE, *_MEDIA[paper], "-", content=pdf)
        found = _REQUEST.search(words)
        if found is None:
            await self.look()  # which says what is wrong, if anything is
            raise PrinterTrouble(Problem.REFUSES)
        return found[1]

    async def release(self, job: str) -> bool:
        """Let a held job be printed; False when it could not be told so."""
        code, _, _ = await _run("lp", "-i", str(number_of(job)), "-H", "resume")
        return code == 0

    async def cancel(self, job: str) -> Ending:
        """Have it not printed, if it is not over: how it ended."""
        code, _, complaint = await _run("cancel", job)
        if code == 0:
            return Ending.CANCELED
        ended = _ENDED.search(complaint)
        if ended and ended[1] in set(Ending):
            return Ending(ended[1])
        if "not exist" not in complaint and "Forbidden" not in complaint:
            await self.look()
        return Ending.UNKNOWN


def number_of(job: str) -> int:
    """The number in CUPS's name for a job."""
    return int(job.rpartition("-")[2])


@dataclass(slots=True)
class _Block:
    """What ``lpstat -l`` says of one thing: a line, and indented ones."""

    line: str
    alerts: list[str] = field(default_factory=list)


def read_spooler(words: str, printer: str, us: str) -> Spooler:
    """What ``lpstat -r -l -a PRINTER -p PRINTER -o`` printed, in the C locale, to a user of this name."""
    blocks: list[_Block] = []
    for line in words.splitlines():
        if not line.startswith("\t"):
            blocks.append(_Block(line))
        elif line.startswith("\tAlerts:") and blocks:
            blocks[-1].alerts = re.split(r"[\s,]+", line.removeprefix("\tAlerts:").strip())
    refuses = any(block.line.startswith(f"{printer} not accepting") for block in blocks)
    problem: Problem | None = None
    jobs: dict[int, SpoolerJob] = {}
    for block in blocks:
        if block.line.startswith(f"printer {printer} "):
            is_paused = block.line.startswith(f"printer {printer} disabled")
            problem = _ailment(block.alerts) or (Problem.PAUSED if is_paused else None)
        elif found := _JOB.match(block.line):
            name, queue, user = found.groups()
            is_ours = queue == printer and user == us
            jobs[number_of(name)] = SpoolerJob(name, is_ours, _HELD in block.alerts, _FAILED in block.alerts)
    return Spooler(problem, refuses, jobs)


def _ailment(alerts: list[str]) -> Problem | None:
    for beginning, problem in _ALERTS:
        if any(alert.startswith(beginning) and not alert.endswith("-warning") for alert in alerts):
            return problem
    return None


async def _run(*command: str, content: bytes | None = None) -> tuple[int, str, str]:
    """Run a command of the client, in the language that is read here: its exit code, words and complaints."""
    known = ("PATH", "HOME", "CUPS_SERVER", "CUPS_ENCRYPTION")
    environment = {name: os.environ[name] for name in known if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if content is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**environment, "LC_ALL": "C"},
        )
    except (FileNotFoundError, PermissionError):
        raise PrinterTrouble(Problem.NO_CLIENT) from None
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            words, complaint = await process.communicate(content)
    except TimeoutError:
        raise PrinterTrouble(Problem.NO_SPOOLER) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, words.decode(errors="replace"), complaint.decode(errors="replace")
