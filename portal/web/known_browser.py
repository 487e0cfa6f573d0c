"""Browsers that somebody of the staff has signed in with before: a cookie that says so, and names nobody.

It holds a random number and, for each of the last names, our signature over number and name. Limits on attempts count
such a browser apart, so that a stranger's wrong tries keep out strangers alone.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Final

from litestar.datastructures import Cookie

from portal.web.cookies import AnyRequest, cookie_header, read_cookie
from portal.web.services import Services

COOKIE: Final = "citas_conocido"
_LASTS: Final = timedelta(days=180)
_MOST_NAMES: Final = 8
_NUMBER_LETTERS: Final = 22
_SIGNATURE_LETTERS: Final = 32
_LONGEST: Final = _NUMBER_LETTERS + _MOST_NAMES * (_SIGNATURE_LETTERS + 1)


def name_for_browser(request: AnyRequest, services: Services, username: str) -> str:
    """Whom a limit counts: the name alone, or the name in this browser, where it has signed in before."""
    number, signatures = _read(request)
    wanted = _sign(number, username, services)
    known = False
    for signature in signatures:
        known |= hmac.compare_digest(signature, wanted)
    return f"{username}/{number}" if known else username


def know_browser(request: AnyRequest, services: Services, username: str) -> Cookie:
    """The cookie to send once somebody has signed in."""
    number, signatures = _read(request)
    number = number or secrets.token_urlsafe(16)
    own = _sign(number, username, services)
    kept = [*(signature for signature in signatures if signature != own), own][-_MOST_NAMES:]
    return Cookie(
        key=COOKIE,
        value=".".join((number, *kept)),
        path="/",
        max_age=int(_LASTS.total_seconds()),
        secure=services.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _read(request: AnyRequest) -> tuple[str, list[str]]:
    value = read_cookie(cookie_header(request), COOKIE)
    number, *signatures = value.split(".")
    if len(value) > _LONGEST or len(number) != _NUMBER_LETTERS or not value.isascii():
        return "", []
    return number, signatures


def _sign(number: str, username: str, services: Services) -> str:
    message = f"citas/known browser/{number}/{username}".encode()
    return hmac.digest(services.keys.access, message, "sha256").hex()[:_SIGNATURE_LETTERS]
