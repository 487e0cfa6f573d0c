"""The evening's mail to a consultor: the day sheet of the next day with citas, to print."""

from __future__ import annotations

from dataclasses import dataclass

from portal.documents.day_sheet import SHEETS_TITLE, DaySheet, day_sheets_of
from portal.domain.day_sheets import read_sheet, sheet_day
from portal.domain.spanish_dates import date_in_words
from portal.mail.contents import Contents, NothingToSay, WorkErrand
from portal.mail.message import Attachment


@dataclass(frozen=True, slots=True)
class DaySheetDetails:
    """``day`` in words; ``address`` is the agenda of that day."""

    day: str
    sheet: DaySheet
    address: str

    @property
    def number(self) -> int:
        """How many citas there are."""
        return len(self.sheet.lines)


async def gather_day_sheet(errand: WorkErrand) -> Contents:
    """The sheet as it is when the mail is written. Raises NothingToSay when all citas of that day are gone."""
    day = sheet_day(errand.message.reference)
    if errand.staff.center is None:
        raise NothingToSay
    citas = await read_sheet(errand.staff.id, errand.staff.center, day)
    if not citas:
        raise NothingToSay
    sheets = day_sheets_of(citas, SHEETS_TITLE, errand.now)
    pdf = await errand.tools.printer.day_sheets_pdf(sheets)
    details = DaySheetDetails(date_in_words(day), sheets.sheets[0], f"{errand.tools.origin}/agenda?fecha={day}")
    return Contents(details, (Attachment(f"hoja-{day}.pdf", "application/pdf", pdf),))
