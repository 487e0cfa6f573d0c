"""The slip of a cita as this kiosk prints it: from its own file, signed with its own key (ARCHITECTURE, rule 15)."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from uuid import UUID

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.reference import read_reference
from kiosk.state import NotPaired
from portal.database.node import fetch
from portal.documents.renderer import Renderer, RendererBusy, RendererClosed
from portal.documents.slip import Paper, Slip
from portal.documents.slip_of import Signer, slip_of
from portal.domain.appointments import AppointmentView, find_appointment_by_id
from portal.domain.errors import AppointmentUnknown, DomainError, NotReserved
from portal.domain.kiosks import node_name
from portal.domain.vocabulary import GIVEN_BACK_STATES

log = structlog.get_logger("citas.kiosk")


class NoSlip(DomainError):
    """The slip cannot be set; ``is_passing``: in a moment it can."""

    def __init__(self, *, is_passing: bool) -> None:
        super().__init__("the slip cannot be made")
        self.is_passing = is_passing


class SlipPress:
    """Makes this kiosk's slips. The renderer is its owner's to start and to close."""

    def __init__(self, renderer: Renderer, key: Ed25519PrivateKey) -> None:
        self._renderer = renderer
        self._key = key

    async def print_slip(self, appointment: UUID, paper: Paper, now: datetime) -> bytes:
        """The PDF of a cita that stands. Raises AppointmentUnknown, NotReserved, NotPaired, NoSlip."""
        cita = await find_appointment_by_id(appointment)
        if cita is None:
            raise AppointmentUnknown
        if cita.state in GIVEN_BACK_STATES:
            raise NotReserved(cita.state)
        try:
            return await self._renderer.slip_pdf(await self.slip(cita, now), paper)
        except DomainError:
            raise
        except (RendererBusy, RendererClosed, BrokenProcessPool):
            raise NoSlip(is_passing=True) from None
        except Exception as fault:  # noqa: BLE001  # catching FaultyDocumentError would load WeasyPrint into this process
            log.error("slip failed", error=type(fault).__name__)  # noqa: TRY400  # its text may name somebody
            raise NoSlip(is_passing=False) from None

    async def slip(self, cita: AppointmentView, now: datetime) -> Slip:
        """What the slip says, signed in this kiosk's name. Raises NotPaired before the first exchange."""
        [state] = await fetch('SELECT "kiosk" FROM "kiosk_state" WHERE "id" = 1')
        reference = await read_reference()
        if state["kiosk"] is None or reference is None:
            raise NotPaired
        return slip_of(cita, reference.public_url, Signer(node_name(state["kiosk"]), self._key), now)
