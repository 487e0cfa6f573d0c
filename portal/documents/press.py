"""The press: Jinja and WeasyPrint, set up once in a process, that turn frozen values into accessible PDFs.

One FontConfiguration serves the process for its whole life, since each new one leaks memory and reads the fonts anew; it
must not be shared between threads. The press reads templates and fonts of this package and nothing else.
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

from portal.documents.qr import draw_qr
from portal.documents.slip import Paper, Slip
from portal.places import STATIC, TEMPLATES

ASSET_SCHEME = "asset:"
PDF_VARIANT = "pdf/ua-1"

_FONT_TYPE = {"Content-Type": "font/woff2"}


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
        )

    def slip_html(self, slip: Slip, paper: Paper) -> str:
        """The slip's page, before it is laid out."""
        qr = draw_qr(slip.verify_url, paper.module_mm, f"Código QR para comprobar la cita {slip.code}")
        return self._templates.get_template("documents/slip.html").render(slip=slip, paper=paper, qr=qr)

    def print_slip(self, slip: Slip, paper: Paper) -> bytes:
        """A slip as PDF/UA-1 on one page. Raises FaultyDocumentError."""
        return self.print_html(self.slip_html(slip, paper), self._slip_styles[paper], cut=paper is Paper.TICKET)

    def print_leaflet(self) -> bytes:
        """The leaflet on how to enter a video call as PDF/UA-1. Raises FaultyDocumentError."""
        return self.print_html(self._templates.get_template("documents/leaflet.html").render(), self._leaflet_styles)

    def print_html(self, html: str, styles: list[CSS], *, cut: bool = False) -> bytes:
        """Lay out and write a page as PDF/UA-1; ``cut`` ends the first page where the element ``#end`` stands."""
        with self._strictly():
            page = HTML(string=html, url_fetcher=self._fetcher)
            document = page.render(font_config=self._fonts, stylesheets=styles, pdf_variant=PDF_VARIANT)
            if cut:
                _cut_the_roll(document)
            pdf: bytes = document.write_pdf(pdf_variant=PDF_VARIANT, pdf_tags=True, pdf_version="1.7")
        return pdf

    def style(self, *names: str) -> list[CSS]:
        """The style sheets of these names in ``templates/documents``, read for this press."""
        with self._strictly():
            return [
                CSS(filename=TEMPLATES / "documents" / name, url_fetcher=self._fetcher, font_config=self._fonts)
                for name in names
            ]

    @cached_property
    def _slip_styles(self) -> dict[Paper, list[CSS]]:
        return {paper: self.style("document.css", "slip.css", f"slip_{paper}.css") for paper in Paper}

    @cached_property
    def _leaflet_styles(self) -> list[CSS]:
        return self.style("document.css", "leaflet.css")

    @contextmanager
    def _strictly(self) -> Iterator[None]:
        """Turn into an error whatever would silently be left out, and WeasyPrint's BaseException into an ordinary one."""
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
    page = document.pages[0]
    page.height = page.anchors["end"][1]
