"""The slip (constancia) of a cita: what is printed on it, on which paper, in which words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portal.domain.modality import Modality
from portal.domain.spanish_dates import date_in_words, local_day, time_in_words

CODE_GROUP = 4


class Paper(StrEnum):
    """What a slip is printed on: a sheet of 148 by 210 mm, or a roll 80 mm wide, cut where the text ends."""

    A5 = "a5"
    TICKET = "ticket"

    @property
    def module_mm(self) -> float:
        """Width of a QR module: on the roll six dots of a thermal printer of 203 dpi, never less than 0.5 mm."""
        return 0.75 if self is Paper.TICKET else 0.6


@dataclass(frozen=True)
class Slip:
    """Everything that a slip says. Moments are aware; texts are Spanish, as they are to be read.

    ``how_to_enter`` is for a video call, ``phone`` for a call; ``verify_url`` is what the QR opens, ``manage_url``
    where the cita is seen, moved and cancelled.
    """

    code: str
    procedure_code: str
    service_name: str
    center_name: str
    center_address: str
    modality: Modality
    starts_at: datetime
    ends_at: datetime
    holder_name: str
    document_hint: str
    bring: tuple[str, ...]
    verify_url: str
    manage_url: str
    issued_at: datetime
    how_to_enter: str = ""
    phone: str = ""

    @property
    def code_groups(self) -> tuple[str, ...]:
        """The code in groups of four, for reading aloud."""
        return tuple(self.code[start : start + CODE_GROUP] for start in range(0, len(self.code), CODE_GROUP))

    @property
    def day(self) -> str:
        return date_in_words(local_day(self.starts_at))

    @property
    def time(self) -> str:
        return time_in_words(self.starts_at)

    @property
    def end_time(self) -> str:
        return time_in_words(self.ends_at)

    @property
    def issued_day(self) -> str:
        return date_in_words(local_day(self.issued_at))

    @property
    def issued_time(self) -> str:
        return time_in_words(self.issued_at)

    @property
    def manage_address(self) -> str:
        """``manage_url`` as one types it, without the scheme."""
        return self.manage_url.partition("://")[2]

    @property
    def verify_page(self) -> str:
        """The page on which a code is checked by hand, as one types it."""
        return self.verify_url.partition("://")[2].partition("/v/")[0].lower() + "/v"
