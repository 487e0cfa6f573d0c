"""Forms of other sites must not act in a citizen's name.

The browser keeps a random value in an HttpOnly cookie, with our keyed hash of it. Every form carries the same value,
masked: XORed with random bytes that stand beside it, new each time, so that compression gives nothing away
(compression.py). A form is taken when its value is the cookie's and the hash is ours. Litestar's middleware does much
the same, but writes the value unmasked, sets its cookie on every answer, and never replaces one whose hash is wrong,
which locks a browser out for good when the secret changes.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from portal.web.cookies import AnyRequest, decode, encode, read_cookie, session_cookie
from portal.web.fields import read_form

COOKIE = "citas_csrf"
FIELD = "_csrf_token"
HEADER = "x-csrftoken"
_SECRET_BYTES = 16
_HASH_BYTES = 16
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SCOPE_KEY = "citas_csrf"

WITHOUT_COOKIES: Final[Mapping[str, Any]] = {"csrf_without_cookies": True}
"""The ``opt`` of what programs send with a token of their own in a header. No cookie is read there, so a form of
another site, which can send nothing but the browser's cookies, acts in nobody's name."""


class ForgedForm(PermissionDeniedException):
    """The form does not carry the browser's token: another site made it, or cookies are off, or the page is too old."""


class CsrfToken:
    """The token of one request: read from its cookie only when somebody asks, made when there is none that is ours."""

    __slots__ = ("_cookie", "_cookie_header", "_key", "_secret", "fresh")

    def __init__(self, key: bytes, cookie_header: str, cookie: str = COOKIE) -> None:
        self._key = key
        self._cookie = cookie
        self._cookie_header: str | None = cookie_header
        self._secret = b""
        self.fresh = False

    def masked(self) -> str:
        """The token as a form carries it; different each time."""
        secret = self._kept()
        if not secret:
            secret = self._secret = secrets.token_bytes(_SECRET_BYTES)
            self.fresh = True
        mask = secrets.token_bytes(_SECRET_BYTES)
        return encode(mask + _xor(mask, secret))

    def accepts(self, given: str) -> bool:
        """Whether a form's token belongs to this browser's cookie."""
        kept = self._kept()
        try:
            masked = decode(given)
        except ValueError:
            return False
        if not kept or len(masked) != 2 * _SECRET_BYTES:
            return False
        return hmac.compare_digest(_xor(masked[:_SECRET_BYTES], masked[_SECRET_BYTES:]), kept)

    def browser(self) -> str:
        """What tells this browser from others: the same for all requests that its cookie comes with."""
        return encode(self._kept())

    def set_cookie(self, *, secure: bool) -> bytes:
        """The value of a Set-Cookie header for a token that was just made; it lasts as long as the browser is open."""
        value = encode(self._secret + self._hash(self._secret))
        return session_cookie(self._cookie, value, secure=secure).to_header(header="").encode()

    def _kept(self) -> bytes:
        """The secret of this browser; empty when its cookie is not ours."""
        if self._cookie_header is not None:
            self._secret = self._read(self._cookie_header)
            self._cookie_header = None
        return self._secret

    def _read(self, cookie_header: str) -> bytes:
        try:
            value = decode(read_cookie(cookie_header, self._cookie))
        except ValueError:
            return b""
        secret, signature = value[:_SECRET_BYTES], value[_SECRET_BYTES:]
        return secret if hmac.compare_digest(signature, self._hash(secret)) else b""

    def _hash(self, secret: bytes) -> bytes:
        return hmac.digest(self._key, secret, "sha256")[:_HASH_BYTES]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def keep_token(scope: Mapping[str, Any], token: CsrfToken) -> None:
    """Put the request's token where pages and the guard find it."""
    scope["state"][_SCOPE_KEY] = token


def csrf_token(context: Mapping[str, Any], /) -> str:
    """For templates: ``<input type="hidden" name="_csrf_token" value="{{ csrf_token() }}">``."""
    token: CsrfToken = context["request"].scope["state"][_SCOPE_KEY]
    return token.masked()


def browser_of(request: AnyRequest) -> str:
    """Which browser sent a form, for the limits per session; exists before there is a visit."""
    token: CsrfToken = request.scope["state"][_SCOPE_KEY]
    return token.browser()


async def refuse_forged_forms(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of every route: what changes something must come from one of our pages. Raises ForgedForm.

    A guard and not a middleware, because guards add up: no router or handler can drop one that the application set.
    """
    if connection.scope["method"] in _SAFE_METHODS:  # type: ignore[typeddict-item]  # there are no websockets here
        return
    if handler.opt.keys() >= WITHOUT_COOKIES.keys():
        return
    request: AnyRequest = connection  # type: ignore[assignment]
    given = request.headers.get(HEADER) or (await read_form(request)).get(FIELD)
    token: CsrfToken = request.scope["state"][_SCOPE_KEY]
    if not isinstance(given, str) or not token.accepts(given):
        await (await read_form(request)).close()  # files that came along; Litestar closes them only behind its guards
        raise ForgedForm
