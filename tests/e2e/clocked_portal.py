"""The real portal in processes of its own, by a clock that the test moves: ``python -m tests.e2e.clocked_portal``.

It sets itself up and serves as ``citas run`` does, worker inside. What time it is stands in a file of its data folder,
which every process reads whenever it looks at the clock.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from litestar import Litestar

from portal.app import create_app
from portal.database.migrate import migrate
from portal.database.node import open_node, use_node
from portal.domain.setup import set_up
from portal.rules import read_rules
from portal.serving import serve
from portal.settings import Settings, read_settings
from portal.web.logs import configure_logs
from tests.imports import CHECKOUT
from tests.running_portal import RunningPortal

_CLOCK = "clock"


class ClockedPortal(RunningPortal):
    """A portal whose clock stands where the test puts it."""

    def __init__(self, data: Path, now: datetime, *, settings: Mapping[str, str]) -> None:
        data.mkdir(parents=True)
        self._clock = data / _CLOCK
        self.set_clock(now)
        command = (sys.executable, "-m", "tests.e2e.clocked_portal")
        super().__init__(data, settings={"PYTHONPATH": str(CHECKOUT), **settings}, command=command)

    def set_clock(self, now: datetime) -> None:
        """It is that time from now on, for all processes at once."""
        draft = self._clock.with_suffix(".new")
        draft.write_text(now.astimezone(UTC).isoformat())
        draft.replace(self._clock)
        self.now = now

    def pass_by(self, **span: float) -> None:
        """Let time pass: ``pass_by(minutes=6)``."""
        self.set_clock(self.now + timedelta(**span))


def application() -> Litestar:
    """For granian's workers."""
    settings = read_settings()
    configure_logs(settings.log_level)
    return create_app(settings, clock=lambda: _read_clock(settings))


def _read_clock(settings: Settings) -> datetime:
    return datetime.fromisoformat((settings.data / _CLOCK).read_text())


async def _prepare(settings: Settings) -> None:
    node = open_node("portal", settings.database)
    await migrate(node)
    await node.start()
    with use_node(node):
        await set_up(_read_clock(settings), read_rules(settings))
    await node.stop()


if __name__ == "__main__":
    own = read_settings()
    asyncio.run(_prepare(own))
    serve(own, "tests.e2e.clocked_portal:application")
