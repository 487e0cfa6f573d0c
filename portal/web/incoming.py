"""The body of a request on its way in: what is left of one that was refused is read and thrown away.

A server that answers while the browser is still sending cuts the line, and the browser shows a network error in place
of the page that says "too large". So the rest is taken, up to a bound, before that page is sent.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

from litestar.types import HTTPReceiveMessage, Receive

_MOST_BYTES: Final = 64 * 1024 * 1024
_PATIENCE_SECONDS: Final = 30.0


class Incoming:
    """ASGI's ``receive``, with a memory of whether everything has come."""

    __slots__ = ("_ended", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    async def receive(self) -> HTTPReceiveMessage:
        """The next piece. Who sends nothing for half a minute is taken to have gone."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                message = cast("HTTPReceiveMessage", await self._receive())
        except TimeoutError:
            message = {"type": "http.disconnect"}
        self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def discard(self) -> None:
        """Take the rest, but neither for ever nor without end."""
        taken = 0
        until = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while not self._ended and taken < _MOST_BYTES and asyncio.get_running_loop().time() < until:
            message = await self.receive()
            taken += len(message["body"]) if message["type"] == "http.request" else 0
