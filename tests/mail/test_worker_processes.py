"""Workers as real processes: two share the outbox, and one that is killed while it sends leaves nothing lost."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.database.node import Node, fetch
from portal.domain.appointments import find_appointment
from portal.domain.notices import queue_message
from portal.domain.outbox import CLAIM, OutboxFigures, count_messages
from portal.domain.vocabulary import MessageKind
from tests.bench.filling import fill_tomorrow
from tests.imports import CHECKOUT
from tests.mail.conftest import GOES_ON, STARTS, OpenOffice, OpenServer, SetClock, states
from tests.mail.mail_server import MailServer, Mood, Silent
from tests.people import NOW
from tests.processes import end_with_parent

MESSAGES = 300
CITAS = 3_000
PATIENCE_SECONDS = 60

StartWorker = Callable[[MailServer, datetime], Awaitable[Process]]


class Together(Mood):
    """Answers nobody before two workers have connected, so that both have a share; ``enough`` is set when all is in."""

    def __init__(self, expected: int) -> None:
        super().__init__()
        self._expected = expected
        self._peers: set[str] = set()
        self._both = asyncio.Event()
        self.enough = asyncio.Event()

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._peers.add(str(session.peer))
        if len(self._peers) > 1:
            self._both.set()
        await self._both.wait()
        self.take(session, envelope)
        if len(self.received) >= self._expected:
            self.enough.set()
        return "250 OK"


@pytest.fixture
async def start_worker(node_url: str, tmp_path: Path) -> AsyncIterator[StartWorker]:
    """``await start_worker(server, now)``: a worker on this test's database."""
    started: list[Process] = []

    async def start(server: MailServer, now: datetime) -> Process:
        environment = {
            **os.environ,
            "DATABASE_URL": node_url,
            "CITAS_DATA": str(tmp_path / "var"),
            "CITAS_PUBLIC_URL": "https://citas.example.org",
            "CITAS_MAIL_FROM": "citas@example.org",
            "CITAS_SMTP_HOST": "127.0.0.1",
            "CITAS_SMTP_PORT": str(server.port),
            "CITAS_SMTP_SECURITY": "none",
        }
        command = (sys.executable, "-m", "tests.mail.worker_process", now.isoformat())
        started.append(
            await asyncio.create_subprocess_exec(
                *command, cwd=CHECKOUT, env=environment, preexec_fn=end_with_parent, stdout=asyncio.subprocess.DEVNULL
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
async def known_holidays(node: Node) -> None:
    """So that workers need not load the library."""
    for year in (2027, 2028):
        await fetch('INSERT INTO "holiday" ("day", "name") VALUES ({}, {})', date(year, 1, 1), "Año Nuevo")


@pytest.mark.usefixtures("known_holidays")
async def test_two_workers_send_each_message_once(
    code: str, open_server: OpenServer, start_worker: StartWorker
) -> None:
    await fetch('DELETE FROM "outbox_message"')
    cita = await find_appointment(code)
    assert cita is not None
    for number in range(MESSAGES):
        await queue_message(cita.id, MessageKind.QUESTION_RECEIVED, cita.email, NOW, STARTS, dedupe=str(number))
    mood = Together(MESSAGES)
    server = await open_server(mood)
    workers = [await start_worker(server, NOW) for _ in range(2)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await mood.enough.wait()
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [await worker.wait() for worker in workers] == [0, 0]
    assert Counter(await states()) == {("sent", ""): MESSAGES}
    assert len(mood.received) == len({received.message["Message-ID"] for received in mood.received}) == MESSAGES
    shares = Counter(received.peer for received in mood.received)
    assert len(shares) >= 2


@pytest.mark.usefixtures("known_holidays")
async def test_a_killed_worker_s_message_is_sent_once_more(
    code: str, open_server: OpenServer, open_office: OpenOffice, start_worker: StartWorker, clock: SetClock
) -> None:
    silent = Silent()
    killed = await start_worker(await open_server(silent), NOW)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await silent.reached.wait()
        killed.kill()
        assert await killed.wait() == -signal.SIGKILL
    later = NOW + 2 * CLAIM
    assert await count_messages(later) == OutboxFigures(in_doubt=1)

    mood = Together(1)
    mood._both.set()
    server = await open_server(mood)
    worker = await start_worker(server, later)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await mood.enough.wait()
        worker.send_signal(signal.SIGTERM)
        assert await worker.wait() == 0
    [again] = mood.received
    assert again.message["Message-ID"] == silent.seen[0].message["Message-ID"]
    assert "constancia.pdf" in {part.get_filename() for part in again.message.iter_attachments()}
    assert await states() == [("sent", "")]
    clock.now = later + 2 * CLAIM
    assert await open_office(server).deliver_due(GOES_ON) == 0


async def reminded() -> tuple[int, int]:
    """Reminders queued, and to how many citas."""
    [row] = await fetch(
        'SELECT count(*) AS "all", count(DISTINCT "appointment") AS "citas" FROM "outbox_message" WHERE "kind" = {}',
        MessageKind.REMINDER.value,
    )
    return row["all"], row["citas"]


@pytest.mark.usefixtures("known_holidays", "code")
async def test_a_run_of_reminders_that_is_killed_goes_on_where_it_was(
    node_url: str, open_server: OpenServer, start_worker: StartWorker
) -> None:
    await fill_tomorrow(node_url, CITAS, NOW)
    server = await open_server(Silent())
    killed = await start_worker(server, NOW)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await reminded())[0] == 0:  # noqa: ASYNC110  # what is in the database has no event
            await asyncio.sleep(0)
        killed.kill()
        await killed.wait()
        halfway, _ = await reminded()
        assert 0 < halfway < CITAS
        worker = await start_worker(server, NOW)
        while (await reminded())[0] < CITAS:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0)
        worker.send_signal(signal.SIGTERM)
        assert await worker.wait() == 0
    assert await reminded() == (CITAS, CITAS)
