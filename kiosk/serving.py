"""The kiosk's server: the portal's own, on the loopback address, with one worker, since one file has one writer."""

from __future__ import annotations

from typing import Final

from kiosk.settings import KioskSettings, KioskSettingsError
from portal.web.server import AddressTakenError, Serving, claim_address, serve_http

HOST: Final = "127.0.0.1"


def serve(settings: KioskSettings, factory: str = "kiosk.app:serve") -> None:
    """Serve until SIGTERM or SIGINT. Raises KioskSettingsError when the address is taken, SystemExit(1) when the worker
    keeps dying.
    """
    serving = Serving(factory, HOST, settings.port, workers=1, log_level=settings.log_level)
    try:
        claim_address(serving)
    except AddressTakenError as error:
        raise KioskSettingsError(f"KIOSK_PORT: {error}") from None
    serve_http(serving)
