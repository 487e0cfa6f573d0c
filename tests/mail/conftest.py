"""Mail servers, certificates and settings for the tests of mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from portal.database.node import Node, fetch
from portal.documents.press import Press
from portal.keys import Keys, open_keys
from portal.mail.contents import Printer
from portal.mail.post_office import PostOffice, open_post_office
from portal.settings import Settings, read_settings
from tests.mail.here_printer import HerePrinter
from tests.mail.mail_server import MailServer, Mood
from tests.people import NOW, ROSA, build_world, reserve, slot_at

OpenServer = Callable[..., Awaitable[MailServer]]
MakeSettings = Callable[..., Settings]
OpenOffice = Callable[..., PostOffice]

STARTS = NOW + timedelta(days=1)
GOES_ON = asyncio.Event()
"""Nobody asks to stop."""


class SetClock:
    """A clock that shows what it is set to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def printer() -> HerePrinter:
    """Real papers, made in this process."""
    return HerePrinter(Press())


@pytest.fixture
async def open_server() -> AsyncIterator[OpenServer]:
    """``await open_server(mood, protocol, **options)``: a mail server until the test ends."""
    servers: list[MailServer] = []

    async def start(mood: Mood | None = None, protocol: type[SMTP] = SMTP, **options: Any) -> MailServer:
        servers.append(MailServer(mood or Mood(), protocol, **options))
        await servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        await server.stop()


@pytest.fixture
def mail_settings(tmp_path: Path) -> MakeSettings:
    """``mail_settings(server)``: settings that send by that server, in the clear and with little patience."""

    def make(server: MailServer | None = None, **others: object) -> Settings:
        by_mail = {"smtp_host": "127.0.0.1", "smtp_port": server.port} if server is not None else {}
        given = {
            "data": tmp_path / "var",
            "public_url": "https://citas.example.org",
            "mail_from": "Citas en línea <citas@example.org>",
            "smtp_security": "none",
            "smtp_timeout_seconds": 5,
            "secret": "s" * 40,
            **by_mail,
            **others,
        }
        return read_settings(**given)

    return make


@pytest.fixture
async def code(node: Node) -> str:
    """Rosa's cita of tomorrow, with its confirmation in the outbox."""
    await build_world()
    return (await reserve(ROSA, slot_at(STARTS))).code


@pytest.fixture
def keys(mail_settings: MakeSettings) -> Keys:
    return open_keys(mail_settings())


@pytest.fixture
def open_office(mail_settings: MakeSettings, keys: Keys, printer: HerePrinter, clock: SetClock) -> OpenOffice:
    """``open_office(server)``: a post office that sends by that server, or into a folder."""

    def make(server: MailServer | None = None, using: Printer = printer, **settings: object) -> PostOffice:
        return open_post_office(mail_settings(server, **settings), keys, using, clock)

    return make


async def states() -> list[tuple[str, str]]:
    """State and last error of every message, in the order that they were queued in."""
    rows = await fetch('SELECT "state", "last_error" FROM "outbox_message" ORDER BY "created_at", "kind"')
    return [(row["state"], row["last_error"]) for row in rows]
