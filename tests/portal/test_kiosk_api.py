"""What kiosks ask of the portal, as it goes over the line: JSON, tokens, limits, refusals."""

from __future__ import annotations

import gzip
import json
import re
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from portal.database.node import Node, fetch
from portal.domain.exchange import Answer, Claim, ClaimOutcome, PairAnswer, PairRequest, Request, Standing
from portal.domain.kiosk_questions import DaySheetsAnswer, OfferAnswer
from portal.domain.kiosks import make_kiosk, make_pairing_code, revoke
from portal.domain.slots import DayStatus
from portal.domain.spanish_dates import local_day
from portal.web.csrf import WITHOUT_COOKIES
from portal.web.machine_calls import MOST_BYTES
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import NOW, ROSA, World, citizen_number, reserve, slot_at
from tests.portal.conftest import NewApp, NewClient

PATH = "/api/kiosk/v1"


@pytest.fixture
def world(peopled: World, sqlite_node: Node) -> World:
    assert sqlite_node.name
    return peopled


@pytest.fixture
async def kiosk(world: World) -> HandKiosk:
    return await add_kiosk(world)


class Line:
    """A kiosk's line to the portal."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._token = token

    async def send(self, what: str, message: object, *, status: int = 200, encoding: str = "identity") -> Any:
        """Send a message, or bytes as they are; the answer's JSON."""
        content = message if isinstance(message, bytes) else msgspec.json.encode(message)
        sent = {
            "content-type": "application/json",
            "content-encoding": encoding,
            "authorization": f"Bearer {self._token}",
        }
        answer = await self._client.post(f"{PATH}/{what}", content=content, headers=sent)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert "set-cookie" not in answer.headers
        return answer.json()

    async def exchange(self, kiosk: HandKiosk, request: Request, what: str = "sync") -> Answer:
        return kiosk.hear(msgspec.json.encode(await self.send(what, request)))


@pytest.fixture
def line(client: httpx.AsyncClient, kiosk: HandKiosk) -> Line:
    return Line(client, kiosk.token)


async def pairing(world: World) -> tuple[UUID, PairRequest]:
    kiosk = await make_kiosk("Módulo 1", world.center)
    code = await make_pairing_code(kiosk, None, NOW)
    token_hash = sha256(secrets.token_bytes()).hexdigest()
    return kiosk, PairRequest(code=code, token_hash=token_hash, public_key=secrets.token_hex(32))


async def test_a_machine_is_paired_and_a_repeat_is_answered_alike(client: httpx.AsyncClient, world: World) -> None:
    kiosk, request = await pairing(world)
    line = Line(client, "")
    first, again = await line.send("pair", request), await line.send("pair", request)
    assert first == again
    answer = msgspec.convert(first, PairAnswer)
    assert (answer.kiosk, answer.center, answer.portal_time) == (kiosk, world.center, NOW)
    other = msgspec.structs.replace(request, token_hash="0" * 64)
    assert await line.send("pair", other, status=403) == {"code": "not_paired"}


async def test_pairing_is_limited_per_origin(new_app: NewApp, new_client: NewClient, world: World) -> None:
    _, request = await pairing(world)
    app = new_app(limit_pairings_per_origin=2)
    line = Line(new_client(app), "")
    wrong = msgspec.structs.replace(request, code="AAAAAAAA")
    for _ in range(2):
        assert await line.send("pair", wrong, status=403) == {"code": "not_paired"}
    assert await line.send("pair", request, status=429) == {"code": "too_many"}
    assert await Line(new_client(app, address="192.0.2.7"), "").send("pair", request)


async def test_an_exchange_goes_over_the_line(line: Line, kiosk: HandKiosk) -> None:
    answer = await line.exchange(kiosk, kiosk.request())
    assert (answer.number, answer.standing, len(answer.leases)) == (1, Standing.GOOD, 20)
    assert answer.reference is not None
    assert answer.reference.public_url == "http://127.0.0.1:8000"
    sale = kiosk.sell(answer.leases[0], "10117410")
    request = kiosk.request()
    once, twice = await line.send("sync", request), await line.send("sync", request)
    assert once == twice
    assert once["applied"] == 1
    [cita] = await fetch('SELECT "state" FROM "appointment" WHERE "code" = {}', sale.code)
    assert cita["state"] == "reserved"
    await line.exchange(kiosk, kiosk.request())
    assert await line.send("sync", request, status=409) == {"code": "stale"}


