"""The line to the portal: JSON over HTTP, with the kiosk's token; what goes wrong is one of two ordinary outcomes."""

from __future__ import annotations

import gzip
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from kiosk.sync import PortalAway, PortalRefused
from portal.domain.exchange import Answer, PairAnswer, PairRequest, Request
from portal.domain.kiosk_questions import DaySheetsAnswer, DaySheetsQuestion, OfferAnswer, OfferQuestion

T = TypeVar("T")

PATH: Final = "/api/kiosk/v1"
_TIMEOUT: Final = httpx.Timeout(10, connect=3)
"""A cable that is pulled far away breaks nothing off, nothing comes any more. What was given up is said again."""

_TIMEOUT_OF_PAPERS: Final = httpx.Timeout(60, connect=3)
"""What the portal has to make first."""

_WORTH_FOLDING: Final = 1_024
_REFUSALS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class PairingFailed(Exception):
    """The portal does not take the code: wrong, used, or too old."""


class HttpPortal:
    """The portal at an address. ``token`` is this kiosk's, never logged; empty before it is paired."""

    def __init__(self, address: str, token: str = "", transport: httpx.AsyncBaseTransport | None = None) -> None:
        headers = {"content-type": "application/json", "accept": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        self._client = httpx.AsyncClient(
            base_url=address,
            headers=headers,
            transport=transport,
            trust_env=urlsplit(address).hostname not in _LOOPBACK,  # no proxy leads to this machine
        )

    async def send(self, request: Request) -> Answer:
        """One exchange. Raises PortalAway, PortalRefused."""
        return await self._ask("sync" if request.claim is None else "claim", request, Answer)

    async def ask_offer(self, question: OfferQuestion) -> OfferAnswer:
        """What the portal offers beside what the kiosk holds. Raises PortalAway, PortalRefused."""
        return await self._ask("offer", question, OfferAnswer)

    async def ask_day_sheets(self, question: DaySheetsQuestion) -> DaySheetsAnswer:
        """The day sheets of the sede as PDF. Raises PortalAway, PortalRefused."""
        return await self._ask("day-sheets", question, DaySheetsAnswer, _TIMEOUT_OF_PAPERS)

    async def pair(self, request: PairRequest) -> PairAnswer:
        """Have this machine made a kiosk. Raises PortalAway, PairingFailed."""
        response = await self._post("pair", msgspec.json.encode(request))
        if HTTPStatus.BAD_REQUEST <= response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PairingFailed
        return _read(response, PairAnswer)

    async def close(self) -> None:
        """Let go of open connections."""
        await self._client.aclose()

    async def _ask(self, what: str, message: msgspec.Struct, kind: type[T], timeout: httpx.Timeout = _TIMEOUT) -> T:
        response = await self._post(what, msgspec.json.encode(message), timeout)
        if response.status_code in _REFUSALS:
            raise PortalRefused(stale=False)
        if response.status_code == HTTPStatus.CONFLICT:
            raise PortalRefused(stale=True)
        return _read(response, kind)

    async def _post(self, what: str, body: bytes, timeout: httpx.Timeout = _TIMEOUT) -> httpx.Response:
        folded, headers = body, {}
        if len(body) > _WORTH_FOLDING:
            folded, headers = gzip.compress(body, 6), {"content-encoding": "gzip"}
        try:
            return await self._client.post(f"{PATH}/{what}", content=folded, headers=headers, timeout=timeout)
        except httpx.HTTPError:
            raise PortalAway from None  # its text may name what was sent


def _read(response: httpx.Response, kind: type[T]) -> T:
    if response.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
        raise PortalAway
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.DecodeError:
        raise PortalAway from None  # something between us answers in the portal's place
