"""What the servers that tests start have in common: a port on the loopback, and an end together with the test run."""

from __future__ import annotations

import ctypes
import signal
import socket
import sys

_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def end_with_parent() -> None:
    """For ``preexec_fn``: let Linux end the new process when the test run dies, however it does.

    It calls one function of the C library and takes no lock, so it is safe after a fork.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
