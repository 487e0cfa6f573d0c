"""The kiosk of a first start: an installation begins with one at its sede, which is this machine.

The kiosk is started by its name, since it builds on the portal and the portal knows nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Final

from portal.clock import Clock
from portal.database.node import Node, use_node
from portal.domain.catalogue import read_catalogue
from portal.domain.exchange import PairAnswer, PairRequest, Standing
from portal.domain.first_kiosk_secrets import KioskSignIn, add_first_kiosk_secrets
from portal.domain.kiosks import find_paired, list_kiosks, make_kiosk, make_pairing_code, pair

FIRST_NAME: Final = "Módulo 1"


def kiosk_command() -> Any:
    """The module that does what ``citas kiosk`` is told."""
    return import_module("kiosk.command")


def join_first_kiosk(node: Node, clock: Clock) -> Sequence[KioskSignIn]:
    """Where no machine is a kiosk yet, make this one the first; returns the kiosk secrets of a first start.

    Stopped at any moment, it goes on where it was at the next start. The database is up to date. What goes wrong at the
    kiosk is said there, and keeps no portal from serving.
    """

    async def make_code() -> str | None:
        async with _in_use(node):
            return await _make_first_code(clock)

    async def ask(request: PairRequest) -> PairAnswer:
        async with _in_use(node):
            return await pair(request, clock())

    async def ask_again(token_hash: str) -> PairAnswer | None:
        async with _in_use(node):
            return await find_paired(token_hash, clock())

    async def first_secrets() -> Sequence[KioskSignIn]:
        async with _in_use(node):
            return await add_first_kiosk_secrets(clock())

    kiosk_command().join_first(make_code, ask, ask_again)
    return asyncio.run(first_secrets())


async def _make_first_code(clock: Clock) -> str | None:
    """A pairing code of the first kiosk; None where a machine is a kiosk already, or there is no sede."""
    kiosks, catalogue = await list_kiosks(), await read_catalogue()
    if any(kiosk.standing is not Standing.UNPAIRED for kiosk in kiosks) or not catalogue.centers:
        return None
    unpaired = [kiosk.id for kiosk in kiosks if kiosk.name == FIRST_NAME]
    kiosk = unpaired[0] if unpaired else await make_kiosk(FIRST_NAME, catalogue.centers[0].id)
    return await make_pairing_code(kiosk, None, clock())


@asynccontextmanager
async def _in_use(node: Node) -> AsyncIterator[None]:
    """The portal's node, open and in use for a moment."""
    try:
        await node.start()
        with use_node(node):
            yield
    finally:
        await node.stop()
