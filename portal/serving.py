"""The processes that stay: the HTTP server, which is granian with N workers, and the worker when it runs alone.

Both stop when they are told to, within five seconds; granian's workers come back when they die.
"""

from __future__ import annotations

import asyncio
import logging.config
import os
import shutil
import signal
from pathlib import Path
from typing import Final

import structlog

from portal.clock import utc_now
from portal.database.node import open_node
from portal.documents.renderer import Renderer
from portal.keys import open_keys
from portal.mail.post_office import open_post_office
from portal.settings import Settings, SettingsError
from portal.web.logs import configure_logs, logging_config
from portal.web.server import AddressTakenError, Serving, claim_address, serve_http
from portal.worker import run_worker

_METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


def serve(settings: Settings, factory: str = "portal.app:serve") -> None:
    """Serve until SIGTERM or SIGINT; returns when every worker has stopped. Each worker calls ``factory`` once.

    Raises SettingsError when the address is taken or cannot be had, or a key cannot be read; SystemExit(1) when the
    workers keep dying.
    """
    # Tried here, so that a fault is one sentence and not one per worker.
    open_post_office(settings, open_keys(settings), Renderer(0), utc_now)
    serving = Serving(factory, settings.host, settings.port, settings.workers, settings.log_level)
    try:
        claim_address(serving)
    except AddressTakenError as error:
        raise SettingsError(f"PORTAL_PORT: {error}") from None
    # Before the portal is loaded: the metrics read their folder's name when they are imported.
    os.environ[_METRICS_FOLDER] = str(_empty_folder(settings.data / "metrics"))
    serve_http(serving)


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


def _empty_folder(path: Path) -> Path:
    """Figures of processes that are gone would be added up for ever."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    return path.absolute()
