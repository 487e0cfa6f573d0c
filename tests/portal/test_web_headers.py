"""What every answer carries, whoever gives it."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
from litestar import Litestar, Response, get

from portal.web.admission import EVERYBODY
from tests.portal.conftest import NewApp, NewClient

EVERYWHERE = ["/", "/no-existe", "/salud", "/robots.txt", "/static/img/favicon.svg"]
"""A page, what is not found (outside of Litestar's routes), JSON, text, a static file without its hash."""


@pytest.mark.parametrize("address", EVERYWHERE)
async def test_a_page_may_do_only_what_our_pages_do(client: httpx.AsyncClient, address: str) -> None:
    headers = (await client.get(address)).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize("address", ["/no-existe", "/salud"])
async def test_what_says_nothing_about_caching_is_not_kept(client: httpx.AsyncClient, address: str) -> None:
    headers = (await client.get(address)).headers
    assert headers["cache-control"] == "private, no-store"


async def test_an_answer_that_says_how_long_to_keep_it_is_believed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/robots.txt")).headers.get_list("cache-control") == ["public, max-age=86400"]


async def test_https_is_asked_for_where_the_public_address_is_https(new_app: NewApp, new_client: NewClient) -> None:
    secure = new_client(new_app(public_url="https://citas.example.pe"))
    assert (await secure.get("/salud")).headers["strict-transport-security"].startswith("max-age=31536000")


async def test_https_is_not_asked_for_on_a_plain_address(client: httpx.AsyncClient) -> None:
    assert "strict-transport-security" not in (await client.get("/salud")).headers


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    head, get_ = await client.head("/"), await client.get("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get_.headers["content-type"]


async def test_each_answer_has_an_id_of_its_own(client: httpx.AsyncClient) -> None:
    ids = {(await client.get("/salud")).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_an_id_from_a_stranger_is_not_taken_over(client: httpx.AsyncClient) -> None:
    answer = await client.get("/salud", headers={"x-request-id": "from-a-stranger"})
    assert answer.headers["x-request-id"] != "from-a-stranger"


@pytest.mark.parametrize(
    ("given", "taken"), [("from-our-proxy", True), ("short", False), ("line\tbreak-and-more", False)]
)
async def test_an_id_from_our_proxy_is_taken_over_when_it_is_one(
    new_app: NewApp, new_client: NewClient, given: str, *, taken: bool
) -> None:
    behind = new_client(new_app(trusted_proxies="10.0.0.0/8"), address="10.1.2.3")
    answer = await behind.get("/salud", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is taken


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("br;q=0.0, gzip;q=0", None),
        ("identity", None),
        ("", None),
        ("brotli", None),
    ],
)
async def test_pages_are_compressed_as_the_browser_likes(
    client: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    async with client.stream("GET", "/no-existe", headers={"accept-encoding": accepted}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "accept-encoding"
    assert int(answer.headers["content-length"]) == len(raw)
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert b"<h1>No encontramos esta" in unpack(raw)


@get("/imagen", opt=EVERYBODY, sync_to_thread=False)
def send_picture() -> Response[bytes]:
    return Response(b"\x89PNG" + bytes(5000), media_type="image/png")


@get("/corto", opt=EVERYBODY, sync_to_thread=False)
def send_little() -> Response[str]:
    return Response("ok", media_type="text/plain")


@pytest.mark.own_routes
@pytest.mark.parametrize(("handler", "address"), [(send_picture, "/imagen"), (send_little, "/corto")])
async def test_what_would_gain_nothing_is_sent_as_it_is(
    app: Litestar, client: httpx.AsyncClient, handler: object, address: str
) -> None:
    app.register(handler)  # type: ignore[arg-type]  # a handler, one of the two above
    answer = await client.get(address, headers={"accept-encoding": "br"})
    assert "content-encoding" not in answer.headers
