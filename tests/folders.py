"""Where tests keep databases: in memory where the machine offers it, as none of them needs to outlive the power."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  # private folders are made in it


def make_quick_folder(name: str, room_megabytes: int) -> Path:
    """Make a private folder, in memory if there is that much room, else on disk. The caller deletes it."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > room_megabytes * 1024 * 1024
    return Path(tempfile.mkdtemp(prefix=f"citas-{name}-", dir=_MEMORY if has_room else None))
