"""The HTTP server of an application of this house: granian, whose workers are forks of a process that serves nothing.

It stops when it is told to, within five seconds; workers come back when they die.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from portal.orphans import end_with_parent
from portal.web.logs import logging_config

_STOP_SECONDS: Final = 3
"""How long a worker may finish what it is answering. Then it is killed: whoever stops us waits five seconds at most."""

_BACKLOG: Final = 2048
_CONNECTIONS: Final = 8192
"""Open connections per worker. granian counts idle ones too, and lets newcomers wait when there are more: by its own
reckoning a few hundred phones that have just read a page would keep everybody else out for half a minute."""

_GC_THRESHOLDS: Final = (10_000, 20, 20)
"""A page makes some thousand objects and few cycles; collecting every 700 of them costs 7 % of a walk's time."""


class AddressTakenError(Exception):
    """Nobody can be served at that address; the text says why."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served where: ``factory`` (module:function) is called once in each worker."""

    factory: str
    host: str
    port: int
    workers: int
    log_level: str


def claim_address(serving: Serving) -> None:
    """See whether the address can be had. granian's sockets share a port, so it would start beside another server.

    Raises AddressTakenError.
    """
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((serving.host, serving.port))
        except OSError as error:
            why = os.strerror(error.errno or 0)
            raise AddressTakenError(f"{serving.host}:{serving.port} cannot be used ({why}).") from None


def serve_http(serving: Serving) -> None:
    """Serve until SIGTERM or SIGINT; returns when every worker has stopped.

    Raises SystemExit(1) when the workers keep dying.
    """
    _allow_files()
    _load_what_workers_share(serving.factory)
    os.register_at_fork(after_in_child=_let_go)
    Server(
        serving.factory,
        factory=True,
        address=serving.host,
        port=serving.port,
        interface=Interfaces.ASGI,
        workers=serving.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        workers_kill_timeout=_STOP_SECONDS,
        respawn_failed_workers=True,
        log_level=LogLevels(serving.log_level.lower()),
        log_dictconfig=logging_config(serving.log_level),
    ).serve()


def _allow_files() -> None:
    """Each connection is a file; the usual limit of 1,024 is far below. Limits are inherited by the workers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + 1024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _load_what_workers_share(factory: str) -> None:
    """Workers are forks: what is loaded before is there at once and counted once, also in those that come later."""
    import_module(factory.partition(":")[0])
    gc.collect()
    gc.freeze()  # the collector would write into every object, and so copy what is shared
    gc.set_threshold(*_GC_THRESHOLDS)


def _let_go() -> None:
    """A worker inherits granian's handlers, which only make a note for a loop that it does not have: until it has set
    its own, it would not hear that it is to stop. Ctrl-C reaches the whole group; the main process tells its workers.
    When that one is killed, they stop as well.
    """
    end_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
