"""What a citizen may send, and every way in which a file is refused."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest

from portal.domain.errors import FileRefused
from portal.domain.files import COPY_TYPES, CV_TYPES, MediaType, Refusal
from portal.forms import upload_image, upload_pdf
from portal.forms.upload import check_file, examine
from tests.forms import sample_files as files

MOST = 5 * 1024 * 1024


def refusal_of(content: bytes, accepted: frozenset[MediaType] = CV_TYPES, most: int = MOST) -> str:
    with pytest.raises(FileRefused) as refused:
        check_file(BytesIO(content), accepted, most)
    return refused.value.reason


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (files.pdf(), MediaType.PDF),
        (files.pdf_compressed(), MediaType.PDF),
        (files.docx(), MediaType.DOCX),
        (files.docx(relations=files.relation("hyperlink", "https://www.empleosperu.gob.pe/")), MediaType.DOCX),
        (files.jpeg(), MediaType.JPEG),
        (files.png(), MediaType.PNG),
    ],
    ids=["pdf", "pdf with object streams", "docx", "docx with a link", "jpeg", "png"],
)
def test_what_may_be_sent_is_taken_as_it_came(content: bytes, media_type: MediaType) -> None:
    file = check_file(BytesIO(content), CV_TYPES, MOST)
    assert (file.media_type, file.content) == (media_type, content)
    assert file.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        files.EXE,
        files.plain_zip(),
        b"hola",
        b"<!doctype html><script>alert(1)</script>",
        b"\x00" * 100,
        b"GIF89a" + bytes(50),
    ],
    ids=["exe", "zip", "text", "html", "nul", "gif"],
)
def test_another_type_is_refused_whatever_it_is_called(content: bytes) -> None:
    assert refusal_of(content) == Refusal.WRONG_TYPE


def test_an_empty_file_is_refused() -> None:
    assert refusal_of(b"") == Refusal.EMPTY


def test_the_largest_file_is_taken_and_one_byte_more_is_not() -> None:
    content = files.png()
    assert check_file(BytesIO(content), CV_TYPES, len(content)).media_type is MediaType.PNG
    assert refusal_of(content, most=len(content) - 1) == Refusal.TOO_LARGE


def test_a_word_document_is_no_copy_of_a_document() -> None:
    assert refusal_of(files.docx(), COPY_TYPES) == Refusal.WRONG_TYPE


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    assert refusal_of(files.png_bomb()) == Refusal.TOO_MANY_PIXELS


def test_the_limit_on_pixels_counts_for_photos_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_image, "MOST_PIXELS", 60 * 40)
    assert check_file(BytesIO(files.jpeg(60, 40)), CV_TYPES, MOST).media_type is MediaType.JPEG
    assert refusal_of(files.jpeg(61, 40)) == Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "content",
    [files.png()[:-30], files.jpeg()[:-200], files.pdf()[:60], files.docx()[:-40]],
    ids=["png", "jpeg", "pdf", "docx"],
)
def test_half_a_file_is_refused(content: bytes) -> None:
    assert refusal_of(content) == Refusal.BROKEN


def test_a_word_document_that_came_damaged_is_refused() -> None:
    text = files.docx(text="<a>" + "".join(str(each * 7919) for each in range(5_000)) + "</a>")
    packed = text.index(b"word/document.xml") + len(b"word/document.xml")
    assert refusal_of(text[:packed] + b"\xff" * 40 + text[packed + 40 :]) == Refusal.BROKEN


@pytest.mark.parametrize("content", [files.png()[:-30], files.jpeg()[:-200]], ids=["png", "jpeg"])
def test_half_a_picture_is_refused_where_other_programs_take_it(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)
    assert refusal_of(content) == Refusal.BROKEN


def test_a_pdf_without_pages_is_refused() -> None:
    assert refusal_of(files.pdf(pages=0)) == Refusal.BROKEN


@pytest.mark.parametrize(
    "content",
    [files.pdf_with_script(), files.pdf_with_launch(), files.pdf_with_attachment()],
    ids=["script", "launch", "attachment"],
)
def test_a_pdf_that_acts_is_refused(content: bytes) -> None:
    assert refusal_of(content) == Refusal.ACTIVE


def test_a_pdf_with_a_password_is_refused() -> None:
    assert refusal_of(files.pdf_with_password()) == Refusal.PROTECTED


def test_a_pdf_that_leads_its_reader_in_circles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_pdf._Metered, "reads_left", 10_000)
    assert refusal_of(files.pdf_slow()) == Refusal.TOO_COMPLEX


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_pdf, "MOST_SECONDS", -1.0)
    assert refusal_of(files.pdf()) == Refusal.TOO_COMPLEX


def test_a_pdf_with_too_many_objects_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_pdf, "MOST_OBJECTS", 3)
    assert refusal_of(files.pdf()) == Refusal.TOO_COMPLEX


def test_a_word_document_that_unpacks_to_too_much_is_refused() -> None:
    content = files.zip_bomb()
    assert len(content) < MOST
    assert refusal_of(content) == Refusal.TOO_COMPLEX


def test_a_word_document_of_too_many_parts_is_refused() -> None:
    parts = {f"word/part{number}.xml": b"<a/>" for number in range(1_001)}
    assert refusal_of(files.docx(parts)) == Refusal.TOO_COMPLEX


@pytest.mark.parametrize(
    "content",
    [
        files.docx({"word/vbaProject.bin": b"macro"}),
        files.docx({"word/embeddings/oleObject1.bin": b"program"}),
        files.docx(main="application/vnd.ms-word.document.macroEnabled.main+xml"),
        files.docx(relations=files.relation("attachedTemplate", "https://example.org/malo.dotm")),
        files.docx(text='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ],
    ids=["macros", "program inside", "macro type", "template from elsewhere", "document type"],
)
def test_a_word_document_that_acts_is_refused(content: bytes) -> None:
    assert refusal_of(content) == Refusal.ACTIVE


def test_a_word_document_whose_text_is_no_xml_is_refused() -> None:
    assert refusal_of(files.docx(text="hola")) == Refusal.BROKEN


async def test_a_file_is_examined_outside_of_the_event_loop() -> None:
    file = await examine(BytesIO(files.png()), CV_TYPES, MOST)
    assert file.media_type is MediaType.PNG
    with pytest.raises(FileRefused):
        await examine(BytesIO(files.EXE), CV_TYPES, MOST)
