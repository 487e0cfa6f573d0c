"""Where tests keep databases: in memory where the machine offers it, as none of them needs to outlive the power.

A test run that is killed cannot delete its folders, so the next one does: each carries the number of its process.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  # private folders are made in it


def make_quick_folder(name: str, room_megabytes: int) -> Path:
    """Make a private folder, in memory if there is that much room, else on disk. The caller deletes it."""
    place = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    _delete_what_the_dead_left(place, f"citas-{name}-")
    has_room = shutil.disk_usage(place).free > room_megabytes * 1024 * 1024
    return Path(tempfile.mkdtemp(prefix=f"citas-{name}-{os.getpid()}-", dir=place if has_room else None))


def _delete_what_the_dead_left(place: Path, prefix: str) -> None:
    for folder in place.glob(f"{prefix}*-*"):
        process = folder.name.removeprefix(prefix).partition("-")[0]
        if process.isdigit() and not Path("/proc", process).exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)
