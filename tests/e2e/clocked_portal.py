"""The real portal and its worker in processes of their own, by a clock that the test moves.

``python -m tests.e2e.clocked_portal portal`` sets everything up and serves, ``… worker`` works: each looks every second
whether something is due. What time it is stands in a file of the data folder, which both read whenever they look at the
clock.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from litestar import Litestar

from portal.app import create_app
from portal.database.migrate import migrate
from portal.database.node import open_node, use_node
from portal.documents.renderer import Renderer
from portal.domain.setup import set_up
from portal.keys import open_keys
from portal.rules import read_rules
from portal.serving import serve
from portal.settings import Settings, read_settings
from portal.web.logs import configure_logs
from portal.worker import Rhythm, run_worker
from tests.imports import CHECKOUT
from tests.running_portal import RunningPortal

_CLOCK = "clock"
_PASSWORDS = "passwords.json"
_MODULE = (sys.executable, "-m", "tests.e2e.clocked_portal")
_SECOND = timedelta(seconds=1)
QUICK = Rhythm(
    mail=_SECOND, reminders=_SECOND, attention=_SECOND, surveys=_SECOND, day_sheets=_SECOND, first_pause=_SECOND
)


class ClockedPortal(RunningPortal):
    """A portal whose clock stands where the test puts it."""

    def __init__(self, data: Path, now: datetime, *, settings: Mapping[str, str]) -> None:
        data.mkdir(parents=True)
        self._clock = data / _CLOCK
        self.set_clock(now)
        self._own = {"PYTHONPATH": str(CHECKOUT), "CITAS_WORKER": "false", **settings}
        self._worker: RunningPortal | None = None
        super().__init__(data, settings=self._own, command=(*_MODULE, "portal"))

    def wait_until_ready(self) -> None:
        """Wait until it serves, then let the worker begin."""
        super().wait_until_ready()
        same = {**self._own, "PORTAL_PORT": str(self.port)}  # for the links in mails
        self._worker = RunningPortal(self.data, settings=same, command=(*_MODULE, "worker"), log="worker")

    def stop(self) -> int:
        """Stop both."""
        if self._worker is not None:
            self._worker.stop()
        return super().stop()

    def set_clock(self, now: datetime) -> None:
        """It is that time from now on, for all processes at once."""
        draft = self._clock.with_suffix(".new")
        draft.write_text(now.astimezone(UTC).isoformat())
        draft.replace(self._clock)
        self.now = now

    @property
    def passwords(self) -> dict[str, str]:
        """What the first start printed: whom one can sign in as, and with which password once."""
        passwords: dict[str, str] = json.loads((self.data / _PASSWORDS).read_text())
        return passwords

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
        done = await set_up(_read_clock(settings), read_rules(settings))
        passwords = {one.username: one.password for one in done.sign_ins}
        (settings.data / _PASSWORDS).write_text(json.dumps(passwords))
    await node.stop()


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    node, renderer = open_node("portal", settings.database), Renderer(1)
    await node.start()
    renderer.start()
    try:
        await run_worker(node, settings, open_keys(settings), renderer, lambda: _read_clock(settings), stop, QUICK)
    finally:
        renderer.close()
        await node.stop()


if __name__ == "__main__":
    own = read_settings()
    if sys.argv[1] == "worker":
        asyncio.run(_work(own))
    else:
        asyncio.run(_prepare(own))
        serve(own, "tests.e2e.clocked_portal:application")
