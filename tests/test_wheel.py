"""The wheel works where there is no checkout: built, installed without an index, it serves a page and a PDF."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from tests.html_page import HtmlPage
from tests.imports import CHECKOUT
from tests.running_portal import RunningPortal

UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder), cwd=CHECKOUT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment with the wheel, and beside it what this one has, but for the checkout."""
    environment = tmp_path_factory.mktemp("installed") / "environment"
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    _run(
        str(UV),
        "--no-config",
        "pip",
        "install",
        "--python",
        str(python),
        "--offline",
        "--no-index",
        "--no-deps",
        str(wheel),
    )
    # A .pth file in a folder that another .pth file names is not read, so the link to the checkout stays behind.
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment


@pytest.fixture(scope="module")
def portal(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "data"
    running = RunningPortal(elsewhere, settings={}, command=(installed / "bin" / "citas", "run"))
    running.wait_until_ready()
    yield running
    running.stop()


def test_templates_and_static_files_are_in_the_wheel(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    loose = {
        f"portal/_{top}/{path.relative_to(CHECKOUT / top).as_posix()}"
        for top in ("templates", "static")
        for path in (CHECKOUT / top).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    assert loose <= packed
    assert {name.split("/")[0] for name in packed} <= {"portal", "kiosk", wheel.name.rsplit("-", 3)[0] + ".dist-info"}


def test_what_runs_is_what_was_installed(installed: Path, tmp_path: Path) -> None:
    places = _run(
        str(installed / "bin" / "python"), "-c",
        "import portal, portal.places as places; print(portal.__file__, places.TEMPLATES, places.STATIC, sep='\\n')",
        cwd=tmp_path,
    ).splitlines()  # fmt: skip
    assert [place for place in places if not Path(place).is_relative_to(installed)] == []


def test_a_page_comes_with_its_files(portal: RunningPortal) -> None:
    page = HtmlPage(httpx.get(portal.url).raise_for_status().text)
    assert page.heading
    files = [link.get("href", "") for link in page.elements("link") if link.get("rel") == "stylesheet"]
    assert files
    for file in files:
        assert httpx.get(f"{portal.url}{file}").raise_for_status().content


def test_a_pdf_comes_with_its_fonts(portal: RunningPortal) -> None:
    answer = httpx.get(f"{portal.url}/cartilla.pdf", timeout=60).raise_for_status()
    assert answer.headers["content-type"] == "application/pdf"
    assert "Google Meet" in PdfReader(BytesIO(answer.content)).pages[0].extract_text()


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout
