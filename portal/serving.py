"""The HTTP server: granian with N workers, set up so that it stops when it is told to and comes back when it must."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from contextlib import closing
from pathlib import Path
from typing import Final

from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from portal.keys import open_keys
from portal.settings import Settings, SettingsError
from portal.web.logs import logging_config

_STOP_SECONDS: Final = 3
"""How long a worker may finish what it is answering. Then it is killed: whoever stops us waits five seconds at most."""

_BACKLOG: Final = 2048
_METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings, factory: str = "portal.app:serve") -> None:
    """Serve until SIGTERM or SIGINT; returns when every worker has stopped. Each worker calls ``factory`` once.

    Raises SettingsError when the address is taken or cannot be had, or a key cannot be read; SystemExit(1) when the
    workers keep dying.
    """
    open_keys(settings)  # made here, so that a fault is one sentence and not one per worker
    _claim_address(settings.host, settings.port)
    os.register_at_fork(after_in_child=_let_go)
    os.environ[_METRICS_FOLDER] = str(_empty_folder(settings.data / "metrics"))
    Server(
        factory,
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        workers_kill_timeout=_STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels(settings.log_level.lower()),
        log_dictconfig=logging_config(settings.log_level),
    ).serve()


def _claim_address(host: str, port: int) -> None:
    """See whether the address can be had. granian's sockets share a port, so it would start beside another server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"PORTAL_PORT: {host}:{port} cannot be used ({os.strerror(error.errno or 0)})."
            ) from None


def _let_go() -> None:
    """A worker inherits granian's handlers, which only make a note for a loop that it does not have: until it has set
    its own, it would not hear that it is to stop. Ctrl-C reaches the whole group; the main process tells its workers.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _empty_folder(path: Path) -> Path:
    """Figures of processes that are gone would be added up for ever."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    return path.absolute()
