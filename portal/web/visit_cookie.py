"""The cookie that names a visit (domain/visits.py). It is set when a seat is held, not before, and ends with the
browser's session."""

from __future__ import annotations

from litestar.datastructures import Cookie

from portal.web.cookies import AnyRequest, cookie_header, read_cookie, session_cookie

COOKIE = "citas_sesion"
_LONGEST = 64


def read_visit_cookie(request: AnyRequest) -> str:
    """The cookie's value, or the empty string: then there is no visit."""
    value = read_cookie(cookie_header(request), COOKIE)
    return value if len(value) <= _LONGEST else ""


def visit_cookie(value: str, *, secure: bool) -> Cookie:
    """The cookie to send with the answer to the hold that begins a visit."""
    return session_cookie(COOKIE, value, secure=secure)
