"""What the desk is shown when a scanner has read a slip's QR, in whichever field the focus was."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.response import Template

from kiosk.finding import ScannedSlip
from kiosk.looks import note_look
from kiosk.services import DeskServices
from kiosk.sittings import Sitting
from portal.domain.appointments import find_appointment
from portal.domain.exchange import LookKind
from portal.domain.slip_check import SlipCheck, check_slip


@dataclass(frozen=True, slots=True)
class ScanView:
    """What a slip's QR says, whether the kiosk knows its cita, and whether a booking waits to be gone on with."""

    check: SlipCheck
    known: bool
    interrupted: bool


async def show_scanned(
    services: DeskServices, sitting: Sitting, slip: ScannedSlip, *, interrupted: bool = False
) -> Template:
    """Whether the slip is authentic, and the way to its cita."""
    check, known = await check_slip(slip.code, slip.signed), await find_appointment(slip.code)
    await note_look(sitting, LookKind.SEARCH, await services.now(), (known.id,) if known else ())
    view = ScanView(check, known is not None, interrupted)
    return Template("kiosk/scanned.html", context={"page": view})
