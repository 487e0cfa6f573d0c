"""The day sheet, read back from its PDF: a page for each consultor and day, with room to write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from pypdf import PdfReader

from portal.documents.day_sheet import day_sheets_of
from portal.documents.press import Press
from portal.domain.desk import DeskCita
from portal.domain.modality import Modality
from portal.domain.vocabulary import DocumentType, Language, Origin, Preference, State
from tests.documents.reading import lines, tags, words, words_off_the_page

NINE = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
CITA = DeskCita(
    id=UUID(int=1),
    code="K7WM3R9Q",
    state=State.RESERVED,
    modality=Modality.VIRTUAL,
    channel="",
    starts_at=NINE,
    ends_at=NINE + timedelta(minutes=30),
    service_name="Bolsa de Trabajo",
    center=UUID(int=2),
    center_name="Centro de Empleo – Sede central",
    consultant=UUID(int=3),
    consultant_name="Consultor 1",
    attended_by=None,
    given_names="Rosa María",
    first_surname="Ñahui",
    second_surname="Quispe",
    document_type=DocumentType.DNI,
    document_number="10117410",
    phone="+51987654321",
    email="",
    preference=Preference.OLDER,
    language=Language.QUECHUA,
    motive="Mi primer empleo",
    origin=Origin.WEB,
    displaced=False,
    duplicate=False,
    unrecorded=False,
    meet_link="https://meet.google.com/abc-defg-hij",
    created_at=NINE,
    reminded_at=None,
    invited_at=None,
    started_at=None,
    finished_at=None,
    ended_at=None,
    final_asked_at=None,
)


def day_of(count: int, **changes: object) -> list[DeskCita]:
    """So many citas in a row."""
    return [
        replace(CITA, starts_at=NINE + timedelta(minutes=30 * number), **changes)  # type: ignore[arg-type]
        for number in range(count)
    ]


def test_it_says_what_one_needs_without_power(press: Press) -> None:
    text = words(press.print_day_sheets(day_sheets_of([CITA], "Hoja del día", NINE)))
    for part in (
        "Lunes 11 de enero de 2027",
        "Consultor 1",
        "9:00 a. m.",
        "Rosa María Ñahui Quispe",
        "DNI 10117410",
        "K7WM3R9Q",
        "987 654 321",
        "meet.google.com/abc-defg-hij",
        "Preferente: 60 años o más",
        "Intérprete: quechua",
        "Mi primer empleo",
        "Observaciones",
        "Hoja 1 de 1",
        "destrúyela",
    ):
        assert part in text


def test_each_consultor_and_day_has_a_page_of_its_own(press: Press) -> None:
    colleague = {"consultant": UUID(int=4), "consultant_name": "Consultor 2"}
    tomorrow = [replace(cita, starts_at=cita.starts_at + timedelta(days=1)) for cita in day_of(2)]
    pdf = press.print_day_sheets(day_sheets_of([*tomorrow, *day_of(2, **colleague), *day_of(2)], "Hojas", NINE))
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]
    assert len(pages) == 3
    assert ["Consultor 1" in page for page in pages] == [True, False, True]
    assert ["martes" in page.lower() for page in pages] == [False, False, True]
    assert "Hoja 3 de 3" in pages[2]


def test_a_day_of_fourteen_citas_fits_on_one_page_and_a_longer_one_goes_on(press: Press, tmp_path: Path) -> None:
    pdf = press.print_day_sheets(day_sheets_of(day_of(14, language=Language.SPANISH, motive=""), "Hoja", NINE))
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    assert words_off_the_page(pdf, tmp_path) == []
    pdf = press.print_day_sheets(day_sheets_of(day_of(20, language=Language.SPANISH, motive=""), "Hoja", NINE))
    pages = PdfReader(BytesIO(pdf)).pages
    assert len(pages) == 2
    assert all("Observaciones" in page.extract_text() for page in pages)


def test_it_is_pdf_ua_with_a_table_for_screen_readers(press: Press, tmp_path: Path) -> None:
    pdf = press.print_day_sheets(day_sheets_of(day_of(2), "Hoja del lunes", NINE))
    reader = PdfReader(BytesIO(pdf))
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "es"
    assert b'pdfuaid:part="1"' in catalogue["/Metadata"].get_object().get_data()
    kinds = [line.split()[0] for line in tags(pdf, tmp_path).splitlines() if line.strip()]
    assert kinds.count("H1") == 1
    assert kinds.count("Table") == 1
    assert kinds.count("TH") == 6 + 2


def test_what_was_typed_is_shown_as_text(press: Press, tmp_path: Path) -> None:
    pdf = press.print_day_sheets(day_sheets_of([replace(CITA, motive="<b>a & b</b> " + "x" * 300)], "Hoja", NINE))
    assert any("<b>a & b</b>" in line for line in lines(pdf, tmp_path))
    assert words_off_the_page(pdf, tmp_path) == []


def test_how_it_is_held_and_what_became_of_it_are_told(press: Press) -> None:
    switched = replace(CITA, channel="telefonica", state=State.ATTENDED)
    text = words(press.print_day_sheets(day_sheets_of([switched], "Hoja", NINE)))
    assert "Por teléfono" in text
    assert "Atendida" in text
    assert "meet.google.com" not in text
