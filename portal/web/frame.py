"""The outermost layer: what happens to every request, whatever it asks for, and to every answer, whoever gives it.

One pure ASGI layer instead of a stack of middlewares, because each of those wraps ``send`` again for every request.
Litestar runs its middlewares inside its routing; this one stands outside, so that "not found" and static files get it
as well.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter

import structlog
from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPScope,
    Message,
    Receive,
    Scope,
    Send,
)

from portal.database.node import Node, use_node
from portal.web import metrics
from portal.web.assets import PREFIX, Assets
from portal.web.compression import COMPRESSIBLE, SMALLEST, choose_encoding, compress
from portal.web.csrf import COOKIE, CsrfToken, keep_token
from portal.web.incoming import Incoming
from portal.web.logs import request_id
from portal.web.origin import Network, is_trusted
from portal.web.security import NOT_KEPT, Header

log = structlog.get_logger("citas.http")

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_NO_ROUTE = "(none)"
_NOBODY_WAITED = 499
"""What the log and the figures say when the browser had gone before there was an answer."""

_LAST_RESORT = (
    "<!doctype html><html lang=es><meta charset=utf-8><title>Algo falló</title><h1>Algo falló de nuestro lado</h1>"
    "<p>Vuelve a intentarlo en unos minutos. Si avisas de esta falla, da este número: {}</p></html>"
)
"""For when even the error page cannot be made."""


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """What the frame needs to know of the installation."""

    node: Node
    assets: Assets
    csrf_key: bytes
    security: tuple[Header, ...]
    trusted_proxies: Sequence[Network]
    secure_cookies: bool
    csrf_cookie: str = COOKIE


class Frame:
    """ASGI application around Litestar's."""

    def __init__(self, app: ASGIApp, options: FrameOptions) -> None:
        self._app = app
        self._options = options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        await self._frame(scope, receive, send)

    async def _frame(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        headers = _pick_headers(scope["headers"])
        incoming = Incoming(receive)
        answer = _Answer(scope["method"], headers, incoming, send, self._options)
        if scope["method"] == "HEAD":
            scope["method"] = "GET"  # Litestar has no HEAD; the answer leaves the body out
        began = perf_counter()
        metrics.request_began()
        identity = self._identify(scope, headers)
        mark = request_id.set(identity)
        answer.request_id = identity
        try:
            await self._serve(scope, incoming.receive, answer)
        finally:
            route = scope.get("path_template") or (f"{PREFIX}{{file}}" if answer.is_static else _NO_ROUTE)
            seconds = perf_counter() - began
            metrics.request_ended(answer.method, route, answer.status, seconds)
            log.info("request", method=answer.method, route=route, status=answer.status, ms=round(seconds * 1000, 1))
            request_id.reset(mark)

    async def _serve(self, scope: HTTPScope, receive: Receive, answer: _Answer) -> None:
        if scope["path"].startswith(PREFIX) and await self._serve_file(scope, answer):
            return
        keep_token(scope, answer.token)
        try:
            with use_node(self._options.node):
                await self._app(scope, receive, answer.send)
        except Exception:
            log.exception("unanswered")
            if answer.started:
                raise
            await answer.apologise()

    async def _serve_file(self, scope: HTTPScope, answer: _Answer) -> bool:
        asset = self._options.assets.find(scope["path"])
        if asset is None or scope["method"] != "GET":
            return False
        answer.is_static = True
        picked = answer.headers
        status, headers, body = asset.answer(picked.get(b"accept-encoding", ""), picked.get(b"if-none-match", ""))
        await answer.send_whole(status, headers, body)
        return True

    def _identify(self, scope: HTTPScope, headers: dict[bytes, str]) -> str:
        given = headers.get(b"x-request-id", "")
        peer = scope["client"]
        if given and peer and is_trusted(peer[0], self._options.trusted_proxies) and _ID.fullmatch(given):
            return given
        return secrets.token_hex(8)


_WANTED = frozenset({b"accept-encoding", b"cookie", b"if-none-match", b"x-request-id"})


def _pick_headers(headers: Iterable[Header]) -> dict[bytes, str]:
    return {name: value.decode("latin-1") for name, value in headers if name in _WANTED}


class _Answer:
    """One answer on its way out: gets its headers, is compressed, and is counted."""

    __slots__ = (
        "_incoming",
        "_kept_headers",
        "_options",
        "_send",
        "headers",
        "is_static",
        "method",
        "request_id",
        "started",
        "status",
        "token",
    )

    def __init__(
        self, method: str, headers: dict[bytes, str], incoming: Incoming, send: Send, options: FrameOptions
    ) -> None:
        self.method = method
        self.headers = headers
        self.token = CsrfToken(options.csrf_key, headers.get(b"cookie", ""), options.csrf_cookie)
        self.request_id = ""
        self.status = _NOBODY_WAITED
        self.started = False
        self.is_static = False
        self._kept_headers: list[Header] = []
        self._incoming = incoming
        self._options = options
        self._send = send

    async def send(self, message: Message) -> None:
        """ASGI's ``send``: the start waits for the first piece of the body, which decides about compression."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._kept_headers = self._complete(message["headers"])
            return
        if message["type"] == "http.response.body":
            if not self.started:
                if not self.is_static and not message.get("more_body"):
                    self._compress(self._kept_headers, message)
                if self.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                    await self._incoming.discard()
                self.started = True
                await self._send({"type": "http.response.start", "status": self.status, "headers": self._kept_headers})
            if self.method == "HEAD":
                message["body"] = b""
        await self._send(message)

    async def apologise(self) -> None:
        """The answer of last resort."""
        body = _LAST_RESORT.format(self.request_id).encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await self.send_whole(500, headers, body)

    async def send_whole(self, status: int, headers: list[Header], body: bytes) -> None:
        """Send an answer that is not Litestar's."""
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    def _complete(self, given: Iterable[Header]) -> list[Header]:
        headers = list(given)
        headers.extend(self._options.security)
        headers.append((b"x-request-id", self.request_id.encode()))
        if not any(name == b"cache-control" for name, _ in headers):
            headers.append(NOT_KEPT)
        if self.token.fresh:
            headers.append((b"set-cookie", self.token.set_cookie(secure=self._options.secure_cookies)))
        return headers

    def _compress(self, headers: list[Header], message: HTTPResponseBodyEvent) -> None:
        body = message["body"]
        if len(body) < SMALLEST or _type_of(headers) not in COMPRESSIBLE:
            return
        headers.append((b"vary", b"accept-encoding"))
        encoding = choose_encoding(self.headers.get(b"accept-encoding", ""))
        if encoding is None:
            return
        message["body"] = packed = compress(body, encoding)
        headers[:] = [header for header in headers if header[0] != b"content-length"]
        headers += [(b"content-encoding", encoding.encode()), (b"content-length", str(len(packed)).encode())]


def _type_of(headers: list[Header]) -> bytes:
    return next((value for name, value in headers if name == b"content-type"), b"").split(b";", 1)[0]
