"""Where somebody goes on after they have signed in: an address of this portal, carried along as ``seguir``."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from portal.web.cookies import AnyRequest

FIELD: Final = "seguir"
SIGN_IN_PAGE: Final = "/ingresar"
SIGN_OUT: Final = "/salir"
_LONGEST: Final = 500


def read_wanted(text: str) -> str:
    """The address, if it is one of ours that one may be sent to; else the empty string.

    Only a path of this origin: no scheme, no host, nothing that browsers mend into one (``//``, ``/\\``, line breaks).
    """
    if not text.startswith("/") or text.startswith("//") or len(text) > _LONGEST:
        return ""
    if "\\" in text or not text.isascii() or not text.isprintable() or " " in text:
        return ""
    path = urlsplit(text).path
    return "" if path in (SIGN_OUT, SIGN_IN_PAGE) or path.startswith(f"{SIGN_IN_PAGE}/") else text


def carry(address: str, wanted: str) -> str:
    """An address that carries along where to go on; without a wish it stays as it is."""
    wanted = read_wanted(wanted)
    return f"{address}?{FIELD}={quote(wanted, safe='/')}" if wanted and wanted != "/" else address


def shown_address(request: AnyRequest) -> str:
    """The address that a browser shows while htmx asks for a part of its page; empty when there is none of ours."""
    parts = urlsplit(request.headers.get("hx-current-url", ""))
    return read_wanted(f"{parts.path}?{parts.query}" if parts.query else parts.path)
