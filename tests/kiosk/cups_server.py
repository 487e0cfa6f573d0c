"""A real CUPS of the tests' own: Debian's cupsd as a child, in a private folder, behind a socket in it.

Its printers write into files. Between CUPS and the file stands a filter that behaves as a printer does: it waits while
there is no paper and says so, fails when it is broken, and keeps a list of what it has put on paper.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.processes import end_with_parent

_START_SECONDS = 20
_DEBIANS_RULES = Path("/usr/share/cups/cupsd.conf.default")

_FILTER = """#!/bin/sh
cd {folder}/inside || exit 1
if [ -e out-of-paper ]; then
    echo "STATE: +media-empty-error" >&2
    while [ -e out-of-paper ] && [ -d /proc/$PPID ]; do sleep 0.02; done
    echo "STATE: -media-empty-error" >&2
fi
[ -e broken ] || [ ! -d /proc/$PPID ] && exit 1
cat "${{6:--}}" && echo "$3" >>printed
"""

_PPD = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "TESTS.PPD"
*Manufacturer: "Tests"
*Product: "(Tests)"
*ModelName: "Tests"
*ShortNickName: "Tests"
*NickName: "Tests"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: False
*cupsFilter: "application/pdf 0 {filter}"
*OpenUI *PageSize/Media Size: PickOne
*DefaultPageSize: A5
*PageSize A5/A5: "<</PageSize[420 595]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion: PickOne
*DefaultPageRegion: A5
*PageRegion A5/A5: "<</PageSize[420 595]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: A5
*ImageableArea A5/A5: "0 0 420 595"
*DefaultPaperDimension: A5
*PaperDimension A5/A5: "420 595"
"""

_FILES = """FileDevice Yes
ServerRoot {folder}
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/run
TempDir {folder}/spool/tmp
AccessLog {folder}/access
ErrorLog {folder}/log
PageLog {folder}/pages
SystemGroup {group}
{user}
"""


class CupsServer:
    """One cupsd. It may be stopped, killed and started again on what it kept."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="citas-cups-"))  # not in /dev/shm: CUPS makes no files in /dev
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self.socket = self._folder / "socket"
        self._prepare()

    def _prepare(self) -> None:
        self._folder.chmod(0o755)  # filters run as another user when cupsd is root's
        for name in ("spool", "spool/tmp", "cache", "run", "ppd"):
            (self._folder / name).mkdir()
        user = "" if os.geteuid() == 0 else f"User {pwd.getpwuid(os.geteuid()).pw_name}"
        group = grp.getgrgid(os.getegid()).gr_name
        files = _FILES.format(folder=self._folder, group=group, user=user)
        (self._folder / "cups-files.conf").write_text(files)
        # Who may do what is as Debian ships it. Written at once, because tests pull the plug.
        kept = [line for line in _DEBIANS_RULES.read_text().splitlines() if not line.startswith(("Listen", "Browsing"))]
        ours = (f"Listen {self.socket}", "Browsing No", "DirtyCleanInterval 0", "PreserveJobFiles No")
        (self._folder / "cupsd.conf").write_text("\n".join((*kept, *ours, "")))

    def start(self) -> None:
        """Start it and wait until it answers."""
        configuration = ("-c", self._folder / "cupsd.conf", "-s", self._folder / "cups-files.conf")
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [shutil.which("cupsd") or "/usr/sbin/cupsd", "-f", *configuration],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                preexec_fn=end_with_parent,  # noqa: PLW1509  # safe: see there
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while "is running" not in self.tell("lpstat", "-r"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = (self._folder / "output").read_text() + (self._folder / "log").read_text()
                raise RuntimeError(f"cupsd did not start:\n{words}")
            time.sleep(0.01)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM ends it in order, SIGKILL as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(_START_SECONDS)

    def forget(self) -> None:
        """Stop it, and lose all its jobs."""
        self.stop(signal.SIGKILL)
        for path in (*self._folder.glob("spool/[cd]0*"), *self._folder.glob("cache/job.cache*")):
            path.unlink()

    def remove(self) -> None:
        """Stop it and delete all of it."""
        self.stop(signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def add_printer(self) -> FilePrinter:
        """A new printer, with paper in it."""
        printer = FilePrinter(self, f"ticket{next(self._numbers)}", self._folder)
        printer.install()
        return printer

    def tell(self, *command: str) -> str:
        """What a command of CUPS's client answers."""
        environment = {"PATH": os.environ["PATH"], "CUPS_SERVER": str(self.socket), "LC_ALL": "C"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout


@dataclass
class FilePrinter:
    """A printer whose paper is a file."""

    server: CupsServer
    name: str
    parent: Path

    @property
    def folder(self) -> Path:
        return self.parent / "printers" / self.name

    @property
    def inside(self) -> Path:
        """Where the filter writes, who is another user than root."""
        return self.folder / "inside"

    @property
    def paper(self) -> bytes:
        """What came out last."""
        return (self.folder / "paper.pdf").read_bytes()

    @property
    def titles(self) -> list[str]:
        """The titles of all that came out."""
        try:
            return (self.inside / "printed").read_text().splitlines()
        except FileNotFoundError:
            return []

    def install(self) -> None:
        self.inside.mkdir(parents=True)
        self.inside.chmod(0o777)
        script, description = self.folder / "filter", self.folder / "printer.ppd"
        script.write_text(_FILTER.format(folder=self.folder))
        script.chmod(0o755)
        description.write_text(_PPD.format(filter=script))
        device = f"file:{self.folder / 'paper.pdf'}"
        self.server.tell("lpadmin", "-p", self.name, "-E", "-v", device, "-P", str(description))
        assert self.name in self.server.tell("lpstat", "-p", self.name)

    def take_paper_out(self) -> None:
        (self.inside / "out-of-paper").touch()

    def put_paper_in(self) -> None:
        (self.inside / "out-of-paper").unlink()

    def break_down(self) -> None:
        (self.inside / "broken").touch()

    def repair(self) -> None:
        (self.inside / "broken").unlink()


@pytest.fixture(scope="session")
def cups_server() -> Iterator[CupsServer]:
    """A running CUPS that the tests of this process share."""
    server = CupsServer()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def printer(cups_server: CupsServer, monkeypatch: pytest.MonkeyPatch) -> FilePrinter:
    """A printer of the test's own; the client asks its server."""
    monkeypatch.setenv("CUPS_SERVER", str(cups_server.socket))
    return cups_server.add_printer()
