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


async def main(now: datetime) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = read_settings()
    node, renderer = open_node("portal", settings.database), Renderer(1)

    async def print_slip(slip: Slip, paper: Paper) -> bytes:
        renderer.start()  # only those who need slips pay for it
        return await renderer.slip_pdf(slip, paper)

    await node.start()
    try:
        await run_worker(node, settings, open_keys(settings), print_slip, lambda: now, stop)
    finally:
        renderer.close()
        await node.stop()


if __name__ == "__main__":
    asyncio.run(main(datetime.fromisoformat(sys.argv[1])))
