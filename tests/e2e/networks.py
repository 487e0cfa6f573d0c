"""A machine with a network of its own, and a real cable from it to the portal's: Linux's network namespaces.

As root, or as anybody where the machine lets people make user namespaces. A namespace lives as long as a process is in
it: here a shell, which ends when the test run does, however that does, since its input ends then.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from tests.e2e.relay import Relay
from tests.folders import make_quick_folder
from tests.mail.certificates import make_authority
from tests.processes import end_with_parent

_TOOLS: Final = ("ip", "nsenter", "setpriv", "unshare")
_OFFICE, _DESK, _PORT = "10.77.0.1", "10.77.0.2", 8000


class NoNetworks(Exception):
    """This machine does not let us make networks."""


class Network:
    """A network namespace, inside of another one's rights if that is given. Raises NoNetworks."""

    def __init__(self, outer: Network | None = None) -> None:
        as_somebody = outer is None and os.geteuid() != 0
        self._owns_user: bool = as_somebody or (outer is not None and outer._owns_user)
        rights = ("--user", "--map-root-user") if as_somebody else ()
        self._shell = subprocess.Popen(
            (*(outer.enter if outer else ()), "unshare", *rights, "--net", "sh"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            self.do("ip link set lo up")
        except NoNetworks:
            self.close()
            raise

    @property
    def process(self) -> int:
        """The process that is in it."""
        return self._shell.pid

    @property
    def enter(self) -> tuple[str, ...]:
        """What a command begins with to run in it. It ends with the test run as every process that tests start."""
        rights = ("--user", "--preserve-credentials") if self._owns_user else ()
        return ("nsenter", f"--target={self.process}", *rights, "--net", "setpriv", "--pdeathsig=QUIT")

    def do(self, command: str) -> None:
        """Have the shell in it do something. Raises NoNetworks with what it said when it fails."""
        assert self._shell.stdin
        assert self._shell.stdout
        said: list[str] = []
        try:
            print(f"{command}; echo done $?", file=self._shell.stdin, flush=True)
            while not (line := self._shell.stdout.readline()).startswith("done "):
                if not line:
                    break
                said.append(line)
        except BrokenPipeError:
            line = ""
        if line != "done 0\n":
            raise NoNetworks("".join(said))

    def close(self) -> None:
        """Nobody is in it any more, but for who was let in and stays."""
        assert self._shell.stdin
        with suppress(BrokenPipeError):
            self._shell.stdin.close()
        self._shell.wait(10)
        assert self._shell.stdout
        self._shell.stdout.close()


class NetworkCable:
    """A machine's network with a cable to the portal's. ``enter`` begins commands of that machine, ``url`` is where the
    portal is for it, by TLS, which ``settings`` make it believe. Raises NoNetworks.
    """

    def __init__(self, portal_port: int, machine_port: int) -> None:
        self.url = f"https://{_OFFICE}:{_PORT}"
        self._folder = make_quick_folder("cable", room_megabytes=1)
        authority, _ = make_authority(self._folder, _OFFICE)
        self.settings = {"SSL_CERT_FILE": str(authority)}
        self._relays: list[Relay] = []
        self._inside: list[subprocess.Popen[bytes]] = []
        self._networks: list[Network] = []
        try:
            self._lay(portal_port, machine_port)
        except BaseException:
            self.close()
            raise

    def _lay(self, portal_port: int, machine_port: int) -> None:
        office = Network()
        self._networks.append(office)
        desk = Network(office)
        self._networks.append(desk)
        office.do(f"ip link add office type veth peer name desk netns {desk.process}")
        office.do(f"ip address add {_OFFICE}/24 dev office && ip link set office up")
        desk.do(f"ip address add {_DESK}/24 dev desk && ip link set desk up")
        to_portal, to_machine = str(self._folder / "portal"), str(self._folder / "machine")
        self._relays.append(Relay(to_portal, f"127.0.0.1:{portal_port}"))
        self._relay_inside(office, f"{_OFFICE}:{_PORT}", to_portal, self._folder / "server.pem")
        self._relay_inside(desk, to_machine, f"127.0.0.1:{machine_port}")
        self._relays.append(Relay(f"127.0.0.1:{machine_port}", to_machine))  # the screen of the machine

    def _relay_inside(self, network: Network, source: str, target: str, *chain: Path) -> None:
        process = subprocess.Popen(
            (*network.enter, sys.executable, "-m", "tests.e2e.relay", source, target, *chain),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            preexec_fn=end_with_parent,  # noqa: PLW1509  # safe: see there
        )  # fmt: skip
        self._inside.append(process)
        assert process.stdout
        if process.stdout.readline() != b"ready\n":
            raise NoNetworks("no relay in the network")

    @property
    def enter(self) -> tuple[str, ...]:
        return self._networks[1].enter

    def pull(self) -> None:
        """Take the cable's far end away: nobody is told, nothing answers."""
        self._networks[0].do("ip link set office down")

    def plug(self) -> None:
        """Put it back."""
        self._networks[0].do("ip link set office up")

    def close(self) -> None:
        """Let go of everything; the machine's processes are stopped before."""
        for relay in self._relays:
            relay.close()
        for process in self._inside:
            process.kill()
            process.communicate()
        for network in reversed(self._networks):
            network.close()
        shutil.rmtree(self._folder)


@cache
def has_networks() -> bool:
    """Whether this machine lets us lay such cables."""
    if not all(shutil.which(tool) for tool in _TOOLS):
        return False
    try:
        NetworkCable(1, 0).close()
    except NoNetworks:
        return False
    return True
