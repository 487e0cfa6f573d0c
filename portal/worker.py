"""What runs by the clock: mail that is due, reminders, seats ahead, holidays, and what has run out.

Inside each portal process, or alone (``citas worker``); any number of workers may run, since each step is a conditional
update or harmless to repeat. A task that fails is told in the log and tried again after a pause, and stops nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from portal.clock import Clock
from portal.database.errors import DatabaseError
from portal.database.node import Node, use_node
from portal.domain.attempts import purge_attempts
from portal.domain.attention_clock import alert_unattended, ask_about_finals
from portal.domain.day_sheets import queue_day_sheets
from portal.domain.exports import purge_exports
from portal.domain.holidays import load_holidays
from portal.domain.notices import listening
from portal.domain.recovery import purge_links
from portal.domain.reminders import remind_batch
from portal.domain.rules import BookingRules
from portal.domain.schedule import open_seats
from portal.domain.sessions import purge_sessions
from portal.domain.spanish_dates import local_day
from portal.domain.surveys import remind_of_surveys
from portal.domain.visits import purge_visits
from portal.exports.running import clear_leftovers, make_due_exports
from portal.keys import Keys
from portal.mail.bounces import take_bounces
from portal.mail.contents import Printer
from portal.mail.courier import NotNow
from portal.mail.message import mail_host
from portal.mail.post_office import PostOffice, open_post_office
from portal.rules import read_rules
from portal.settings import Settings

_TIDIES_UP_WITHIN: Final = timedelta(seconds=0.5)

log = structlog.get_logger("citas.worker")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often each task runs, mail also as soon as this process has queued some.

    After a failure the pause doubles from ``first_pause`` to ``longest_pause``. ``grace`` is how long a task may finish
    what it is doing when it is told to stop; a message that is cut off then is in doubt, and sent again by another.
    """

    mail: timedelta = timedelta(seconds=2)
    reminders: timedelta = timedelta(minutes=1)
    seats: timedelta = timedelta(hours=1)
    attention: timedelta = timedelta(seconds=20)
    surveys: timedelta = timedelta(minutes=30)
    day_sheets: timedelta = timedelta(minutes=5)
    exports: timedelta = timedelta(seconds=2)
    sheet: timedelta = timedelta(minutes=5)
    purge: timedelta = timedelta(minutes=10)
    bounces: timedelta = timedelta(minutes=1)
    first_pause: timedelta = timedelta(seconds=2)
    longest_pause: timedelta = timedelta(minutes=1)
    grace: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Task:
    """Something done again and again. ``wake`` makes it run before its time."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]
    wake: asyncio.Event | None = None


async def run_worker(
    node: Node,
    settings: Settings,
    keys: Keys,
    printer: Printer,
    clock: Clock,
    stop: asyncio.Event,
    rhythm: Rhythm = Rhythm(),
) -> None:
    """Run until ``stop`` is set, then return within about two seconds. The node must be started.

    Raises SettingsError when the settings of mail are wrong.
    """
    rules = read_rules(settings)
    post_office = open_post_office(settings, keys, printer, clock)
    queued = asyncio.Event()
    tasks = (
        Task("mail", rhythm.mail, lambda: _deliver(post_office, stop), queued),
        Task("reminders", rhythm.reminders, lambda: _remind(clock, rules, stop)),
        Task("seats", rhythm.seats, lambda: _open_ahead(clock, rules)),
        Task("attention", rhythm.attention, lambda: _watch_attentions(clock)),
        Task("surveys", rhythm.surveys, lambda: remind_of_surveys(clock())),
        Task("day sheets", rhythm.day_sheets, lambda: queue_day_sheets(clock(), settings.day_sheet_hour)),
        Task("exports", rhythm.exports, lambda: make_due_exports(settings, clock, stop)),
        Task("purge", rhythm.purge, lambda: _purge(clock, settings)),
        *_sheet_tasks(settings, clock, stop, rhythm),
        *_bounce_tasks(settings, rhythm),
    )
    with use_node(node), listening(queued.set):
        running = [asyncio.create_task(repeat(task, stop, rhythm), name=task.name) for task in tasks]
        try:
            await stop.wait()
            await asyncio.wait(running, timeout=rhythm.grace.total_seconds())
        finally:
            await _cut_off(running)


async def repeat(task: Task, stop: asyncio.Event, rhythm: Rhythm) -> None:
    """Run a task at once and then again and again, until ``stop`` is set."""
    failures = 0
    while not stop.is_set():
        if task.wake is not None:
            task.wake.clear()
        try:
            await task.run()
        except (DatabaseError, NotNow) as delay:
            failures += 1
            log.warning("task delayed", task=task.name, failures=failures, why=str(delay) or type(delay).__name__)
        except Exception:  # whatever it is, the other tasks and the next time must not suffer
            failures += 1
            log.exception("task failed", task=task.name, failures=failures)
        else:
            failures = 0
        if failures:
            await _pause(min(rhythm.first_pause * 2 ** min(failures - 1, 16), rhythm.longest_pause), stop)
        else:
            await _pause(task.every, stop, task.wake)


async def _cut_off(running: Collection[asyncio.Task[None]]) -> None:
    """End tasks wherever they are: once so that they tidy up, and again if even that does not come to an end."""
    for _ in range(2):
        for one in running:
            one.cancel()
        _, running = await asyncio.wait(running, timeout=_TIDIES_UP_WITHIN.total_seconds())
        if not running:
            return


async def _pause(length: timedelta, stop: asyncio.Event, wake: asyncio.Event | None = None) -> None:
    """Wait for a while, or until ``stop`` or ``wake`` is set."""
    events = [stop] if wake is None else [stop, wake]
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=length.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


def _sheet_tasks(settings: Settings, clock: Clock, stop: asyncio.Event, rhythm: Rhythm) -> list[Task]:
    """The Google Sheet, where one is set; its libraries take a second to load, which nobody else waits for."""
    if not settings.google_sheet:
        return []
    from portal.sheets.push import keep_sheet, open_sheet

    sheet = open_sheet(settings)
    return [Task("sheet", rhythm.sheet, lambda: keep_sheet(sheet, clock, stop))]


async def _deliver(post_office: PostOffice, stop: asyncio.Event) -> None:
    await post_office.deliver_due(stop)


async def _remind(clock: Clock, rules: BookingRules, stop: asyncio.Event) -> None:
    reminded = 0
    while not stop.is_set() and (number := await remind_batch(clock(), rules)):
        reminded += number
    if reminded:
        log.info("citas reminded of", number=reminded)


def _bounce_tasks(settings: Settings, rhythm: Rhythm) -> tuple[Task, ...]:
    folder, host = settings.bounces, mail_host(settings.origin)
    return () if folder is None else (Task("bounces", rhythm.bounces, lambda: _take_bounces(folder, host)),)


async def _take_bounces(folder: Path, host: str) -> None:
    marked = await take_bounces(folder, host)
    if marked:
        log.warning("mail came back", number=marked)


async def _open_ahead(clock: Clock, rules: BookingRules) -> None:
    await load_holidays(local_day(clock()))
    opening = await open_seats(clock(), rules)
    if opening.added or opening.reopened or opening.closed:
        log.info("seats opened", added=opening.added, reopened=opening.reopened, closed=opening.closed)


async def _watch_attentions(clock: Clock) -> None:
    await ask_about_finals(clock())
    await alert_unattended(clock())


async def _purge(clock: Clock, settings: Settings) -> None:
    await purge_visits(clock())
    await purge_attempts(clock())
    await purge_sessions(clock())
    await purge_links(clock())
    await purge_exports(clock())
    await clear_leftovers(settings, clock())
