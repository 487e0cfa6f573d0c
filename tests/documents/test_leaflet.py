"""The leaflet for the video call, read back from its PDF."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from portal.documents.press import Press
from tests.documents.reading import alternatives, tags, words


@pytest.fixture(scope="module")
def leaflet(press: Press) -> bytes:
    return press.print_leaflet()


def test_it_tells_both_ways_in_what_to_check_before_and_what_to_do_when_it_fails(leaflet: bytes) -> None:
    text = words(leaflet)
    for part in (
        "Cómo acceder a tu videollamada por Google Meet",
        "Antes de tu cita",
        "Desde tu celular",
        "Desde una computadora",
        "Si algo falla",
        "meet.google.com",
        "5 minutos",
        "El servicio es gratuito.",
    ):
        assert part in text


def test_it_is_two_sheets_of_a4_at_most(leaflet: bytes) -> None:
    pages = PdfReader(BytesIO(leaflet)).pages
    assert len(pages) <= 2
    for page in pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((595.3, 841.9), abs=0.1)


def test_it_is_in_large_print(leaflet: bytes) -> None:
    sizes: set[float] = set()

    def note_size(text: str, _: object, matrix: list[float], __: object, size: float) -> None:
        if text.strip():
            sizes.add(abs(size * matrix[3]))

    for page in PdfReader(BytesIO(leaflet)).pages:
        page.extract_text(visitor_text=note_size)
    assert sizes
    assert min(sizes) * 0.75 >= 12


def test_it_is_pdf_ua_with_steps_headings_and_a_table_for_screen_readers(leaflet: bytes, tmp_path: Path) -> None:
    reader = PdfReader(BytesIO(leaflet))
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "es"
    assert b'pdfuaid:part="1"' in catalogue["/Metadata"].get_object().get_data()
    kinds = [line.split()[0] for line in tags(leaflet, tmp_path).splitlines() if line.strip()]
    assert kinds.count("H1") == 1
    assert kinds.count("H2") == 4
    assert kinds.count("LI") == 4 + 5 + 4
    assert kinds.count("Table") == 1


def test_every_drawing_has_words(leaflet: bytes) -> None:
    drawings = alternatives(leaflet)
    assert len(drawings) == 9
    assert all(words_for_it.startswith("Dibujo: ") for words_for_it in drawings)
