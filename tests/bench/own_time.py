"""Processor time of this run: the load, its portals and their PostgreSQL. What neighbours do meanwhile is not in it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_USER = 11  # of the fields behind the name; then come system, and both of children that have ended


def processor_seconds() -> float:
    """What this process and all that descend from it have used so far."""
    ticks = 0
    waiting = [os.getpid()]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[_USER : _USER + 4]))
            for task in (process / "task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return ticks / _TICKS
