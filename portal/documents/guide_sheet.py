"""The Guía del Consultor as it is printed: a version with its date in words."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.guide import Guide, GuideSection
from portal.domain.spanish_dates import date_in_words, local_day


@dataclass(frozen=True, slots=True)
class GuideSheet:
    """``edited_on`` is empty for the text that the software comes with."""

    number: int
    edited_on: str
    edited_by: str
    sections: tuple[GuideSection, ...]
    total: int


def guide_sheet_of(guide: Guide) -> GuideSheet:
    """A version of the guide, ready to be printed."""
    edited_on = date_in_words(local_day(guide.edited_at)) if guide.edited_at else ""
    return GuideSheet(guide.number, edited_on, guide.edited_by, guide.sections, guide.total)
