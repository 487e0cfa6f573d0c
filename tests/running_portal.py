"""The real portal in processes of its own, as ``make run`` starts it: for browsers, and for what only a process shows.

Without the kiosk that ``citas run`` starts beside it, unless a test asks for ``RUN``.

``running_portal``           one on SQLite, shared by the tests of this process: each test brings its own person
``running_postgres_portal``  the same on PostgreSQL
``start_portal``             another one, for tests that need settings of their own or that stop it
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.databases import run_apart
from tests.postgres_server import PostgresServer
from tests.processes import end_with_parent, free_port

CITAS = Path(sys.executable).with_name("citas")
RUN = (CITAS, "run")
_ALONE = """
import sys
from portal.cli import main
sys.exit(main(["migrate"]) or main(["setup"]) or main(["portal"]))
"""
_START_SECONDS = 60
_STOP_SECONDS = 10


class RunningPortal:
    """A portal on a free port, with a data folder of its own; ``settings`` are environment variables."""

    def __init__(
        self,
        data: Path,
        *,
        settings: Mapping[str, str],
        command: Sequence[str | Path] = (sys.executable, "-c", _ALONE),
        log: str = "",
    ) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.kiosk_port = free_port()
        self._log = data.with_name(f"{log or data.name}.log")
        data.mkdir(parents=True, exist_ok=True)
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        own = {"CITAS_DATA": str(data), "PORTAL_PORT": str(self.port), "KIOSK_PORT": str(self.kiosk_port)}
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=data, env={**inherited, **own, **settings},
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509  # safe: see there
            )  # fmt: skip

    @property
    def output(self) -> str:
        """What it has printed so far, errors included."""
        return self._log.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        """Wait until it says that it is ready. Raises RuntimeError with its last words when it does not in a minute."""
        deadline = time.monotonic() + _START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):  # nobody listens yet
                if httpx.get(f"{self.url}/salud", timeout=5).is_success:
                    return
            time.sleep(0.05)
        last_words = self.output[-4000:]
        self.stop()
        raise RuntimeError(f"The portal did not start:\n{last_words}")

    def stop(self) -> int:
        """Ask it to stop; its exit code. After 10 seconds it is killed, with all its processes."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return self.process.wait()


StartPortal = Callable[..., RunningPortal]


@pytest.fixture
def start_portal(tmp_path: Path) -> Iterator[StartPortal]:
    """Start portals: ``start_portal(CITAS_WORKERS="2")``. They are stopped after the test."""
    started: list[RunningPortal] = []

    def start(**settings: str) -> RunningPortal:
        portal = RunningPortal(tmp_path / f"portal-{len(started)}", settings=settings)
        started.append(portal)
        portal.wait_until_ready()
        return portal

    yield start
    for portal in started:
        portal.stop()


@pytest.fixture(scope="session")
def running_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """A portal on SQLite that many tests share."""
    yield from _run(tmp_path_factory.mktemp("running") / "portal")


@pytest.fixture(scope="session")
def running_postgres_portal(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[RunningPortal]:
    """A portal on PostgreSQL that many tests share."""
    run_apart(_create_database(postgres_server, "citas_running"))
    yield from _run(tmp_path_factory.mktemp("running") / "portal", DATABASE_URL=postgres_server.url("citas_running"))


async def _create_database(server: PostgresServer, name: str) -> None:
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


def _run(data: Path, **settings: str) -> Iterator[RunningPortal]:
    portal = RunningPortal(data, settings=settings)
    portal.wait_until_ready()
    yield portal
    portal.stop()
