"""Who may open the page of a cita: the browser that booked it, found it by code and document, or came by a signed link.

A signed cookie carries the codes with the time each was granted: at most five, each for twelve hours. Pages treat a
code that is not in it and a code that does not exist alike.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from itsdangerous import BadData, URLSafeSerializer
from litestar.datastructures import Cookie

from portal.domain.links import read_link
from portal.web.cookies import AnyRequest, cookie_header, read_cookie, session_cookie
from portal.web.services import Services

COOKIE = "citas_acceso"
MOST_CODES: Final = 5
LASTS: Final = timedelta(hours=12)
_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True)
class Grant:
    """A code that this browser may open, since when (aware UTC)."""

    code: str
    since: datetime


def may_open(request: AnyRequest, services: Services, code: str) -> bool:
    """Whether this browser may open the cita of that code now. Does not say whether there is such a cita."""
    wanted = code.encode()
    found = False
    for grant in _read_grants(request, services):  # to the end, so that the time taken does not tell which one it is
        found |= hmac.compare_digest(grant.code.encode(), wanted)
    return found


def grant_access(request: AnyRequest, services: Services, code: str) -> Cookie:
    """The cookie that lets this browser open that cita as well, from now on; the oldest of too many goes."""
    kept = [grant for grant in _read_grants(request, services) if grant.code != code]
    grants = [*kept, Grant(code, services.now())][-MOST_CODES:]
    value = _serializer(services).dumps([[grant.code, int(grant.since.timestamp())] for grant in grants])
    return session_cookie(COOKIE, value, secure=services.settings.secure_cookies)


def grant_by_link(request: AnyRequest, services: Services, code: str, k: str) -> Cookie | None:
    """The same for a browser that came by a signed link, if the link is good for that code; answer with a redirect to
    the address without ``k``."""
    if not read_link(code, k, services.keys.access, services.now()):
        return None
    return grant_access(request, services, code)


def _read_grants(request: AnyRequest, services: Services) -> list[Grant]:
    value = read_cookie(cookie_header(request), COOKIE)
    if not value or len(value) > _LONGEST:
        return []
    try:
        kept = _serializer(services).loads(value)
    except BadData:
        return []
    now = services.now()
    grants = [Grant(code, datetime.fromtimestamp(since, now.tzinfo)) for code, since in kept]
    return [grant for grant in grants if grant.since <= now < grant.since + LASTS]


def _serializer(services: Services) -> URLSafeSerializer:
    return URLSafeSerializer(
        services.keys.access,
        salt=b"citas/access",
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )
