"""The processes that stay: the HTTP server, which is granian with N workers, and the worker when it runs alone.

Both stop when they are told to, within five seconds; granian's workers come back when they die.
"""

from __future__ import annotations

import asyncio
import gc
import logging.config
import os
import resource
import shutil
import signal
import socket
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from portal.clock import utc_now
from portal.database.node import open_node
from portal.documents.renderer import Renderer
from portal.keys import open_keys
from portal.mail.post_office import open_post_office
from portal.settings import Settings, SettingsError
from portal.web.logs import configure_logs, logging_config
from portal.worker import run_worker

_STOP_SECONDS: Final = 3
"""How long a worker may finish what it is answering. Then it is killed: whoever stops us waits five seconds at most."""

_BACKLOG: Final = 2048
_CONNECTIONS: Final = 8192
"""Open connections per worker. granian counts idle ones too, and lets newcomers wait when there are more: by its own
reckoning a few hundred phones that have just read a page would keep everybody else out for half a minute."""

_GC_THRESHOLDS: Final = (10_000, 20, 20)
"""A page makes some thousand objects and few cycles; collecting every 700 of them costs 7 % of a walk's time."""

_METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings, factory: str = "portal.app:serve") -> None:
    """Serve until SIGTERM or SIGINT; returns when every worker has stopped. Each worker calls ``factory`` once.

    Raises SettingsError when the address is taken or cannot be had, or a key cannot be read; SystemExit(1) when the
    workers keep dying.
    """
    # Tried here, so that a fault is one sentence and not one per worker.
    open_post_office(settings, open_keys(settings), Renderer(0), utc_now)
    _claim_address(settings.host, settings.port)
    os.environ[_METRICS_FOLDER] = str(_empty_folder(settings.data / "metrics"))
    _allow_files()
    _load_what_workers_share()
    os.register_at_fork(after_in_child=_let_go)
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
        backpressure=_CONNECTIONS,
        workers_kill_timeout=_STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels(settings.log_level.lower()),
        log_dictconfig=logging_config(settings.log_level),
    ).serve()


async def work_alone(settings: Settings) -> None:
    """Run the worker until SIGTERM or SIGINT. Raises SettingsError, DatabaseUnreachableError."""
    configure_logs(settings.log_level)
    logging.config.dictConfig(logging_config(settings.log_level))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    node = open_node("portal", settings.database)
    renderer = Renderer(settings.pdf_processes)
    try:
        await node.start()
        renderer.start()
        structlog.get_logger("citas.worker").info("worker started")
        await run_worker(node, settings, open_keys(settings), renderer, utc_now, stop)
    finally:
        renderer.close()
        await node.stop()


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


def _allow_files() -> None:
    """Each connection is a file; the usual limit of 1,024 is far below. Limits are inherited by the workers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + 1024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _load_what_workers_share() -> None:
    """Workers are forks: what is loaded before is there at once and counted once, also in those that come later."""
    import portal.app  # noqa: F401  # not sooner: the metrics read their folder's name when they are imported

    gc.collect()
    gc.freeze()  # the collector would write into every object, and so copy what is shared
    gc.set_threshold(*_GC_THRESHOLDS)


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
