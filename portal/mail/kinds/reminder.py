"""The reminder of the day before: indications, slip, leaflet and calendar file (PE-BT-01, activity 02)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.spanish_dates import local_day
from portal.mail.contents import CitaErrand, Contents
from portal.mail.kinds.papers import needs_leaflet, print_leaflet, print_slip


@dataclass(frozen=True, slots=True)
class ReminderDetails:
    """``days_left``: midnights between mail and cita: a late worker reminds on the day itself, hands before."""

    days_left: int
    with_leaflet: bool


async def gather_reminder(errand: CitaErrand) -> Contents:
    """Everything that one needs tomorrow."""
    with_leaflet = needs_leaflet(errand.cita)
    attachments = [await print_slip(errand)]
    if with_leaflet:
        attachments.append(await print_leaflet(errand.tools))
    days_left = (local_day(errand.cita.starts_at) - local_day(errand.now)).days
    return Contents(ReminderDetails(days_left, with_leaflet), tuple(attachments), with_calendar=True)
