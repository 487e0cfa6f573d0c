"""Delivery into a folder, where no mail server is configured: one file per message, which any mail program opens."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from portal.mail.courier import NotNow, Parcel


class FolderCourier:
    """Writes into ``folder``, made on the first parcel and readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get_ready(self) -> None:
        """Nothing has to be opened."""

    async def deliver(self, parcel: Parcel) -> None:
        """Write the file whole or not at all; the same message again replaces it. Raises NotNow."""
        try:
            await asyncio.to_thread(self._write, parcel)
        except OSError as error:
            raise NotNow(f"folder_{error.errno}") from None

    async def rest(self) -> None:
        """Nothing was left open."""

    def _write(self, parcel: Parcel) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f".{parcel.name}.{os.getpid()}.part"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(parcel.content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / f"{parcel.name}.eml")
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