async def test_a_claim_carries_one(line: Line, kiosk: HandKiosk) -> None:
    await line.exchange(kiosk, kiosk.request())
    assert await line.send("claim", kiosk.request(), status=400) == {"code": "no_claim"}
    offer = msgspec.convert(
        await line.send("offer", {"service": "bolsa", "modality": "virtual"}), OfferAnswer, strict=False
    )
    wanted = Claim(lease=uuid4(), service="bolsa", modality="virtual", starts_at=offer.times[0].starts_at)
    answer = await line.exchange(kiosk, kiosk.request(claim=wanted), "claim")
    assert answer.claim is ClaimOutcome.GRANTED
    assert [lease.starts_at for lease in answer.leases if lease.id == wanted.lease] == [wanted.starts_at]


async def test_the_offer_is_what_may_be_claimed(line: Line, kiosk: HandKiosk, world: World) -> None:
    await line.exchange(kiosk, kiosk.request())
    asked = {"service": "bolsa", "modality": "presencial", "first": "2027-01-08", "days": 4}
    offer = msgspec.convert(await line.send("offer", asked), OfferAnswer, strict=False)
    assert [day.status for day in offer.days] == [DayStatus.FREE, *[DayStatus.NO_HOURS] * 2, DayStatus.FREE]
    assert offer.portal_time == NOW
    [free] = await fetch(
        'SELECT count(*) AS "n" FROM "seat" WHERE "day" BETWEEN \'2027-01-08\' AND \'2027-01-11\' AND "kiosk" IS NULL'
    )
    assert sum(time.free for time in offer.times) == sum(day.free for day in offer.days) == free["n"]
    of_one = {**asked, "consultant": str(world.consultants[0])}
    alone = msgspec.convert(await line.send("offer", of_one), OfferAnswer, strict=False)
    assert {time.free for time in alone.times} == {1}
    # At the desk there is no notice: the next half hour is on offer.
    today = msgspec.convert(
        await line.send("offer", {"service": "bolsa", "modality": "presencial"}), OfferAnswer, strict=False
    )
    assert local_day(today.times[0].starts_at) == local_day(NOW)
    assert today.times[0].starts_at < NOW + timedelta(hours=2)
    for nothing in ({**asked, "service": "otro"}, {**asked, "first": "2027-01-01"}):
        assert (await line.send("offer", nothing))["times"] == []


async def test_day_sheets_of_the_next_day_with_citas(
    app: Litestar, client: httpx.AsyncClient, line: Line, kiosk: HandKiosk, world: World
) -> None:
    assert msgspec.convert(await line.send("day-sheets", {}), DaySheetsAnswer).day is None
    await reserve(ROSA, slot_at(NOW + timedelta(days=1, hours=1)))
    await reserve(citizen_number(1), slot_at(NOW + timedelta(days=1, hours=1)))
    renderer = app.state.services.renderer
    renderer.start()
    try:
        answer = msgspec.convert(await line.send("day-sheets", {}), DaySheetsAnswer, strict=False)
    finally:
        renderer.close()
    assert answer.day == local_day(NOW) + timedelta(days=1)
    assert {sheet.consultant for sheet in answer.sheets} == set(world.consultants)
    assert all(sheet.content.startswith(b"%PDF-") for sheet in answer.sheets)


@pytest.mark.parametrize("what", ["sync", "claim", "offer", "day-sheets"])
async def test_a_wrong_token_opens_nothing(client: httpx.AsyncClient, kiosk: HandKiosk, what: str) -> None:
    wrong: list[Any] = [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {kiosk.token}x"},
        {"authorization": f"Bearer {'x' * 4000}"},
        {b"authorization": "Bearer ñ".encode()},
        {"authorization": f"Basic {kiosk.token}"},
    ]
    for headers in wrong:
        answer = await client.post(f"{PATH}/{what}", content=b"no JSON, and not looked at", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"code": "unknown_token"})


async def test_wrong_tokens_are_limited_and_right_ones_are_not(
    new_app: NewApp, new_client: NewClient, kiosk: HandKiosk
) -> None:
    client = new_client(new_app(limit_requests_per_origin=2))
    wrong, right = Line(client, "wrong"), Line(client, kiosk.token)
    for status in (401, 401, 429):
        await wrong.send("sync", kiosk.request(), status=status)
    assert await right.exchange(kiosk, kiosk.request())


