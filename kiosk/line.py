"""The line of this machine to its portal, whoever the machine is: not paired yet, a kiosk, another kiosk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from kiosk.sync import PortalAway
from portal.domain.exchange import Answer, PairAnswer, PairRequest, Request
from portal.domain.kiosk_questions import DaySheetsAnswer, DaySheetsQuestion, OfferAnswer, OfferQuestion

_PATIENCE_SECONDS: Final = 0.8
"""How long somebody at the desk waits to see what the portal offers beside the places at hand."""

_SPARED_SECONDS: Final = 15.0
"""After it did not answer in time, nobody waits for it again that long."""


class Link(Protocol):
    """Whatever carries messages to the portal, with one token. Each method raises PortalAway, PortalRefused."""

    async def send(self, request: Request) -> Answer: ...

    async def pair(self, request: PairRequest) -> PairAnswer: ...

    async def ask_offer(self, question: OfferQuestion, /) -> OfferAnswer: ...

    async def ask_day_sheets(self, question: DaySheetsQuestion, /) -> DaySheetsAnswer: ...

    async def close(self) -> None: ...


Connect = Callable[[str], Link]
"""Opens a link for a token; the empty one before the machine is paired."""


class Line:
    """The current link."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._link = connect("")
        self._spared_until = 0.0

    async def speak_as(self, token: str) -> None:
        """From now on with that token."""
        former, self._link = self._link, self._connect(token)
        await former.close()

    async def send(self, request: Request) -> Answer:
        """One exchange."""
        return await self._link.send(request)

    async def pair(self, request: PairRequest) -> PairAnswer:
        """Have this machine made a kiosk. Raises PairingFailed too."""
        return await self._link.pair(request)

    async def ask_day_sheets(self, question: DaySheetsQuestion) -> DaySheetsAnswer:
        """The day sheets of the sede."""
        return await self._link.ask_day_sheets(question)

    async def ask_offer(self, question: OfferQuestion) -> OfferAnswer:
        """What the portal offers, if it says so within a moment. Raises PortalAway, PortalRefused."""
        clock = asyncio.get_running_loop().time
        if clock() < self._spared_until:
            raise PortalAway
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await self._link.ask_offer(question)
        except TimeoutError:
            self._spared_until = clock() + _SPARED_SECONDS
            raise PortalAway from None

    async def close(self) -> None:
        """Let go."""
        await self._link.close()
