"""The line to the portal: what is sent, and what its answers and silences mean."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import httpx
import msgspec
import pytest

from kiosk.link import HttpPortal, PairingFailed
from kiosk.sync import PortalAway, PortalRefused
from portal.domain.exchange import Answer, Claim, PairRequest, Request, SignedEntry, Standing
from tests.people import NOW

ASKED = Request(protocol=1, number=7, answered=6, epoch=1, sent_at=NOW, applied=0, chain="", logged=0)
GIVEN = Answer(number=7, epoch=1, standing=Standing.GOOD, portal_time=NOW, applied=0, kept=0)
CODE = PairRequest(code="ABCDEFGH", token_hash="0" * 64, public_key="0" * 64)


def portal(answer: Callable[[httpx.Request], httpx.Response]) -> HttpPortal:
    return HttpPortal("https://citas.example.org", "secret", httpx.MockTransport(answer))


async def test_an_exchange() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=msgspec.json.encode(GIVEN))

    line = portal(answer)
    assert await line.send(ASKED) == GIVEN
    entry = SignedEntry(number=1, hash="0" * 64, text="x" * 3_000)
    claim = Claim(lease="7b4cd2f0-0000-4000-8000-000000000000", service="bolsa", modality="virtual", starts_at=NOW)  # type: ignore[arg-type]
    await line.send(msgspec.structs.replace(ASKED, entries=(entry,), claim=claim))
    await line.close()
    small, large = seen
    assert small.url.path == "/api/kiosk/v1/sync"
    assert small.headers["authorization"] == "Bearer secret"
    assert msgspec.json.decode(small.content, type=Request) == ASKED
    assert large.url.path == "/api/kiosk/v1/claim"
    assert large.headers["content-encoding"] == "gzip"
    assert len(large.content) < 1_000
    unfolded = msgspec.json.decode(gzip.decompress(large.content), type=Request)
    assert unfolded.entries == (entry,)
    assert unfolded.claim is not None


@pytest.mark.parametrize(("status", "stale"), [(401, False), (403, False), (409, True)])
async def test_a_refusal(status: int, *, stale: bool) -> None:
    with pytest.raises(PortalRefused) as refused:
        await portal(lambda _: httpx.Response(status)).send(ASKED)
    assert refused.value.stale is stale


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500),
        httpx.Response(503),
        httpx.Response(302, headers={"location": "https://elsewhere.example.org"}),
        httpx.Response(200, content=b"<html>Inicia sesi\xc3\xb3n en la red</html>"),
        httpx.Response(200, content=b'{"number": 7}'),
    ],
)
async def test_what_is_no_answer_is_silence(response: httpx.Response) -> None:
    with pytest.raises(PortalAway):
        await portal(lambda _: response).send(ASKED)


async def test_a_broken_line_is_silence() -> None:
    def break_off(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("cut", request=request)

    with pytest.raises(PortalAway):
        await portal(break_off).send(ASKED)
    with pytest.raises(PortalAway):
        await portal(break_off).pair(CODE)


async def test_a_pairing_code_that_is_not_taken() -> None:
    with pytest.raises(PairingFailed):
        await portal(lambda _: httpx.Response(403)).pair(CODE)
    with pytest.raises(PortalAway):
        await portal(lambda _: httpx.Response(502)).pair(CODE)


async def test_nobody_listens() -> None:
    line = HttpPortal("http://127.0.0.1:9", "secret")
    with pytest.raises(PortalAway):
        await line.send(ASKED)
    await line.close()