async def test_a_revoked_kiosk_hears_so_and_nothing_else(line: Line, kiosk: HandKiosk) -> None:
    await line.exchange(kiosk, kiosk.request())
    await revoke(kiosk.id, NOW)
    answer = await line.exchange(kiosk, kiosk.request())
    assert (answer.standing, answer.leases, answer.state) == (Standing.REVOKED, (), None)
    for what, message in (("offer", {"service": "bolsa", "modality": "virtual"}), ("day-sheets", {})):
        assert await line.send(what, message, status=403) == {"code": "not_trusted"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"protocol": "1"}', b"9" * 5000, b"[" * 20_000],
)
async def test_what_is_malformed_is_refused(line: Line, kiosk: HandKiosk, content: bytes) -> None:
    assert kiosk
    for what in ("sync", "claim", "offer", "pair"):
        assert await line.send(what, content, status=400) == {"code": "malformed"}
    if content != b"":
        return
    wrong_type = json.loads(msgspec.json.encode(kiosk.request())) | {"number": "1"}
    assert await line.send("sync", wrong_type, status=400) == {"code": "malformed"}
    assert await line.send("offer", {"service": "bolsa", "modality": "humo"}, status=400) == {"code": "malformed"}
    assert await line.send("offer", {"service": "b", "modality": "virtual", "days": 400}, status=400)


async def test_bodies_may_be_compressed_but_not_without_bound(line: Line, kiosk: HandKiosk) -> None:
    folded = gzip.compress(msgspec.json.encode(kiosk.request()))
    assert (await line.send("sync", folded, encoding="gzip"))["number"] == kiosk.number
    bomb = gzip.compress(b" " * (MOST_BYTES + 1))
    assert len(bomb) < 10_000
    assert await line.send("sync", bomb, status=413, encoding="gzip") == {"code": "too_large"}
    assert await line.send("sync", b" " * (MOST_BYTES + 1), status=413) == {"code": "too_large"}
    for spoilt in (folded[:-9], b"no gzip", folded + b"x", folded + folded):
        assert await line.send("sync", spoilt, status=400, encoding="gzip") == {"code": "malformed"}
    await line.send("sync", folded, status=415, encoding="zstd")


async def test_answers_are_compressed(client: httpx.AsyncClient, kiosk: HandKiosk) -> None:
    answer = await client.post(
        f"{PATH}/sync",
        content=msgspec.json.encode(kiosk.request()),
        headers={"authorization": f"Bearer {kiosk.token}", "accept-encoding": "gzip"},
    )
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content) / 2


async def test_300_offline_bookings_fit(line: Line, kiosk: HandKiosk) -> None:
    lease = (await line.exchange(kiosk, kiosk.request())).leases[0]
    for number in range(300):
        kiosk.sell(msgspec.structs.replace(lease, id=uuid4()), f"{40_000_000 + number}")
    content = msgspec.json.encode(kiosk.request())
    assert len(content) < MOST_BYTES / 4
    assert (await line.send("sync", gzip.compress(content), encoding="gzip"))["applied"] == 300


async def test_a_kiosk_of_another_protocol_hands_in_its_log_and_is_told(line: Line, kiosk: HandKiosk) -> None:
    lease = (await line.exchange(kiosk, kiosk.request())).leases[0]
    kiosk.sell(lease, "10117410")
    request = json.loads(msgspec.json.encode(kiosk.request(protocol=7))) | {"of_tomorrow": [1, 2]}
    answer = await line.send("sync", request)
    assert (answer["applied"], answer["message"], answer["state"]) == (1, "another_protocol", None)
    assert len(answer["leases"]) == 19


def test_only_these_routes_take_what_no_form_of_ours_sent(app: Litestar) -> None:
    exempt = {
        route.path
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.opt.keys() & WITHOUT_COOKIES.keys()
    }
    assert exempt == {f"{PATH}/{what}" for what in ("pair", "sync", "claim", "offer", "day-sheets")}


async def test_a_cookie_is_no_token(client: httpx.AsyncClient, kiosk: HandKiosk) -> None:
    client.cookies.set("citas_personal", kiosk.token)
    answer = await client.post(f"{PATH}/sync", content=msgspec.json.encode(kiosk.request()))
    assert answer.status_code == 401


async def test_the_schema_describes_them(client: httpx.AsyncClient, world: World) -> None:
    assert world
    schema = (await client.get("/esquema")).json()
    for what in ("pair", "sync", "claim", "offer", "day-sheets"):
        operation = schema["paths"][f"{PATH}/{what}"]["post"]
        assert "application/json" in operation["requestBody"]["content"]
        assert {"200", "400", "413", "429"} <= operation["responses"].keys()


async def test_nothing_of_an_exchange_is_logged(
    line: Line, kiosk: HandKiosk, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    lease = (await line.exchange(kiosk, kiosk.request())).leases[0]
    kiosk.sell(lease, "10117410")
    await line.exchange(kiosk, kiosk.request())
    await line.send("sync", b'{"name": "Rosa"}', status=400)
    written = capsys.readouterr()
    logged = written.out + written.err + caplog.text
    assert not re.search("10117410|Rosa|Ñahui", logged)
    assert kiosk.token not in logged
