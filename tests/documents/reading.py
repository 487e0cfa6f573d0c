"""Ways to read a printed document back: its words, its tags, its picture."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image
from pypdf import PdfReader

_PAGE_BOX = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">')
_WORD_BOX = re.compile(r'xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<')


def words(pdf: bytes) -> str:
    """The text that a person copies out of all pages, with each run of white space as one space."""
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    return " ".join(" ".join(pages).split())


def lines(pdf: bytes, folder: Path) -> list[str]:
    """The lines of text as poppler, another reader, sees them."""
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdftotext", path, "-"], check=True, capture_output=True, text=True).stdout.splitlines()


def words_off_the_page(pdf: bytes, folder: Path) -> list[str]:
    """Words that the paper's edge cuts."""
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    boxes = subprocess.run(["pdftotext", "-bbox", path, "-"], check=True, capture_output=True, text=True).stdout
    width, height = (float(side) for side in _PAGE_BOX.findall(boxes)[0])
    return [word for x, y, word in _WORD_BOX.findall(boxes) if float(x) > width or float(y) > height]


def tags(pdf: bytes, folder: Path) -> str:
    """The tree of tags with the text in them."""
    path = folder / "read.pdf"
    path.write_bytes(pdf)
    return subprocess.run(["pdfinfo", "-struct-text", path], check=True, capture_output=True, text=True).stdout


def alternatives(pdf: bytes) -> list[str]:
    """The alternative texts of all figures, in reading order; "" for a figure without one."""
    root: Any = PdfReader(BytesIO(pdf)).trailer["/Root"]
    return list(_alternatives_below(root["/StructTreeRoot"]))


def _alternatives_below(element: Any) -> Iterator[str]:  # PDF dictionaries
    if element.get("/S") == "/Figure":
        yield element.get("/Alt", "")
    for kid in element.get("/K", []):
        below = kid.get_object()
        if isinstance(below, dict):
            yield from _alternatives_below(below)


def picture(pdf: bytes, folder: Path, dots_per_inch: int, *, black_and_white: bool = False) -> Image.Image:
    """The first page as a printer of this resolution would put it on paper."""
    path = folder / "look.pdf"
    path.write_bytes(pdf)
    depth = ["-mono"] if black_and_white else ["-gray"]
    command = ["pdftoppm", "-r", str(dots_per_inch), "-f", "1", "-singlefile", *depth, str(path), str(folder / "look")]
    subprocess.run(command, check=True, capture_output=True)
    with Image.open(next(folder.glob("look.p[bg]m"))) as image:
        return image.convert("L")


def decode_qr(image: Image.Image) -> list[str]:
    """The texts of all QR codes in a picture."""
    return [code.text for code in zxingcpp.read_barcodes(image) if code.format == zxingcpp.BarcodeFormat.QRCode]
