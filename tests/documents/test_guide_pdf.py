"""The Guía del Consultor on paper, read back from its PDF."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from portal.documents.guide_sheet import GuideSheet, guide_sheet_of
from portal.documents.press import Press
from portal.documents.renderer import Renderer
from portal.domain.guide import Guide, GuideSection
from portal.domain.procedure import STANDARD_MINUTES, Activity
from portal.domain.start_guide import START_GUIDE, TITLES
from tests.documents.reading import tags, words, words_off_the_page

SECTIONS = tuple(
    GuideSection(activity, TITLES[activity], STANDARD_MINUTES.get(activity), text.say, text.do, text.send)
    for activity, text in START_GUIDE.items()
)
GUIDE = Guide(3, datetime(2027, 1, 7, 14, 0, tzinfo=UTC), "Elena Ríos", SECTIONS)


@pytest.fixture(scope="module")
def sheet() -> GuideSheet:
    return guide_sheet_of(GUIDE)


@pytest.fixture(scope="module")
def pdf(press: Press, sheet: GuideSheet) -> bytes:
    return press.print_guide(sheet)


def test_it_says_everything_of_every_activity(pdf: bytes) -> None:
    text = words(pdf)
    for section in SECTIONS:
        assert section.title in text
        for lines in section.texts:
            for line in lines:
                assert " ".join(line.split()) in text
    assert "Versión 3, del jueves 7 de enero de 2027, por Elena Ríos." in text
    assert "26 minutos" in text


def test_it_is_a4_with_letters_large_enough(pdf: bytes) -> None:
    sizes: set[float] = set()

    def note_size(text: str, _: object, matrix: list[float], __: object, size: float) -> None:
        if text.strip():
            sizes.add(round(abs(size * matrix[3]) * 0.75))

    for page in PdfReader(BytesIO(pdf)).pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((595.3, 841.9), abs=0.1)
        page.extract_text(visitor_text=note_size)
    assert min(sizes) >= 10  # the line at the foot
    assert sum(size >= 13 for size in sizes) >= 4


def test_it_is_tagged_for_screen_readers(pdf: bytes, tmp_path: Path) -> None:
    catalogue: Any = PdfReader(BytesIO(pdf)).trailer["/Root"]
    assert catalogue["/Lang"] == "es"
    assert b'pdfuaid:part="1"' in catalogue["/Metadata"].get_object().get_data()
    kinds = [line.split()[0] for line in tags(pdf, tmp_path).splitlines() if line.strip()]
    assert kinds.count("H1") == 1
    assert kinds.count("H2") == 8
    assert kinds.count("LI") == sum(len(lines) for section in SECTIONS for lines in section.texts)


def test_words_of_any_length_and_kind_stay_on_the_page(press: Press, sheet: GuideSheet, tmp_path: Path) -> None:
    section = replace(SECTIONS[2], say=("a" * 600, "<b>&</b>", "ñ" * 300), do=("x y " * 700,), send=())
    pdf = press.print_guide(replace(sheet, sections=(section,)))
    assert words_off_the_page(pdf, tmp_path) == []
    assert "<b>&</b>" in words(pdf)
    assert Activity.REMIND.value + " " + TITLES[Activity.REMIND] not in words(pdf)


async def test_the_pool_makes_it(sheet: GuideSheet) -> None:
    renderer = Renderer(1)
    renderer.start()
    try:
        assert (await renderer.guide_pdf(sheet)).startswith(b"%PDF-")
    finally:
        renderer.close()
