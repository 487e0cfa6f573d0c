"""What the checkout holds: nothing unexpected at the top, no file with two subjects, a lock that names no index."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.imports import CHECKOUT

TOP_LEVEL = {
    "portal", "kiosk", "templates", "static", "tests",
    "pyproject.toml", "requirements.lock", "README.md", "Makefile", "CHANGELOG.md", "LICENSE",
}  # fmt: skip
WRITTEN_BY_TOOLS = ("portal/piccolo_migrations/", "kiosk/piccolo_migrations/", "static/vendor/", "requirements.lock")
WRITTEN_BY_HAND = {".py", ".html", ".txt", ".css", ".js", ".toml", ".md", ""}
LONGEST_FILE = 400


def _files() -> list[Path]:
    """Every file that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CHECKOUT, capture_output=True, check=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    return [Path(name) for name in listed if name and (CHECKOUT / name).is_file()]


def test_the_top_level_holds_nothing_else() -> None:
    assert {name for path in _files() if not (name := path.parts[0]).startswith(".")} <= TOP_LEVEL


def test_a_file_has_one_subject() -> None:
    lengths = {
        str(path): (CHECKOUT / path).read_bytes().count(b"\n")
        for path in _files()
        if path.suffix in WRITTEN_BY_HAND and not str(path).startswith(WRITTEN_BY_TOOLS)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


@pytest.fixture(scope="module")
def lock() -> str:
    return (CHECKOUT / "requirements.lock").read_text()


def test_the_lock_names_no_index(lock: str) -> None:
    assert [line for line in lock.splitlines() if "://" in line or re.match(r"-|\s*--(?!hash=sha256:)", line)] == []


def test_the_lock_has_an_exact_version_and_a_hash_of_everything(lock: str) -> None:
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"[a-z0-9.-]+==\S+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", entry), entry


def test_the_lock_has_every_pin_of_the_project(lock: str) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    pins = [*project["dependencies"], *(pin for extra in project["optional-dependencies"].values() for pin in extra)]
    locked = set(re.findall(r"^(\S+==\S+)", lock, flags=re.MULTILINE))
    assert {re.sub(r"\[.*?\]", "", pin).lower() for pin in pins} - locked == set()
