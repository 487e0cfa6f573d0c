"""A whole kiosk in this process: its encrypted file, its log, its line to a portal; only its pages are left out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from kiosk.cipher import open_kiosk_node
from kiosk.command import bring_up_to_date
from kiosk.keys import KeyFolder
from kiosk.link import HttpPortal
from kiosk.pairing import pair_with
from kiosk.sync import Sync
from portal.clock import utc_now
from portal.database.node import Node, use_node


class Scales(httpx.AsyncHTTPTransport):
    """Weighs the last answer: ``travelled`` bytes of body as they came, ``unfolded`` as they are read."""

    travelled = 0
    unfolded = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        body = b"".join([piece async for piece in answer.aiter_raw()])
        await answer.aclose()
        weighed = httpx.Response(answer.status_code, headers=answer.headers, content=body)
        self.travelled, self.unfolded = len(body), len(weighed.content)
        return weighed


@dataclass(frozen=True, slots=True)
class WholeKiosk:
    """A paired kiosk; its node is in use while ``sync`` speaks."""

    node: Node
    sync: Sync
    scales: Scales


@asynccontextmanager
async def whole_kiosk(folder: Path, address: str, code: str) -> AsyncIterator[WholeKiosk]:
    """The kiosk that a code stands for, which has not had its first exchange; its node is in use."""
    keys = KeyFolder(folder / "secrets")
    keys.path.mkdir(parents=True)
    node = open_kiosk_node(folder / "kiosk.db", keys.read_database_key())
    await bring_up_to_date(node)
    await node.start()
    unpaired, scales = HttpPortal(address), Scales()
    try:
        with use_node(node):
            paired = await pair_with(code, keys, unpaired.pair)
            line = HttpPortal(address, keys.read_identity(paired.kiosk).token, scales)
            try:
                yield WholeKiosk(node, Sync(line, utc_now), scales)
            finally:
                await line.close()
    finally:
        await unpaired.close()
        await node.stop()
