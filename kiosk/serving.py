"""The kiosk's server: granian on the loopback address, one worker, since one file has one writer."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from typing import Final

from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from kiosk.settings import KioskSettings, KioskSettingsError
from portal.web.logs import logging_config

HOST: Final = "127.0.0.1"
_STOP_SECONDS: Final = 3


def serve(settings: KioskSettings, factory: str = "kiosk.app:serve") -> None:
    """Serve until SIGTERM or SIGINT. Raises KioskSettingsError when the address is taken."""
    _claim_address(settings.port)
    os.register_at_fork(after_in_child=_let_go)
    Server(
        factory,
        factory=True,
        address=HOST,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=1,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        workers_kill_timeout=_STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels(settings.log_level.lower()),
        log_dictconfig=logging_config(settings.log_level),
    ).serve()


def _claim_address(port: int) -> None:
    """See whether the port can be had: granian's sockets share one, so two kiosks would serve beside each other."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise KioskSettingsError(
                f"KIOSK_PORT: {HOST}:{port} cannot be used ({os.strerror(error.errno or 0)})."
            ) from None


def _let_go() -> None:
    """As the portal's workers do: until they have handlers of their own they die of SIGTERM, and leave Ctrl-C alone."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
