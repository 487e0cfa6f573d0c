"""Carry connections from one address to another: a path is a Unix socket, which leads out of a network of its own; else
``host:port``.

python -m tests.e2e.relay FROM TO [CHAIN]    says "ready", carries until its input ends; CHAIN makes FROM speak TLS
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Final

_CHUNK: Final = 65_536


class Relay:
    """Listens at an address and leads to another one, from a thread of its own."""

    def __init__(self, source: str, target: str, chain: str = "") -> None:
        self._source = source
        self._target = target
        self._tls: ssl.SSLContext | None = None
        if chain:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(chain)
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._joined: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.start()

    def start(self) -> None:
        """Carry everything; what was held back arrives now, as on a real line."""
        self._do(self._start())

    def hold_back(self) -> None:
        """Take connections and what is sent, and pass nothing on: neither side hears anything."""
        self._do(self._hold_back())

    def close(self) -> None:
        """Break what is open off; nobody listens any more."""
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, step: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(10)

    async def _start(self) -> None:
        self._flows.set()
        if self._server is not None:
            return
        if "/" in self._source:
            self._server = await asyncio.start_unix_server(self._take, self._source, ssl=self._tls)
        else:
            self._server = await asyncio.start_server(self._take, *_parts(self._source), ssl=self._tls)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._joined:
            task.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)

    async def _hold_back(self) -> None:
        self._flows.clear()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._join(reader, writer))
        self._joined.add(task)
        task.add_done_callback(self._joined.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        ways: list[asyncio.Task[None]] = []
        try:
            await self._flows.wait()
            with suppress(OSError):
                if "/" in self._target:
                    far, back = await asyncio.open_unix_connection(self._target)
                else:
                    far, back = await asyncio.open_connection(*_parts(self._target))
                ends.append(back)
                ways = [asyncio.create_task(self._carry(*way)) for way in ((reader, back), (far, writer))]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in ends:
                end.close()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(_CHUNK):
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()


def _parts(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    Relay(*sys.argv[1:])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
