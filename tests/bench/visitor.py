"""A browser without a screen: its cookies, its address as the proxy tells it, and the forms that it finds in pages."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

from tests.bench.connection import HOST, Answer, Connection

_FIELD = re.compile(r'<input[^>]*\bname="([a-z_]+)"[^>]*\bvalue="([^"]*)"')
_TOKEN = re.compile(r'<input[^>]*\bname="_csrf_token"[^>]*\bvalue="([^"]*)"')
_TIME = re.compile(r'<button[^>]*\bname="horario"[^>]*\bvalue="([^"]*)"')


class Visitor:
    """One citizen's browser; ``number`` tells it from the others. Several may use one connection after each other."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._head = f"host: {HOST}\r\nx-forwarded-for: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
        self.number = number
        self.cookies: dict[str, str] = {}

    async def get(self, path: str) -> Answer:
        """GET a path."""
        return await self._ask(f"GET {path} HTTP/1.1\r\n{self._head}{self._cookie_line()}\r\n".encode())

    async def post(self, path: str, **fields: str) -> Answer:
        """POST a form."""
        body = urlencode(fields)
        return await self._ask(
            f"POST {path} HTTP/1.1\r\n{self._head}{self._cookie_line()}"
            f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
        )

    async def _ask(self, request: bytes) -> Answer:
        answer = await self._connection.ask(request)
        for name, value in answer.cookies:
            self.cookies[name] = value
        return answer

    def _cookie_line(self) -> str:
        if not self.cookies:
            return ""
        return "cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()) + "\r\n"


def inputs_in(page: Answer) -> dict[str, str]:
    """The inputs of a page that have a value, the first of each name; what a browser sends with its buttons."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(page.text):
        found.setdefault(name, html.unescape(value))
    return found


def token_in(page: Answer) -> str:
    """The form token of a page, which goes back with each of its forms. Raises LookupError when it has none."""
    found = _TOKEN.search(page.text)
    if found is None:
        raise LookupError("a page without a form token")
    return html.unescape(found[1])


def times_in(page: Answer) -> list[str]:
    """The times that a page offers, as the values of its buttons."""
    return [html.unescape(value) for value in _TIME.findall(page.text)]
