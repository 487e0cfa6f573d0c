"""A real mail server on the loopback (aiosmtpd), for as long as a test runs, in all the moods that servers have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Received:
    """A message that the server has taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    over_tls: bool
    peer: str

    @property
    def message(self) -> EmailMessage:
        """The message as a mail program reads it."""
        message = message_from_bytes(self.content, policy=SMTPUTF8)
        assert isinstance(message, EmailMessage)
        return message


@dataclass
class Mood:
    """A friendly server. ``answers`` are given instead of its own, by command; ``at_data`` runs before it answers."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's names
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer("MAIL")
        if answer.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer("RCPT")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._answer("DATA")
        if answer.startswith("250"):
            self.take(session, envelope)
        return answer

    def take(self, session: Session, envelope: Envelope) -> None:
        """Keep what came."""
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        self.received.append(
            Received(
                envelope.mail_from,
                tuple(envelope.rcpt_tos),
                envelope.content,
                session.ssl is not None,
                str(session.peer),
            )
        )

    def _answer(self, command: str) -> str:
        waiting = self.answers.get(command, [])
        return waiting.pop(0) if waiting else "250 OK"


class Silent(Mood):
    """Takes everything in and never answers to the content; ``reached`` is set when it is there."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()
        self.seen: list[Received] = []

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.take(session, envelope)
        self.seen.append(self.received.pop())
        self.reached.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


class DeafSMTP(SMTP):
    """Hangs at MAIL."""

    async def smtp_MAIL(self, _: str) -> None:  # noqa: N802
        await asyncio.Event().wait()


class DyingSMTP(SMTP):
    """Dies halfway through the content."""

    async def smtp_DATA(self, _: str) -> None:  # noqa: N802
        await self.push("354 Go ahead")
        await self._reader.readuntil(b"\r\n")
        _abort(self)


class FaintingSMTP(SMTP):
    """Dies at RCPT, before there is any content."""

    async def smtp_RCPT(self, _: str) -> None:  # noqa: N802
        _abort(self)


class MailServer:
    """Listens on a free port of the loopback; ``tls`` is for servers that speak TLS from the first byte."""

    def __init__(self, mood: Mood, protocol: type[SMTP] = SMTP, tls: Any = None, **options: Any) -> None:
        self.mood = mood
        self._protocol = protocol
        self._tls = tls
        self._options = options
        self._talks: list[SMTP] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def connections(self) -> int:
        """How often somebody has connected."""
        return len(self._talks)

    async def start(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()

        def talk() -> SMTP:
            self._talks.append(self._protocol(self.mood, loop=loop, hostname="mail.example.org", **self._options))
            return self._talks[-1]

        self._server = await loop.create_server(talk, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    def hang_up(self) -> None:
        """End all connections, as a server that restarts does."""
        for talk in self._talks:
            _abort(talk)

    async def stop(self) -> None:
        """Hang up and listen no more."""
        if self._server is not None:
            self._server.close()
        self.hang_up()
        for task in self._tasks():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _tasks(self) -> Iterator[asyncio.Task[None]]:
        return (talk._handler_coroutine for talk in self._talks if talk._handler_coroutine is not None)


def _abort(talk: SMTP) -> None:
    if talk.transport is not None:
        with suppress(AttributeError):  # Debian's Python 3.11.2 raises it when a TLS connection was closed before
            cast("asyncio.Transport", talk.transport).abort()
