"""Files that attackers send: renamed, blown up, acting, two things at once. Each says what it is, what it is called."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from tests.forms import sample_files as files

HTML = b"<!doctype html><script>alert(document.cookie)</script>"
PDF, DOCX, PNG = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "image/png",
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """``says`` is the type that the browser claims."""

    id: str
    content: bytes
    name: str
    says: str


def pdf_bomb() -> bytes:
    """A PDF of some 200 KB whose list of objects unpacks to 200 MB."""
    packed = zlib.compress(b"3 0 " + b" " * (200 * 1024 * 1024), 9)
    head = b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    stream = b"4 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    body = head + stream + packed + b"\nendstream endobj\n"
    rows = b"".join(
        kind + place.to_bytes(4, "big") + third
        for kind, place, third in (
            (b"\0", 0, b"\xff"),
            (b"\1", head.index(b"1 0 obj"), b"\0"),
            (b"\1", head.index(b"2 0 obj"), b"\0"),
            (b"\2", 4, b"\0"),
            (b"\1", len(head), b"\0"),
            (b"\1", len(body), b"\0"),
        )
    )
    table = b"5 0 obj<</Type/XRef/Size 6/W[1 4 1]/Root 1 0 R/Length %d>>stream\n" % len(rows) + rows
    return body + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % len(body)


def pdf_nested(depth: int = 100_000) -> bytes:
    """A PDF with a list in a list in a list …"""
    whole = files.pdf()
    return whole.replace(b"/Count 1", b"/Count 1 /Deep " + b"[" * depth + b"]" * depth, 1)


REFUSED = (
    Hostile("program called pdf", files.EXE, "cv.pdf", PDF),
    Hostile("page called picture", HTML, "foto.png", PNG),
    Hostile("drawing with script", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "foto.png", PNG),
    Hostile("archive called document", files.plain_zip(), "cv.docx", DOCX),
    Hostile("page before a pdf", HTML + files.pdf(), "cv.pdf", PDF),
    Hostile("program before a document", files.EXE + files.docx(), "cv.docx", DOCX),
    Hostile("nothing but NUL", bytes(5_000), "cv.pdf", PDF),
    Hostile("NUL before a pdf", b"\0" + files.pdf(), "cv.pdf\0.exe", PDF),
    Hostile("archive bomb", files.zip_bomb(), "cv.docx", DOCX),
    Hostile("picture bomb", files.png_bomb(), "foto.png", PNG),
    Hostile("pdf bomb", pdf_bomb(), "cv.pdf", PDF),
    Hostile("pdf of lists", pdf_nested(), "cv.pdf", PDF),
    Hostile("pdf with script", files.pdf_with_script(), "cv.pdf", PDF),
    Hostile("pdf that starts programs", files.pdf_with_launch(), "cv.pdf", PDF),
    Hostile("pdf with a program inside", files.pdf_with_attachment(), "cv.pdf", PDF),
    Hostile("document with macros", files.docx({"word/vbaProject.bin": b"x"}), "cv.docx", DOCX),
    Hostile("half a picture", files.png()[:-30], "foto.png", PNG),
)

HARMLESS = (
    Hostile("picture with a page behind", files.png() + HTML, "foto.html", "text/html"),
    Hostile("photo with an archive behind", files.jpeg() + files.plain_zip(), "foto.jar", "application/java-archive"),
    Hostile("pdf with a page behind", files.pdf() + b"\n" + HTML, "cv.html", "text/html"),
    Hostile("pdf named as a path", files.pdf(), "../../../../etc/passwd", PDF),
    Hostile("pdf named as a header", files.pdf(), 'x.pdf";%0d%0aSet-Cookie:a=b', "text/html\t; charset=utf-7"),
)
"""What is one thing and looks like another: taken for what its first bytes are, and never handed out as the other."""
