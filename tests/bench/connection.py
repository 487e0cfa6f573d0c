"""One keep-alive connection that asks and waits, made for load.

A full HTTP client would cost more than the server under test on the same two cores.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Self, cast

HOST = "127.0.0.1"
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``cookies`` are those that it sets, as name and value."""

    status: int
    location: str
    cookies: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Connection(asyncio.Protocol):
    """HTTP/1.1 without pipelining; answers carry their length. Opened again, as browsers do, when it lay idle long."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._body_at = 0  # where the body of the answer begins; 0 while its head is incomplete
        self._length = 0
        self._answer: asyncio.Future[Answer] | None = None
        self._head: tuple[int, str, tuple[tuple[str, str], ...]] = (0, "", ())

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to a port of the loopback."""
        connection = cls(port)
        await connection._connect()
        return connection

    async def _connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, HOST, self._port)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._transport is not None:
            self._transport.close()

    async def ask(self, request: bytes) -> Answer:
        """Send a whole request and wait for its answer. Raises ConnectionError, TimeoutError after a minute."""
        if self._transport is None or self._transport.is_closing():
            await self._connect()
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        watch = loop.call_later(_PATIENCE_SECONDS, self._give_up)
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            watch.cancel()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is like it, but does not inherit it

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if not self._body_at:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return
            self._read_head(received[:end].decode("latin-1"))
            self._body_at = end + 4
        if len(received) >= self._body_at + self._length:
            body = bytes(received[self._body_at : self._body_at + self._length])
            received.clear()
            self._body_at = 0
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(Answer(*self._head, body))

    def _read_head(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        location, cookies, self._length = "", [], 0
        for line in lines:
            name, _, value = line.partition(": ")
            match name.lower():
                case "content-length":
                    self._length = int(value)
                case "location":
                    location = value
                case "set-cookie":
                    key, _, content = value.partition(";")[0].partition("=")
                    cookies.append((key, content))
        self._head = (int(first[9:12]), location, tuple(cookies))

    def _give_up(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TimeoutError("no answer within a minute"))
