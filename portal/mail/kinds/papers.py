"""The papers that go with mails about a cita."""

from __future__ import annotations

from typing import Final

from portal.documents.slip import Paper
from portal.documents.slip_of import slip_of
from portal.domain.appointments import AppointmentView
from portal.domain.modality import Modality
from portal.mail.contents import CitaErrand, Tools
from portal.mail.message import Attachment

SLIP_NAME: Final = "constancia.pdf"
LEAFLET_NAME: Final = "cartilla-videollamada.pdf"


async def print_slip(errand: CitaErrand) -> Attachment:
    """The slip on A5."""
    tools = errand.tools
    pdf = await tools.printer.slip_pdf(slip_of(errand.cita, tools.origin, tools.signer, errand.now), Paper.A5)
    return Attachment(SLIP_NAME, "application/pdf", pdf)


def needs_leaflet(cita: AppointmentView) -> bool:
    """Whether the cita is a video call: only then the leaflet says something that is of use."""
    return cita.modality is Modality.VIRTUAL


async def print_leaflet(tools: Tools) -> Attachment:
    """The *Cartilla – Acceder a videollamada Google Meet* (PE-BT-01, activity 02)."""
    return Attachment(LEAFLET_NAME, "application/pdf", await tools.printer.leaflet_pdf())
