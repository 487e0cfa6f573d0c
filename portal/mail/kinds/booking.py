"""Mails about a cita that was made, moved or cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.appointments import AppointmentView, find_former
from portal.domain.spanish_dates import moment_in_words
from portal.mail.contents import CitaErrand, Contents
from portal.mail.kinds.papers import needs_leaflet, print_leaflet, print_slip
from portal.mail.message import Attachment


@dataclass(frozen=True, slots=True)
class BookingDetails:
    """``with_leaflet``: no reminder will come, so this mail carries all. ``former`` is the cita that was moved."""

    with_leaflet: bool
    former: AppointmentView | None = None

    @property
    def former_when(self) -> str:
        return moment_in_words(self.former.starts_at) if self.former else ""


async def gather_confirmation(errand: CitaErrand) -> Contents:
    """Slip and calendar file; the leaflet too where no reminder will follow."""
    return Contents(BookingDetails(_carries_leaflet(errand.cita)), await _print_papers(errand), with_calendar=True)


async def gather_move(errand: CitaErrand) -> Contents:
    """The same, and when the cita was before."""
    details = BookingDetails(_carries_leaflet(errand.cita), await find_former(errand.cita.id))
    return Contents(details, await _print_papers(errand), with_calendar=True)


async def gather_cancellation(_: CitaErrand) -> Contents:
    """The calendar file that takes the cita out of the calendar."""
    return Contents(with_calendar=True)


async def _print_papers(errand: CitaErrand) -> tuple[Attachment, ...]:
    slip = await print_slip(errand)
    return (slip, await print_leaflet(errand.tools)) if _carries_leaflet(errand.cita) else (slip,)


def _carries_leaflet(cita: AppointmentView) -> bool:
    return cita.reminded_at is not None and needs_leaflet(cita)
