"""The Google Sheet as we use it: look at its grid, read its first column, write rows. Every method blocks.

Values are sent RAW: Google takes each as it is, and no text of a citizen becomes a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeAlias

from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient
from gspread.utils import absolute_range_name, rowcol_to_a1
from requests import RequestException, Response

Value: TypeAlias = str | int | float
"""What a cell of the sheet is sent as."""

_GOOGLE: Final = "https://sheets.googleapis.com"
_SCOPES: Final = ("https://www.googleapis.com/auth/spreadsheets",)
_TIMEOUT_SECONDS: Final = 10.0


class SheetBusy(Exception):
    """Google asks us to come back later, or cannot be reached: nothing is wrong with the sheet."""


class SheetRefused(Exception):
    """Google refuses: no such sheet, no right to it, or it is full. Somebody has to look."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The first page of the sheet and its size."""

    id: int
    title: str
    rows: int
    columns: int


class SheetClient:
    """One spreadsheet, opened with the key of a service account."""

    def __init__(self, sheet: str, credentials: Path, base: str) -> None:
        # Its types say that it needs more than the file, and return nothing.
        key = Credentials.from_service_account_file(str(credentials), scopes=_SCOPES)  # type: ignore[no-untyped-call]
        self._sheet = sheet
        self._http = _HttpAt(key, base)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.session.close()

    def read_grid(self) -> Grid:
        """How large the first page is. Raises SheetBusy, SheetRefused."""
        told = self._ask(self._http.fetch_sheet_metadata, self._sheet)
        page = told["sheets"][0]["properties"]
        size = page["gridProperties"]
        return Grid(page["sheetId"], page["title"], size["rowCount"], size["columnCount"])

    def make_room(self, grid: Grid, rows: int, columns: int) -> None:
        """Let the page have at least so many rows and columns."""
        requests = [
            {"appendDimension": {"sheetId": grid.id, "dimension": dimension, "length": missing}}
            for dimension, missing in (("ROWS", rows - grid.rows), ("COLUMNS", columns - grid.columns))
            if missing > 0
        ]
        if requests:
            self._ask(self._http.batch_update, self._sheet, {"requests": requests})

    def read_cells(self, grid: Grid, ranges: Sequence[str]) -> list[list[list[str]]]:
        """What stands in some ranges, row by row; empty cells at the end are left out, as Google does."""
        names = [absolute_range_name(grid.title, one) for one in ranges]
        told = self._ask(self._http.values_batch_get, self._sheet, names)
        return [[[str(cell) for cell in row] for row in one.get("values", [])] for one in told["valueRanges"]]

    def write_rows(self, grid: Grid, rows: Mapping[int, Sequence[Value]]) -> None:
        """Write whole rows into their places, all or none."""
        data = [
            {"range": absolute_range_name(grid.title, f"A{first}"), "values": [list(row) for row in some]}
            for first, some in _runs(rows)
        ]
        self._ask(self._http.values_batch_update, self._sheet, {"valueInputOption": "RAW", "data": data})

    def _ask(self, call: Any, *given: object) -> Any:
        try:
            return call(*given)
        except APIError as error:
            status = error.response.status_code
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise SheetBusy(f"status {status}") from None
            raise SheetRefused(f"status {status}") from None
        except (RequestException, GoogleAuthError) as error:
            if isinstance(error, GoogleAuthError) and not error.retryable:
                raise SheetRefused(type(error).__name__) from None
            raise SheetBusy(type(error).__name__) from None


class _HttpAt(HTTPClient):
    """gspread's client, at another address than Google's if the settings say so."""

    def __init__(self, key: Credentials, base: str) -> None:
        session = AuthorizedSession(key, refresh_timeout=_TIMEOUT_SECONDS)  # type: ignore[no-untyped-call]
        super().__init__(key, session)
        self.set_timeout(_TIMEOUT_SECONDS)
        self._base = base.rstrip("/")

    def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> Response:
        return super().request(method, endpoint.replace(_GOOGLE, self._base, 1), *args, **kwargs)


def column_name(number: int) -> str:
    """The letters of a column, counted from 1."""
    return rowcol_to_a1(1, number).rstrip("1")


def _runs(rows: Mapping[int, Sequence[Value]]) -> Iterable[tuple[int, list[Sequence[Value]]]]:
    """Rows that follow each other, together."""
    runs: list[tuple[int, list[Sequence[Value]]]] = []
    for position in sorted(rows):
        if runs and runs[-1][0] + len(runs[-1][1]) == position:
            runs[-1][1].append(rows[position])
        else:
            runs.append((position, [rows[position]]))
    return runs
