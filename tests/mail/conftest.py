"""Mail servers, certificates and settings for the tests of mail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from portal.settings import Settings, read_settings
from tests.mail.mail_server import MailServer, Mood

OpenServer = Callable[..., Awaitable[MailServer]]
MakeSettings = Callable[..., Settings]


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
