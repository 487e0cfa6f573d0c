"""The files that every run begins with, made once for each test process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.databases import run_apart
from tests.folders import make_quick_folder
from tests.simulation.template import Template, make_template


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """In memory, where the machine offers it."""
    folder = make_quick_folder("simulation", room_megabytes=50)
    yield run_apart(make_template(folder))
    shutil.rmtree(folder)
