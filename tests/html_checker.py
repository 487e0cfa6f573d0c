"""The Nu HTML checker, kept running beside the tests, so that each page costs milliseconds instead of a start of Java.

``.tools/vnu.jar`` is fetched by ``make test``. It checks HTML, SVG and CSS, and asks no other host.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache, cached_property

import httpx
import pytest

from tests.imports import CHECKOUT
from tests.processes import end_with_parent, free_port

VNU = CHECKOUT / ".tools" / "vnu.jar"
# Its recursive grammar needs a deep stack; for a process this short the quick compiler is the better one.
JAVA = ("java", "-Xmx256m", "-Xss4m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
HTML, CSS, SVG = "text/html", "text/css", "image/svg+xml"

_FRAGMENT = (
    '<!doctype html><html lang="es"><head><meta charset="utf-8"><title>x</title></head><body><h1>x</h1>{}</body></html>'
)


class HtmlChecker:
    """Starts with the first document that it is given."""

    _process: subprocess.Popen[str] | None = None

    @cache  # noqa: B019  # one checker in each process
    def faults_of(self, text: str, content_type: str = HTML) -> tuple[str, ...]:
        """What is wrong with a document, a line for each fault, errors and warnings alike."""
        answer = self._client.post(
            "/",
            params={"out": "json"},
            content=text.encode(),
            headers={"content-type": f"{content_type}; charset=utf-8"},
        )
        return tuple(
            f"line {message.get('lastLine', '?')}: {message['message']} [{message.get('extract', '').strip()}]"
            for message in answer.raise_for_status().json()["messages"]
            if message["type"] != "info" or message.get("subType") == "warning"
        )

    def faults_of_fragment(self, text: str) -> tuple[str, ...]:
        """The same for a piece of a page."""
        return self.faults_of(_FRAGMENT.format(text))

    def stop(self) -> None:
        """End the checker, if it was ever started."""
        if self._process is not None:
            self._client.close()
            self._process.terminate()
            self._process.communicate()

    @cached_property
    def _client(self) -> httpx.Client:
        port = free_port()
        self._process = subprocess.Popen(
            [
                *JAVA,
                "-Dnu.validator.servlet.bind-address=127.0.0.1",
                "-cp",
                VNU,
                "nu.validator.servlet.Main",
                str(port),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509  # safe: see there
        )
        said = []
        for line in self._process.stdout or ():
            said.append(line)
            if re.match(r"Checker service started at ", line):
                return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        raise RuntimeError(f"The HTML checker did not start ({VNU}):\n{''.join(said[-20:])}")


@pytest.fixture(scope="session")
def html_checker() -> Iterator[HtmlChecker]:
    """The checker of this test process."""
    checker = HtmlChecker()
    yield checker
    checker.stop()
