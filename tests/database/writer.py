"""A process of its own that writes to a database: ``python -m tests.database.writer URL TIMES TASKS``.

Prints ``ready``, waits for a line, raises the sede's version TIMES times from TASKS tasks, and prints how often it did.
"""

from __future__ import annotations

import asyncio
import sys

from portal.database.node import open_node, set_default_node, transaction
from tests.database.rows import raise_version


async def write(url: str, times: int, tasks: int) -> int:
    """Raise the version so often, in one transaction each."""
    node = open_node("writer", url)
    await node.start()
    set_default_node(node)
    written = 0

    async def work() -> None:
        nonlocal written
        for _ in range(times // tasks):
            async with transaction():
                await raise_version()
            written += 1

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    await asyncio.gather(*(work() for _ in range(tasks)))
    await node.stop()
    return written


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))}\n")
