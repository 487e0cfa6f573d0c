"""The slip, read back from its PDF: words, page, tags, fonts, and the QR from the picture of it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from portal.documents.press import Press
from portal.documents.slip import Paper, Slip
from portal.domain.modality import Modality
from portal.domain.verification import Verdict, read_slip
from tests.documents.reading import alternatives, decode_qr, lines, picture, tags, words, words_off_the_page
from tests.documents.samples import ALL, CLAIM, IN_PERSON, LIMIT, PHONE, PUBLIC_KEYS, VIRTUAL

both_papers = pytest.mark.parametrize("paper", Paper)
MM = 72 / 25.4


@both_papers
@pytest.mark.parametrize("slip", ALL.values(), ids=ALL)
def test_every_slip_is_one_page_with_everything_on_it(press: Press, slip: Slip, paper: Paper) -> None:
    pdf = press.print_slip(slip, paper)
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    text = words(pdf)
    for part in (slip.service_name, slip.holder_name, slip.document_hint, slip.procedure_code, *slip.bring):
        assert part in text
    assert f"{slip.day}, {slip.time}" in text
    assert "El servicio es gratuito." in text
    assert "no es una firma digital" in text


@both_papers
def test_the_moment_is_told_in_words_of_lima(press: Press, paper: Paper) -> None:
    assert "lunes 4 de enero de 2027, 9:30 a. m." in words(press.print_slip(VIRTUAL, paper))


@both_papers
@pytest.mark.parametrize(
    ("slip", "said", "unsaid"),
    [
        (VIRTUAL, ("Por videollamada", VIRTUAL.how_to_enter, VIRTUAL.center_name), (VIRTUAL.center_address,)),
        (PHONE, ("Por teléfono", PHONE.phone, PHONE.center_name), (PHONE.center_address, PHONE.how_to_enter)),
        (IN_PERSON, (IN_PERSON.center_name, IN_PERSON.center_address, "Qué llevar"), (IN_PERSON.how_to_enter,)),
    ],
    ids=list(Modality),
)
def test_where_depends_on_the_modality(
    press: Press, slip: Slip, said: tuple[str, ...], unsaid: tuple[str, ...], paper: Paper
) -> None:
    text = words(press.print_slip(slip, paper))
    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


@both_papers
def test_the_code_is_copied_as_one_word_although_it_is_shown_in_groups(
    press: Press, paper: Paper, tmp_path: Path
) -> None:
    pdf = press.print_slip(VIRTUAL, paper)
    assert "K7WM3R9H" in lines(pdf, tmp_path)
    assert "K7WM3R9H" in words(pdf).split()


@both_papers
def test_it_says_where_to_cancel_as_text_and_as_link(press: Press, paper: Paper) -> None:
    pdf = press.print_slip(VIRTUAL, paper)
    page: Any = PdfReader(BytesIO(pdf)).pages[0]
    links = [link.get_object()["/A"]["/URI"] for link in page["/Annots"]]
    assert links == [VIRTUAL.manage_url]
    assert "citas.trabajo.gob.pe/citas" in words(pdf)


@both_papers
@pytest.mark.parametrize("slip", [VIRTUAL, ALL["longest"], LIMIT], ids=["ordinary", "longest", "limit"])
@pytest.mark.parametrize("dots_per_inch", [203, 300])
def test_the_qr_is_read_from_the_printed_picture(
    press: Press, slip: Slip, paper: Paper, dots_per_inch: int, tmp_path: Path
) -> None:
    image = picture(press.print_slip(slip, paper), tmp_path, dots_per_inch)
    assert decode_qr(image) == [slip.verify_url]


def test_the_qr_survives_a_thermal_printer_that_knows_only_black_and_white(press: Press, tmp_path: Path) -> None:
    image = picture(press.print_slip(VIRTUAL, Paper.TICKET), tmp_path, 203, black_and_white=True)
    assert decode_qr(image) == [VIRTUAL.verify_url]


def test_what_the_qr_carries_is_judged_authentic(press: Press, tmp_path: Path) -> None:
    (address,) = decode_qr(picture(press.print_slip(VIRTUAL, Paper.TICKET), tmp_path, 203))
    code, _, signed = address.partition("/v/")[2].partition("?s=")
    reading = read_slip(code, signed, PUBLIC_KEYS)
    assert (reading.verdict, reading.claim) == (Verdict.AUTHENTIC, CLAIM)


def test_the_ticket_is_80_mm_wide_and_as_long_as_its_text(press: Press) -> None:
    short = PdfReader(BytesIO(press.print_slip(replace(IN_PERSON, bring=()), Paper.TICKET))).pages[0].mediabox
    long = PdfReader(BytesIO(press.print_slip(ALL["longest"], Paper.TICKET))).pages[0].mediabox
    assert float(short.width) == pytest.approx(80 * MM, abs=0.1)
    assert 200 * MM < float(short.height) < float(long.height) < 400 * MM


@pytest.mark.parametrize("slip", [VIRTUAL, IN_PERSON, PHONE, ALL["longest"], LIMIT])
def test_a5_is_a5_however_much_there_is_to_say(press: Press, slip: Slip) -> None:
    (page,) = PdfReader(BytesIO(press.print_slip(slip, Paper.A5))).pages
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx((148 * MM, 210 * MM), abs=0.1)


@both_papers
@pytest.mark.parametrize("slip", [*ALL.values(), LIMIT], ids=[*ALL, "limit"])
def test_nothing_is_cut_off_at_the_edge(press: Press, slip: Slip, paper: Paper, tmp_path: Path) -> None:
    assert words_off_the_page(press.print_slip(slip, paper), tmp_path) == []


@both_papers
def test_it_is_pdf_ua_tagged_titled_and_spanish(press: Press, paper: Paper) -> None:
    reader = PdfReader(BytesIO(press.print_slip(VIRTUAL, paper)))
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "es"
    assert catalogue["/MarkInfo"]["/Marked"].value is True
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert "/StructTreeRoot" in catalogue
    assert b'pdfuaid:part="1"' in catalogue["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "Constancia de cita K7WM3R9H: Bolsa de Trabajo"


@both_papers
def test_a_screen_reader_finds_headings_and_lists(press: Press, paper: Paper, tmp_path: Path) -> None:
    tree = tags(press.print_slip(IN_PERSON, paper), tmp_path)
    kinds = [line.split()[0] for line in tree.splitlines() if not line.lstrip().startswith('"')]
    assert kinds.count("H1") == 1
    assert kinds.count("H2") == 5
    assert kinds.count("LI") == len(IN_PERSON.bring)
    assert kinds.count("Link") == 1


@both_papers
def test_the_qr_has_alternative_text(press: Press, paper: Paper) -> None:
    assert alternatives(press.print_slip(IN_PERSON, paper)) == ["Código QR para comprobar la cita K7WM3R9H"]


@both_papers
def test_every_letter_comes_from_the_bundled_font_and_is_embedded(press: Press, paper: Paper) -> None:
    foreign = replace(VIRTUAL, holder_name="Łucja Žižková Şahin Ñuñez")
    page: Any = PdfReader(BytesIO(press.print_slip(foreign, paper))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert {font["/BaseFont"].partition("+")[2] for font in fonts} <= {
        "Atkinson-Hyperlegible-Next",
        "Atkinson-Hyperlegible-Next-Bold",
        "Atkinson-Hyperlegible-Next-Ext",
        "Atkinson-Hyperlegible-Next-Ext-Bold",
    }
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor


def test_what_people_type_stays_text(press: Press) -> None:
    hostile = replace(VIRTUAL, holder_name='<img src="http://example.com/x.png"> & <b>')
    assert '<img src="http://example.com/x.png"> & <b>' in words(press.print_slip(hostile, Paper.A5))
