"""The calendar entry of a cita."""

from __future__ import annotations

from datetime import datetime

from portal.documents.calendar_file import CalendarEntry
from portal.documents.guidance import guide
from portal.domain.appointments import AppointmentView
from portal.domain.modality import Modality
from portal.domain.vocabulary import State


def entry_of(cita: AppointmentView, origin: str, changed_at: datetime) -> CalendarEntry:
    """The entry as it stands at ``changed_at`` (aware); of a cancelled cita, one that is taken back.

    A moved cita shares its entry with the one that it was moved to, which is the one to ask for.
    """
    words = guide(cita)
    cancelled = cita.state is State.CANCELLED
    sentences = {
        Modality.VIRTUAL: "" if cita.meet_link else words.how_to_enter,
        Modality.PHONE: words.phone,
        Modality.IN_PERSON: cita.center_reference,
    }
    return CalendarEntry(
        uid=f"{cita.calendar_uid}@citas",
        sequence=cita.calendar_sequence,
        code=cita.code,
        service_name=cita.service_name,
        center_name=cita.center_name,
        center_address=cita.center_address,
        modality=cita.modality,
        starts_at=cita.starts_at,
        ends_at=cita.ends_at,
        changed_at=changed_at,
        manage_url=f"{origin}/reservar" if cancelled else f"{origin}/citas",
        guidance=sentences[cita.modality],
        video_link=cita.meet_link if cita.modality is Modality.VIRTUAL else "",
        cancelled=cancelled,
    )
