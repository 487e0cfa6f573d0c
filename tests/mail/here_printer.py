"""A printer without a process pool, for the tests of mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from portal.documents.day_sheet import DaySheets
from portal.documents.press import Press
from portal.documents.slip import Paper, Slip


class HerePrinter:
    """Real papers, made in this process; ``before`` is what happens while a slip is made."""

    def __init__(self, press: Press, before: Callable[[Slip], Awaitable[None]] | None = None) -> None:
        self._press = press
        self._before = before

    def interrupted_by(self, before: Callable[[Slip], Awaitable[None]]) -> HerePrinter:
        """The same printer, where something happens while a slip is made."""
        return HerePrinter(self._press, before)

    async def slip_pdf(self, slip: Slip, paper: Paper) -> bytes:
        """A slip."""
        if self._before is not None:
            await self._before(slip)
        return self._press.print_slip(slip, paper)

    async def leaflet_pdf(self) -> bytes:
        """The leaflet."""
        return self._press.print_leaflet()

    async def day_sheets_pdf(self, sheets: DaySheets) -> bytes:
        """Day sheets."""
        return self._press.print_day_sheets(sheets)
