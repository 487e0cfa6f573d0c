"""Static files: read once at the start, named after their content, compressed once, kept by browsers for a year.

``css/citas.css`` is served as ``/static/css/citas.3f2a90c1.css``. A file that refers to others by ``url(...)`` gets
their new names written into it, so that a changed font changes the name of the style sheet too.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path

from portal.web.compression import COMPRESSIBLE, Encoding, choose_encoding, compress_hard

PREFIX = "/static/"

_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".mjs": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".png": b"image/png",
    ".jpg": b"image/jpeg",
    ".webp": b"image/webp",
    ".avif": b"image/avif",
    ".ico": b"image/x-icon",
    ".woff2": b"font/woff2",
    ".webmanifest": b"application/manifest+json",
}
"""What is served; anything else that lies in the folder (licences, notes) is not."""

_REFERENCE = re.compile(r"""url\(\s*(['"]?)(?!data:|https?:|/|#)([^'")]+)\1\s*\)""")
_FOREVER = b"public, max-age=31536000, immutable"

Headers = list[tuple[bytes, bytes]]


class AssetError(Exception):
    """A page or a style sheet names a static file that does not exist."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file ready to be sent: its bytes in each encoding, and the headers that go with them."""

    url: str
    etag: bytes
    content_type: bytes
    plain: bytes
    encoded: dict[Encoding, bytes] = field(default_factory=dict)

    def answer(self, accepted: str, known_etag: str) -> tuple[int, Headers, bytes]:
        """Status, headers and body for a browser that accepts these encodings and may hold a copy already."""
        headers: Headers = [(b"cache-control", _FOREVER), (b"etag", self.etag)]
        if self.encoded:
            headers.append((b"vary", b"accept-encoding"))
        if known_etag and self.etag.decode() in {tag.strip().removeprefix("W/") for tag in known_etag.split(",")}:
            return 304, headers, b""
        encoding = choose_encoding(accepted) if self.encoded else None
        body = self.encoded.get(encoding, self.plain) if encoding else self.plain
        if body is not self.plain and encoding:
            headers.append((b"content-encoding", encoding.encode()))
        headers += [(b"content-type", self.content_type), (b"content-length", str(len(body)).encode())]
        return 200, headers, body


class Assets:
    """All static files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[str, Asset] = {}
        self._by_url: dict[str, Asset] = {}
        self._being_read: set[str] = set()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in _TYPES:
                self._read(path.relative_to(folder).as_posix())

    def url(self, name: str) -> str:
        """The address of a file, e.g. ``css/citas.css``. Raises AssetError when there is none of that name."""
        try:
            return self._by_name[name].url
        except KeyError:
            raise AssetError(f"no static file {name!r}") from None

    def find(self, path: str) -> Asset | None:
        """The file at an address, if there is one."""
        return self._by_url.get(path)

    def _read(self, name: str) -> Asset:
        if name in self._by_name:
            return self._by_name[name]
        path = self._folder / name
        if name in self._being_read or not path.is_file() or path.suffix not in _TYPES:
            raise AssetError(f"no static file {name!r}, or it refers to itself")
        self._being_read.add(name)
        content = path.read_bytes()
        if path.suffix == ".css":
            content = self._point_to_hashed_names(name, content.decode()).encode()
        asset = _prepare(name, content)
        self._by_name[name] = asset
        self._by_url[asset.url] = asset
        return asset

    def _point_to_hashed_names(self, name: str, text: str) -> str:
        def replace(reference: re.Match[str]) -> str:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), reference[2]))
            return f'url("{self._read(target).url}")'

        return _REFERENCE.sub(replace, text)


def _prepare(name: str, content: bytes) -> Asset:
    digest = hashlib.sha256(content).hexdigest()[:12]
    stem, suffix = posixpath.splitext(name)
    content_type = _TYPES[suffix]
    encoded = {}
    if content_type.split(b";")[0] in COMPRESSIBLE:
        packed = {encoding: compress_hard(content, encoding) for encoding in Encoding}
        encoded = {encoding: body for encoding, body in packed.items() if len(body) < len(content)}
    return Asset(
        url=f"{PREFIX}{stem}.{digest}{suffix}",
        etag=f'"{digest}"'.encode(),
        content_type=content_type,
        plain=content,
        encoded=encoded,
    )
