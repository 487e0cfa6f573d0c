"""Slips in the name of whichever kiosk this machine is now: it may be paired anew while it serves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kiosk.keys import KeyFolder
from kiosk.printing import NoSlip, SlipPress
from kiosk.settings import KioskSettingsError
from kiosk.state import NotPaired, read_status
from portal.documents.renderer import Renderer
from portal.documents.slip import Paper


class OwnPress:
    """Reads the identity for each slip; the renderer is its owner's to start and to close."""

    def __init__(self, renderer: Renderer, folder: KeyFolder) -> None:
        self._renderer = renderer
        self._folder = folder

    async def print_slip(self, appointment: UUID, paper: Paper, now: datetime) -> bytes:
        """The PDF of a cita that stands. Raises AppointmentUnknown, NotReserved, NotPaired, NoSlip."""
        kiosk = (await read_status(now)).kiosk
        if kiosk is None:
            raise NotPaired
        try:
            key = self._folder.read_identity(kiosk).private
        except KioskSettingsError:
            raise NoSlip(is_passing=False) from None
        return await SlipPress(self._renderer, key).print_slip(appointment, paper, now)
