"""What the HTML checker says of our files. Of a page, the visitor asks it for every page it gets (browser.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.html_checker import CSS, SVG, HtmlChecker
from tests.imports import CHECKOUT

FILES = sorted(
    path.relative_to(CHECKOUT)
    for top in ("static", "templates")
    for path in (CHECKOUT / top).rglob("*")
    if path.suffix in {".css", ".svg"} and "vendor" not in path.parts
)
OWN_SCHEME = "asset:"
"""How documents name our files (no address of the network); the checker does not know it."""
OF_PAPER = (("running(printed)", "static"), ("element(printed)", '""'))
"""CSS of paged media (a foot that stands on every page), which WeasyPrint reads and the checker does not know."""


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_is_valid(html_checker: HtmlChecker, file: Path) -> None:
    text = (CHECKOUT / file).read_text().replace(OWN_SCHEME, "/")
    if file.is_relative_to("templates/documents"):
        for words, known in OF_PAPER:
            text = text.replace(words, known)
    assert not html_checker.faults_of(text, CSS if file.suffix == ".css" else SVG)


def test_there_is_a_style_sheet() -> None:
    assert any(file.is_relative_to("static/css") for file in FILES)


@pytest.mark.parametrize(
    ("text", "content_type"), [("p { colour: red }", CSS), ('<svg xmlns="http://www.w3.org/2000/svg"><p/></svg>', SVG)]
)
def test_a_fault_in_a_file_is_seen(html_checker: HtmlChecker, text: str, content_type: str) -> None:
    assert html_checker.faults_of(text, content_type)
