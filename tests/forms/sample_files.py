"""Files as people and attackers send them, made on the spot."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
)
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_TEXT = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
    "<w:t>Experiencia</w:t></w:r></w:p></w:body></w:document>"
)
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(2_000)


def png(width: int = 60, height: int = 40) -> bytes:
    """A small picture."""
    return _written(Image.new("RGB", (width, height), "white"), "PNG")


def jpeg(width: int = 60, height: int = 40) -> bytes:
    """A small photo."""
    return _written(Image.new("RGB", (width, height), "white"), "JPEG")


def png_bomb(side: int = 40_000) -> bytes:
    """A picture of a few hundred bytes that says it has 1.6 thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf(pages: int = 1) -> bytes:
    """An ordinary PDF with a link and a first view, as word processors write them."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if pages:
        writer.add_annotation(0, Link(rect=(50, 50, 200, 70), url="https://www.empleosperu.gob.pe/"))
        writer.open_destination = writer.pages[0]
    return _finished(writer)


def pdf_compressed() -> bytes:
    """A PDF that keeps its objects in compressed streams."""
    writer = PdfWriter(clone_from=BytesIO(pdf()))
    writer.compress_identical_objects()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_with_script() -> bytes:
    """A PDF that runs JavaScript when it is opened."""
    writer = _one_page()
    writer.add_open_action(JavaScript("app.alert(1);"))
    return _finished(writer)


def pdf_with_launch() -> bytes:
    """A PDF whose link starts a program."""
    writer = _one_page()
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("cmd.exe")})
    annotation = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/A"): action,
        }
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([annotation])
    return _finished(writer)


def pdf_with_attachment() -> bytes:
    """A PDF with a program inside."""
    writer = _one_page()
    writer.add_attachment("factura.exe", EXE)
    return _finished(writer)


def pdf_with_password() -> bytes:
    """A PDF that opens with a password alone."""
    writer = _one_page()
    writer.encrypt("secreto", algorithm="RC4-128")
    return _finished(writer)


def pdf_slow() -> bytes:
    """A PDF whose list of objects is wrong thousands of times: each costs a search through two megabytes."""
    number = 20_000
    first = b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    others = b"".join(b"%d 0 obj null endobj\n" % each for each in range(3, number))
    body = b"%PDF-1.4\n%" + b" \n" * 1_000_000 + first + others
    table = b"xref\n0 %d\n" % number + b"0000000000 65535 f \n" + b"0000000003 00000 n \n" * (number - 1)
    return body + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (number, len(body))


def docx(
    parts: Mapping[str, bytes] | None = None, *, relations: str = "", main: str = _MAIN, text: str = _TEXT
) -> bytes:
    """A Word document with further parts, by name."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES.format(main=main))
        archive.writestr("_rels/.rels", _RELATIONS.format(""))
        archive.writestr("word/_rels/document.xml.rels", _RELATIONS.format(relations))
        archive.writestr("word/document.xml", text)
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def relation(kind: str, target: str) -> str:
    """A relation of a Word document to something outside."""
    return f'<Relationship Id="rId9" Type="{_KIND}{kind}" Target="{target}" TargetMode="External"/>'


def zip_bomb() -> bytes:
    """A Word document of some 200 KB that unpacks to 200 MB."""
    return docx({"word/media/image1.png": bytes(200 * 1024 * 1024)})


def plain_zip() -> bytes:
    """An archive that is no document."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("hola.txt", "hola")
    return out.getvalue()


def _one_page() -> PdfWriter:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    return writer


def _finished(writer: PdfWriter) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _written(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()
