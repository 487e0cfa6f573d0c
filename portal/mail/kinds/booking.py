"""Mails about a cita that was made, moved or cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.appointments import AppointmentView, find_former
from portal.domain.displaced import SEATED
from portal.domain.spanish_dates import moment_in_words
from portal.mail.contents import CitaErrand, Contents
from portal.mail.kinds.papers import needs_leaflet, print_leaflet, print_slip


@dataclass(frozen=True, slots=True)
class BookingDetails:
    """``carries_all``: no reminder will come, so this mail says what one would. ``former``: what was moved.

    ``same_code``: it got another time, and nothing else.
    """

    carries_all: bool
    with_leaflet: bool
    former: AppointmentView | None = None
    same_code: bool = False

    @property
    def former_when(self) -> str:
        return moment_in_words(self.former.starts_at) if self.former else ""


async def gather_confirmation(errand: CitaErrand) -> Contents:
    """Slip and calendar file; indications and leaflet too where no reminder will follow."""
    return await _gather(errand, None)


async def gather_move(errand: CitaErrand) -> Contents:
    """The same, and when the cita was before; nothing of that where we had to find it another time ourselves."""
    if errand.message.reference == SEATED:
        return await _gather(errand, None, same_code=True)
    return await _gather(errand, await find_former(errand.cita.id))


async def gather_cancellation(_: CitaErrand) -> Contents:
    """The calendar file that takes the cita out of the calendar."""
    return Contents(with_calendar=True)


async def _gather(errand: CitaErrand, former: AppointmentView | None, *, same_code: bool = False) -> Contents:
    carries_all = errand.cita.reminded_at is not None
    with_leaflet = carries_all and needs_leaflet(errand.cita)
    slip = await print_slip(errand)
    papers = (slip, await print_leaflet(errand.tools)) if with_leaflet else (slip,)
    return Contents(BookingDetails(carries_all, with_leaflet, former, same_code), papers, with_calendar=True)
