"""No process of ours outlives the one that started it and would have stopped it."""

from __future__ import annotations

import ctypes
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with_parent() -> None:
    """Let Linux tell this process to stop when its parent dies, however that does.

    It calls one function of the C library and takes no lock, so it is safe after a fork.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
