"""Compression of pages as they are made. What never changes is compressed once, at the start (assets.py).

Not Litestar's middleware: it compresses PDF files and pictures too, finds ``br`` in ``br;q=0``, and wraps every
message.

Secrets in compressed pages: a page that repeats what a stranger typed beside a secret lets the stranger guess the
secret by the length of the answer (BREACH). The only secret in our pages that is worth guessing is the CSRF token,
and csrf.py masks it with fresh random bytes each time it is written, so that no two answers have it in common.
"""

from __future__ import annotations

import re
import zlib
from enum import StrEnum

import brotli  # type: ignore[import-untyped]

SMALLEST = 600
"""Bytes below which the saved packet is not worth the work."""

BROTLI_QUALITY = 4
"""The knee: a page of 8,107 bytes becomes 2,429 at quality 3, 2,269 at 4 in 0.08 ms, 2,165 at 5 in 0.13 ms."""

GZIP_LEVEL = 6
_WINDOW_BITS = 16
"""Pages are smaller than this window; a larger one only takes memory."""

COMPRESSIBLE = (
    b"text/html",
    b"text/plain",
    b"text/css",
    b"text/javascript",
    b"text/calendar",
    b"application/json",
    b"application/vnd.oai.openapi+json",
    b"image/svg+xml",
)

_REFUSED = re.compile(r";\s*q\s*=\s*0(\.0*)?\s*$")


class Encoding(StrEnum):
    BROTLI = "br"
    GZIP = "gzip"


def choose_encoding(accepted: str) -> Encoding | None:
    """The best encoding that an ``Accept-Encoding`` header allows, or None to send the bytes as they are."""
    if not accepted:
        return None
    names = {part.split(";", 1)[0].strip() for part in accepted.lower().split(",") if not _REFUSED.search(part)}
    if Encoding.BROTLI in names:
        return Encoding.BROTLI
    if Encoding.GZIP in names:
        return Encoding.GZIP
    return None


def compress(body: bytes, encoding: Encoding) -> bytes:
    """Compress a page that is sent once: quick rather than small."""
    if encoding is Encoding.BROTLI:
        return _brotli(body, BROTLI_QUALITY, _WINDOW_BITS)
    return _gzip(body, GZIP_LEVEL)


def compress_hard(body: bytes, encoding: Encoding) -> bytes:
    """Compress what is sent thousands of times: as small as it gets."""
    if encoding is Encoding.BROTLI:
        return _brotli(body, 11, 22)
    return _gzip(body, 9)


def _brotli(body: bytes, quality: int, window_bits: int) -> bytes:
    packed: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality, lgwin=window_bits)
    return packed


def _gzip(body: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)  # 31: with gzip's own header, without a date in it
    return packer.compress(body) + packer.flush()
