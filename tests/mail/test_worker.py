"""What runs by the clock, and that no task's failure stops the others or the next time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from structlog.testing import capture_logs

from portal.database.errors import DatabaseUnreachableError
from portal.database.node import Node, fetch
from portal.domain.attempts import Attempt, AttemptKind, Limit, count_attempts
from portal.domain.modality import Modality
from portal.domain.visits import find_visit, new_cookie, remember_hold
from portal.keys import Keys
from portal.mail.courier import NotNow
from portal.settings import Settings, SettingsError
from portal.worker import Rhythm, Task, repeat, run_worker
from tests.mail.bounce_samples import notification
from tests.mail.conftest import STARTS, MakeSettings, OpenServer, SetClock, states
from tests.mail.here_printer import HerePrinter
from tests.mail.mail_server import Mood, Silent
from tests.people import NOW, ROSA, build_world, reserve, slot_at
from tests.postgres_server import PostgresServer

HOUR = timedelta(hours=1)
# Nothing happens by time alone, only what the test brings about; failures are tried again at once.
STILL = Rhythm(
    mail=HOUR,
    reminders=HOUR,
    seats=HOUR,
    purge=HOUR,
    first_pause=timedelta(milliseconds=5),
    longest_pause=timedelta(milliseconds=20),
    grace=timedelta(milliseconds=200),
)
PATIENCE_SECONDS = 30

Working = Callable[..., Any]


class Arrivals(Mood):
    """Sets ``arrived`` when a message has come in."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = asyncio.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.arrived.set()
        return answer


class Told:
    """A log that one can wait for."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._more = asyncio.Event()

    def __call__(self, _: object, __: str, entry: MutableMapping[str, Any]) -> NoReturn:
        self.entries.append(dict(entry))
        self._more.set()
        raise structlog.DropEvent

    async def wait_for(self, **wanted: object) -> None:
        """Until an entry has these values."""
        while not any(wanted.items() <= entry.items() for entry in self.entries):
            self._more.clear()
            await self._more.wait()


@pytest.fixture
def working(node: Node, keys: Keys, printer: HerePrinter, clock: SetClock, mail_settings: MakeSettings) -> Working:
    """``async with working(settings) as stop``: a worker in this process."""

    @asynccontextmanager
    async def work(settings: Settings | None = None, rhythm: Rhythm = STILL) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        worker = asyncio.create_task(run_worker(node, settings or mail_settings(), keys, printer, clock, stop, rhythm))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                yield stop
        finally:
            stop.set()
            await worker

    return work


async def rows_of(table: str) -> int:
    [row] = await fetch(f'SELECT count(*) AS "number" FROM "{table}"')  # noqa: S608  # names of this file
    return int(row["number"])


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Let the worker go on until the database says so."""
    while not await condition():  # noqa: ASYNC110  # what is in the database has no event
        await asyncio.sleep(0)


async def test_a_booking_wakes_the_mail(working: Working, open_server: OpenServer, mail_settings: MakeSettings) -> None:
    await build_world()
    mood = Arrivals()
    settings = mail_settings(await open_server(mood))
    with capture_logs() as told:
        async with working(settings):
            await until(lambda: _has("holiday"))  # the first round of all tasks is over or under way
            await reserve(ROSA, slot_at(STARTS))
            await mood.arrived.wait()
    assert [entry["event"] for entry in told].count("mail sent") == 1
    assert await states() == [("sent", "")]


async def _has(table: str) -> bool:
    return await rows_of(table) > 0


async def test_what_waited_is_sent_at_the_start(
    code: str, working: Working, open_server: OpenServer, mail_settings: MakeSettings
) -> None:
    mood = Arrivals()
    async with working(mail_settings(await open_server(mood))):
        await mood.arrived.wait()
    assert len(mood.received) == 1


async def test_seats_are_opened_ahead_and_holidays_known(node: Node, working: Working) -> None:
    await build_world(open_now=False)
    async with working():
        await until(lambda: _has("seat"))
    days = await fetch('SELECT DISTINCT "day" FROM "seat"')
    holidays = {row["day"] for row in await fetch('SELECT "day" FROM "holiday"')}
    assert len(days) > 30
    assert holidays
    assert not holidays & {row["day"] for row in days}


async def test_what_has_run_out_is_purged(node: Node, working: Working, clock: SetClock) -> None:
    world = await build_world()
    [seat] = await fetch('SELECT "id" FROM "seat" WHERE "consultant" = {} LIMIT 1', world.consultants[0])
    await remember_hold(new_cookie(), "token", seat["id"], Modality.VIRTUAL, NOW)
    limit = Limit(AttemptKind.LOOKUP_BY_CODE, 10, HOUR)
    await count_attempts(Attempt(limit, "code"), now=NOW, secret=b"secret")
    clock.advance(timedelta(days=30))
    fresh = new_cookie()
    await remember_hold(fresh, "other", seat["id"], Modality.VIRTUAL, clock())
    async with working():
        await until(_only_the_fresh_visit_is_left)
    assert await find_visit(fresh, clock()) is not None
    assert await rows_of("attempt_window") == 0


async def _only_the_fresh_visit_is_left() -> bool:
    return await rows_of("visit") == 1 and await rows_of("attempt_window") == 0


async def test_two_workers_do_not_disturb_each_other(
    code: str, working: Working, open_server: OpenServer, mail_settings: MakeSettings
) -> None:
    mood = Arrivals()
    settings = mail_settings(await open_server(mood))
    async with working(settings), working(settings):
        await mood.arrived.wait()
        await until(lambda: _has("holiday"))
    assert len(mood.received) == 1


# Stopping


