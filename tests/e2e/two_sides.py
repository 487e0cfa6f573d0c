"""Portal and kiosks as real processes, and a cable between them that can be pulled.

cable = SilentCable(portal.port)       # a port of its own that leads to the portal, until it is pulled
kiosk = RunningKiosk(folder, cable.url)
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx

from tests.e2e.relay import Relay
from tests.processes import end_with_parent, free_port
from tests.running_portal import CITAS, RunningPortal

PATIENCE_SECONDS: Final = 30.0


def wait_until(is_so: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> float:
    """Look again and again; returns how long it took. Fails when it takes longer."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def process_named(portal: RunningPortal, word: str) -> int:
    """The process that ``citas run`` started for ``portal`` or ``kiosk``."""
    children = Path(f"/proc/{portal.process.pid}/task/{portal.process.pid}/children").read_text().split()
    for child in children:
        if Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[-2] == word.encode():
            return int(child)
    raise AssertionError(f"no process of {word}")


def stop_process(process: int) -> None:
    """Ask it to stop, and wait until it is gone."""
    os.kill(process, signal.SIGTERM)
    wait_until(lambda: not Path(f"/proc/{process}/stat").exists() or _is_over(process), 5)


def _is_over(process: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def kiosk_sign_in(output: str, username: str) -> tuple[str, str]:
    """The secret and the PIN that a first start printed."""
    found = re.search(rf"^  {username} +((?:[a-z2-9]{{4}}-){{2}}[a-z2-9]{{4}})   (\d{{6}})$", output, re.MULTILINE)
    assert found is not None
    return found[1], found[2]


class SilentCable:
    """A port on the loopback that leads to another one, until it is pulled without a word: what is sent is taken, and
    nobody answers. As ``networks`` has real ones.
    """

    enter: Sequence[str] = ()
    settings: Mapping[str, str] = {}

    def __init__(self, target: int) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._relay = Relay(f"127.0.0.1:{port}", f"127.0.0.1:{target}")

    def plug(self) -> None:
        """Let everything through."""
        self._relay.start()

    def pull(self) -> None:
        """Pass nothing on any more."""
        self._relay.hold_back()

    def close(self) -> None:
        """Let go of it."""
        self._relay.close()


class RunningKiosk:
    """``citas kiosk`` on a free port, or the given one, with a folder of its own; ``enter`` begins its command, where
    it runs elsewhere.
    """

    def __init__(
        self,
        data: Path,
        portal: str,
        settings: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        enter: Sequence[str] = (),
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self._enter = enter
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = data.with_name(f"{data.name}.log")
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
            "CITAS_DATA": str(data),
            "KIOSK_PORT": str(self.port),
            "CITAS_KIOSK_PORTAL": portal,
            **(settings or {}),
        }
        data.mkdir(parents=True)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(
                (*self._enter, CITAS, "kiosk"), cwd=self.data, env=self._environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509  # safe: see there
            )  # fmt: skip

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        wait_until(lambda: answers(f"{self.url}/ingresar") or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.output[-3000:]

    def kill(self) -> None:
        """As if the power had gone."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def start_again(self) -> None:
        self.process = self._start()
        self.wait_until_ready()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


def answers(address: str) -> bool:
    """Whether somebody serves there."""
    with suppress(httpx.HTTPError):
        return httpx.get(address, timeout=2).status_code < 500
    return False
