"""What a kind of mail adds to its words: facts for its templates, papers, the calendar file, whom to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.documents.day_sheet import DaySheets
from portal.documents.slip import Paper, Slip
from portal.documents.slip_of import Signer
from portal.domain.appointments import AppointmentView
from portal.domain.outbox import Claimed
from portal.domain.staff import StaffView
from portal.keys import Keys
from portal.mail.message import Attachment


class NothingToSay(Exception):
    """What the message was to tell of is gone."""


class Printer(Protocol):
    """Makes the papers that go with mails; each may raise RendererBusy."""

    async def slip_pdf(self, slip: Slip, paper: Paper) -> bytes:
        """A slip."""

    async def leaflet_pdf(self) -> bytes:
        """The leaflet on how to enter a video call."""

    async def day_sheets_pdf(self, sheets: DaySheets) -> bytes:
        """Day sheets."""


@dataclass(frozen=True, repr=False)
class Tools:
    """What writers of mail work with: the public origin of links, the keys they are signed with, and the printer."""

    origin: str
    keys: Keys
    signer: Signer
    printer: Printer


@dataclass(frozen=True, slots=True, repr=False)
class CitaErrand:
    """A message about a cita that is being written at ``now`` (aware UTC)."""

    message: Claimed
    cita: AppointmentView
    tools: Tools
    now: datetime


@dataclass(frozen=True, slots=True, repr=False)
class WorkErrand:
    """A message about work of somebody of the staff that is being written at ``now`` (aware UTC)."""

    message: Claimed
    staff: StaffView
    tools: Tools
    now: datetime


@dataclass(frozen=True, slots=True)
class Contents:
    """``details`` is a frozen dataclass that the kind's templates know as ``mail.details``."""

    details: object = None
    attachments: tuple[Attachment, ...] = ()
    with_calendar: bool = False
    reply_to: str = ""