async def test_it_stops_at_once_when_there_is_nothing_to_do(node: Node, working: Working) -> None:
    async with working(rhythm=Rhythm()) as stop:
        await until(lambda: _has("holiday"))
        stop.set()


async def test_it_does_not_wait_for_a_server_that_hangs(
    code: str, working: Working, open_server: OpenServer, mail_settings: MakeSettings
) -> None:
    silent = Silent()
    async with working(mail_settings(await open_server(silent), smtp_timeout_seconds=300)):
        await silent.reached.wait()
    assert await states() == [("sending", "")]


async def test_it_can_be_cut_off(
    code: str, node: Node, keys: Keys, printer: HerePrinter, clock: SetClock, open_server: OpenServer,
    mail_settings: MakeSettings,
) -> None:  # fmt: skip
    silent = Silent()
    settings = mail_settings(await open_server(silent))
    worker = asyncio.create_task(run_worker(node, settings, keys, printer, clock, asyncio.Event(), STILL))
    await silent.reached.wait()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert [task for task in asyncio.all_tasks() if task.get_name() in {"mail", "seats", "purge"}] == []


async def test_wrong_settings_stop_it_at_the_start(
    node: Node, keys: Keys, printer: HerePrinter, clock: SetClock, mail_settings: MakeSettings
) -> None:
    with pytest.raises(SettingsError, match="CITAS_MAIL_FROM"):
        await run_worker(node, mail_settings(mail_from="x"), keys, printer, clock, asyncio.Event())


# Failures


async def test_an_outage_of_the_mail_server_is_sat_out(
    code: str, working: Working, open_server: OpenServer, mail_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = log_to(monkeypatch)
    mood = Arrivals()
    server = await open_server(mood)
    await server.stop()
    async with working(mail_settings(server)):
        await told.wait_for(event="task delayed", task="mail", why="connect", failures=3)
        await server.start()
        await mood.arrived.wait()
    assert await states() == [("sent", "")]


async def test_an_outage_of_the_database_is_sat_out(
    postgres_server: PostgresServer,
    postgres_node: Node,
    keys: Keys,
    printer: HerePrinter,
    clock: SetClock,
    open_server: OpenServer,
    mail_settings: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = log_to(monkeypatch)
    await build_world()
    mood = Arrivals()
    settings = mail_settings(await open_server(mood))
    stop = asyncio.Event()
    rhythm = Rhythm(
        mail=timedelta(milliseconds=5),
        first_pause=timedelta(milliseconds=5),
        longest_pause=timedelta(milliseconds=20),
        grace=timedelta(milliseconds=200),
    )
    worker = asyncio.create_task(run_worker(postgres_node, settings, keys, printer, clock, stop, rhythm))
    async with asyncio.timeout(PATIENCE_SECONDS):
        postgres_server.stop()
        try:
            await told.wait_for(event="task delayed", task="mail", failures=2)
        finally:
            postgres_server.start()
        await reserve(ROSA, slot_at(STARTS))
        await mood.arrived.wait()
        stop.set()
        await worker
    assert await states() == [("sent", "")]


def log_to(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the worker logs from now on."""
    told = Told()
    monkeypatch.setattr("portal.worker.log", structlog.wrap_logger(None, processors=[told]))
    return told


async def test_a_task_that_fails_is_tried_again_and_told_without_its_data() -> None:
    stop = asyncio.Event()
    troubles: list[Exception] = [
        RuntimeError("rosa@example.org"),
        DatabaseUnreachableError("PostgreSQL cannot be reached"),
        NotNow("connect"),
        KeyError("rosa@example.org"),
    ]
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if troubles:
            raise troubles.pop(0)
        stop.set()

    with capture_logs() as told:
        await repeat(Task("trial", HOUR, run), stop, STILL)
    assert runs == 5
    assert [(entry["event"], entry["failures"]) for entry in told] == [
        ("task failed", 1),
        ("task delayed", 2),
        ("task delayed", 3),
        ("task failed", 4),
    ]
    assert "rosa" not in json.dumps([{**entry, "exc_info": None} for entry in told])


async def test_one_that_was_woken_runs_before_its_time() -> None:
    stop, wake = asyncio.Event(), asyncio.Event()
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        (stop if runs == 3 else wake).set()

    await asyncio.wait_for(repeat(Task("trial", HOUR, run, wake), stop, STILL), PATIENCE_SECONDS)
    assert runs == 3


async def test_one_that_was_not_woken_runs_by_time() -> None:
    stop = asyncio.Event()
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            stop.set()

    await asyncio.wait_for(repeat(Task("trial", timedelta(milliseconds=1), run), stop, STILL), PATIENCE_SECONDS)
    assert runs == 3


async def test_mail_that_came_back_is_noticed(
    code: str, working: Working, mail_settings: MakeSettings, tmp_path: Path
) -> None:
    (tmp_path / "Maildir" / "new").mkdir(parents=True)
    await fetch('UPDATE "outbox_message" SET "state" = \'sent\'')
    [row] = await fetch('SELECT "id" FROM "outbox_message"')
    (tmp_path / "Maildir" / "new" / "1").write_bytes(notification("postfix", row["id"]))

    async def has_bounced() -> bool:
        return await states() == [("bounced", "5.1.1")]

    async with working(mail_settings(bounces=tmp_path / "Maildir")):
        await until(has_bounced)


async def test_reminders_go_by_themselves(code: str, working: Working, clock: SetClock) -> None:
    await fetch('UPDATE "appointment" SET "reminded_at" = NULL')
    clock.now = STARTS - timedelta(days=1)

    async def is_queued() -> bool:
        return bool(await fetch('SELECT "id" FROM "outbox_message" WHERE "kind" = \'reminder\''))

    async with working():
        await until(is_queued)
