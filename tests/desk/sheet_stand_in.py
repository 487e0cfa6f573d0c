"""A stand-in of Google's token endpoint and of the Sheets API v4 on the loopback address: real HTTP, a grid in memory.

It takes what the real one takes and no more: a token for a JWT that the service account signed, ranges within the
grid, and USER_ENTERED values as formulas if they look like some. ``faults`` are statuses to answer with instead.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from gspread.utils import a1_to_rowcol

SHEET = "hoja-de-prueba_1"
TOKEN = "ya29.stand-in"
_CELL = re.compile(r"([A-Z]+[0-9]+)(?::([A-Z]+[0-9]+))?")


@dataclass
class SheetStandIn:
    """The sheet as it stands, and what was asked of it."""

    url: str = ""
    rows: int = 1000
    columns: int = 26
    cells: dict[tuple[int, int], Any] = field(default_factory=dict)
    writes: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    """Answers to the next writes, 0 for a good one; ``late`` writes first and fails then."""
    late: bool = False
    tokens: int = 0
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def credentials(self, folder: Path) -> Path:
        """The JSON key of the service account, whose token comes from here."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = folder / "service-account.json"
        told = {
            "type": "service_account",
            "client_email": "citas@prueba.example",
            "private_key": pem.decode(),
            "token_uri": f"{self.url}/token",
        }
        path.write_text(json.dumps(told))
        return path

    def row(self, number: int) -> list[Any]:
        """The cells of a row, up to the last one that holds something."""
        last = max((column for row, column in self.cells if row == number), default=0)
        return [self.cells.get((number, column), "") for column in range(1, last + 1)]

    def column(self, number: int = 1) -> list[Any]:
        """The cells of a column."""
        last = max((row for row, column in self.cells if column == number), default=0)
        return [self.cells.get((row, number), "") for row in range(1, last + 1)]


@contextmanager
def serve_sheet() -> Iterator[SheetStandIn]:
    """A stand-in that listens until the block ends."""
    sheet = SheetStandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"sheet": sheet}))
    sheet.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield sheet
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sheet: SheetStandIn

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if not self._is_known(address.path):
            return
        if address.path.endswith("/values:batchGet"):
            ranges = parse_qs(address.query)["ranges"]
            self._answer(200, {"valueRanges": [{"range": one, "values": self._read(one)} for one in ranges]})
            return
        size = {"rowCount": self.sheet.rows, "columnCount": self.sheet.columns}
        page = {"sheetId": 0, "title": "Año 2027", "gridProperties": size}
        self._answer(200, {"spreadsheetId": SHEET, "sheets": [{"properties": page}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/token":
            self._grant(parse_qs(body.decode()))
            return
        if not self._is_known(urlsplit(self.path).path):
            return
        asked = json.loads(body)
        fault = self.sheet.faults.pop(0) if self.sheet.faults else 0
        if fault and not self.sheet.late:
            self._fail(fault)
            return
        if self.path.endswith("/values:batchUpdate"):
            if not self._write(asked):
                return
        else:
            self._grow(asked["requests"])
        if fault:
            self._fail(fault)
        else:
            self._answer(200, {"spreadsheetId": SHEET})

    def _is_known(self, path: str) -> bool:
        self.sheet.asked.append(f"{self.command} {path.rpartition('/')[2]}")
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            self._fail(401)
        elif not re.match(rf"/v4/spreadsheets/{SHEET}(?:[/:]|$)", unquote(path)):
            self._fail(404)
        else:
            return True
        return False

    def _grant(self, form: dict[str, list[str]]) -> None:
        head, claims, signature = form["assertion"][0].split(".")
        told = json.loads(_decoded(claims))
        signed = f"{head}.{claims}".encode()
        self.sheet.key.public_key().verify(_decoded(signature), signed, padding.PKCS1v15(), hashes.SHA256())
        assert told["scope"] == "https://www.googleapis.com/auth/spreadsheets"
        self.sheet.tokens += 1
        self._answer(200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})

    def _read(self, name: str) -> list[list[Any]]:
        (top, left), (bottom, right) = _corners(name)
        if bottom > self.sheet.rows or right > self.sheet.columns:
            raise AssertionError(f"{name} exceeds the grid")
        rows = [
            [self.sheet.cells.get((row, one), "") for one in range(left, right + 1)] for row in range(top, bottom + 1)
        ]
        while rows and not any(rows[-1]):
            rows.pop()
        return rows

    def _write(self, asked: dict[str, Any]) -> bool:
        changes: dict[tuple[int, int], Any] = {}
        for one in asked["data"]:
            (top, left), _ = _corners(one["range"])
            for down, values in enumerate(one["values"]):
                for over, value in enumerate(values):
                    changes[top + down, left + over] = _taken(value, asked["valueInputOption"])
        if any(row > self.sheet.rows or column > self.sheet.columns for row, column in changes):
            self._fail(400)
            return False
        self.sheet.cells.update(changes)
        self.sheet.writes.append(asked)
        return True

    def _grow(self, requests: list[dict[str, Any]]) -> None:
        for request in requests:
            append = request["appendDimension"]
            if append["dimension"] == "ROWS":
                self.sheet.rows += append["length"]
            else:
                self.sheet.columns += append["length"]

    def _fail(self, status: int) -> None:
        self._answer(status, {"error": {"code": status, "message": "no", "status": "NO"}})

    def _answer(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _corners(name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    title, _, cells = name.rpartition("!")
    assert title == "'Año 2027'", title
    found = _CELL.fullmatch(cells)
    assert found, cells
    return a1_to_rowcol(found[1]), a1_to_rowcol(found[2] or found[1])


def _taken(value: Any, how: str) -> Any:
    return {"formula": value} if how != "RAW" and str(value).startswith("=") else value


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
