"""The press: Jinja and WeasyPrint, set up once in a process, that turn frozen values into accessible PDFs.

One FontConfiguration serves the process for its whole life, since each new one leaks memory and reads the fonts anew;
it must not be shared between threads. The press reads templates and fonts of this package and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import PurePosixPath

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from portal.documents.day_sheet import DaySheets
from portal.documents.guide_sheet import GuideSheet
from portal.documents.qr import draw_qr
from portal.documents.slip import Paper, Slip
from portal.places import STATIC, TEMPLATES

ASSET_SCHEME = "asset:"
PDF_VARIANT = "pdf/ua-1"

_FONT_TYPE = {"Content-Type": "font/woff2"}
_A5_MM = (148.0, 210.0)
# What is too long for A5 is set on a larger sheet of the same shape, which is then printed smaller.
_A5_SCALES = (1.0, 1.1, 1.2, 1.35, 1.6, 2.0)


class FaultyDocumentError(Exception):
    """A document that would come out incomplete: a missing image or font, a style that WeasyPrint does not know."""


class PackageFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint carries no types
    """Gives ``asset:fonts/…`` from the package's static files; every other address ends the rendering."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:  # noqa: ARG002
        name = PurePosixPath(url.removeprefix(ASSET_SCHEME))
        if not url.startswith(ASSET_SCHEME) or name.parent != PurePosixPath("fonts"):
            raise FatalURLFetchingError(f"a document may not fetch {url[:80]!r}")
        try:
            font = (STATIC / name).read_bytes()
        except OSError:
            raise FatalURLFetchingError(f"there is no {name} among the static files") from None
        return URLFetcherResponse(url, font, _FONT_TYPE)


class _Complaints(logging.Handler):
    """Collects what WeasyPrint only logs while it leaves things out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())


class Press:
    """One process's typesetting equipment. Not for several threads at once."""

    def __init__(self) -> None:
        self._fonts = FontConfiguration()
        self._fetcher = PackageFetcher()
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def slip_html(self, slip: Slip, paper: Paper) -> str:
        """The slip's page, before it is laid out."""
        qr = draw_qr(slip.verify_url, paper.module_mm, f"Código QR para comprobar la cita {slip.code}")
        return self._templates.get_template("documents/slip.html").render(slip=slip, paper=paper, qr=qr)

    def print_slip(self, slip: Slip, paper: Paper) -> bytes:
        """A slip as PDF/UA-1 on one page; long texts make the print on A5 smaller. Raises FaultyDocumentError."""
        return self.print_slip_html(self.slip_html(slip, paper), paper)

    def print_slip_html(self, html: str, paper: Paper) -> bytes:
        """Lay out and write what ``slip_html`` gave."""
        scales = _A5_SCALES if paper is Paper.A5 else (1.0,)
        for scale in scales:
            document = self.lay_out(html, self._slip_styles[paper, scale])
            if len(document.pages) == 1:
                if paper is Paper.TICKET:
                    _cut_the_roll(document)
                return self.write(document, zoom=1 / scale)
        raise FaultyDocumentError("the slip does not fit on one page")

    def print_leaflet(self) -> bytes:
        """The leaflet on how to enter a video call as PDF/UA-1. Raises FaultyDocumentError."""
        html = self._templates.get_template("documents/leaflet.html").render()
        return self.write(self.lay_out(html, self.style("document.css", "leaflet.css")))

    def print_guide(self, guide: GuideSheet) -> bytes:
        """The Guía del Consultor as PDF/UA-1, an activity after the other. Raises FaultyDocumentError."""
        html = self._templates.get_template("documents/guide.html").render(guide=guide)
        return self.write(self.lay_out(html, self.style("document.css", "guide.css")))

    def print_day_sheets(self, sheets: DaySheets) -> bytes:
        """Day sheets as PDF/UA-1, each consultor and day on a sheet of its own. Raises FaultyDocumentError."""
        html = self._templates.get_template("documents/day_sheet.html").render(sheets=sheets)
        return self.write(self.lay_out(html, self.style("document.css", "day_sheet.css")))

    def lay_out(self, html: str, style: CSS) -> Document:
        """Set a page in this style. Raises FaultyDocumentError when an image, a font or a style is not there."""
        with _strictly():
            page = HTML(string=html, url_fetcher=self._fetcher)
            return page.render(font_config=self._fonts, stylesheets=[style], pdf_variant=PDF_VARIANT)

    def write(self, document: Document, *, zoom: float = 1.0) -> bytes:
        """Write a laid out document as PDF/UA-1. Raises FaultyDocumentError."""
        with _strictly():
            pdf: bytes = document.write_pdf(zoom=zoom, pdf_variant=PDF_VARIANT, pdf_tags=True, pdf_version="1.7")
        return pdf

    def style(self, *names: str, sheet: str = "") -> CSS:
        """The style sheets of these names in ``templates/documents`` as one, with their fonts; ``sheet`` sets the size.

        One, because every element is matched against each sheet.
        """
        rules = [(TEMPLATES / "documents" / name).read_text(encoding="utf-8") for name in names]
        if sheet:
            rules.append(f"@page {{ size: {sheet} }}")
        with _strictly():
            return CSS(string="\n".join(rules), url_fetcher=self._fetcher, font_config=self._fonts)

    @cached_property
    def _slip_styles(self) -> dict[tuple[Paper, float], CSS]:
        names = ("document.css", "slip.css", "slip_a5.css")
        styles = {(Paper.A5, scale): self.style(*names, sheet=_larger_a5(scale)) for scale in _A5_SCALES}
        styles[Paper.TICKET, 1.0] = self.style("document.css", "slip.css", "slip_ticket.css")
        return styles


def _larger_a5(scale: float) -> str:
    width, height = _A5_MM
    return f"{width * scale}mm {height * scale}mm"


@contextmanager
def _strictly() -> Iterator[None]:
    """Make an error of what would silently be left out, and an ordinary one of WeasyPrint's BaseException."""
    complaints = _Complaints()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(complaints)
    try:
        yield
    except FatalURLFetchingError as refusal:
        raise FaultyDocumentError(str(refusal)) from None
    finally:
        logger.removeHandler(complaints)
    if complaints.sentences:
        raise FaultyDocumentError("; ".join(complaints.sentences))


def _cut_the_roll(document: Document) -> None:
    """End the one long page where the element ``#end`` stands."""
    page = document.pages[0]
    page.height = page.anchors["end"][1]
