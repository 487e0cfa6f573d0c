"""A worker as a process of its own, for tests that kill it: ``python -m tests.mail.worker_process NOW``.

Settings come from the environment; its clock stands still at NOW (ISO 8601). SIGTERM asks it to stop.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import datetime

from portal.database.node import open_node
from portal.documents.renderer import Renderer
from portal.documents.slip import Paper, Slip
from portal.keys import open_keys
from portal.settings import read_settings
from portal.worker import run_worker


class LateRenderer(Renderer):
    """Starts with the first slip: only those who need slips pay for it."""

    async def slip_pdf(self, slip: Slip, paper: Paper) -> bytes:
        """A slip."""
        self.start()
        return await super().slip_pdf(slip, paper)


async def main(now: datetime) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = read_settings()
    node, renderer = open_node("portal", settings.database), LateRenderer(1)

    await node.start()
    try:
        await run_worker(node, settings, open_keys(settings), renderer, lambda: now, stop)
    finally:
        renderer.close()
        await node.stop()


if __name__ == "__main__":
    asyncio.run(main(datetime.fromisoformat(sys.argv[1])))
