"""The press refuses to print what would come out incomplete, and never asks the network."""

from __future__ import annotations

import socket

import pytest

from portal.documents.press import FaultyDocumentError, PackageFetcher, Press
from portal.documents.slip import Paper
from tests.documents.samples import VIRTUAL

PAGE = '<!DOCTYPE html><html lang="es"><head><title>Prueba</title></head><body>{}</body></html>'


@pytest.mark.parametrize(
    "body",
    [
        '<p><img src="http://127.0.0.1:9/x.png" alt="x"></p>',
        '<p><img src="https://example.com/x.png" alt="x"></p>',
        '<p><img src="file:///etc/hostname" alt="x"></p>',
        '<p><img src="asset:fonts/../../pyproject.toml" alt="x"></p>',
        '<p><img src="asset:fonts/none.png" alt="x"></p>',
        '<p><img src="data:image/png;base64,AAAA" alt="x"></p>',
        '<p style="background: url(http://example.com/x.png)">x</p>',
        '<svg viewBox="0 0 9 9" width="9"><title>x</title><image href="http://example.com/x" width="9"/></svg>',
    ],
)
def test_an_image_that_is_not_ours_stops_the_printing(press: Press, body: str) -> None:
    with pytest.raises(FaultyDocumentError):
        press.write(press.lay_out(PAGE.format(body), press.style("document.css")))


@pytest.mark.parametrize(
    "rule",
    [
        '@font-face { font-family: "x"; src: url("asset:fonts/none.woff2") }',
        '@font-face { font-family: "x"; src: url("http://example.com/x.woff2") }',
        "@import url(http://example.com/x.css);",
        "p { colour: red }",
    ],
)
def test_a_missing_font_or_an_unknown_style_stops_the_printing(press: Press, rule: str) -> None:
    with pytest.raises(FaultyDocumentError):
        press.write(press.lay_out(PAGE.format(f"<style>{rule}</style><p>x</p>"), press.style("document.css")))


def test_a_document_without_language_is_not_accessible_and_not_printed(press: Press) -> None:
    html = PAGE.format("<p>x</p>").replace(' lang="es"', "")
    with pytest.raises(FaultyDocumentError, match="lang"):
        press.write(press.lay_out(html, press.style("document.css")))


def test_after_a_refusal_the_press_prints_on(press: Press) -> None:
    with pytest.raises(FaultyDocumentError):
        press.lay_out(PAGE.format('<img src="http://example.com/x.png" alt="x">'), press.style("document.css"))
    assert press.print_slip(VIRTUAL, Paper.A5).startswith(b"%PDF-1.7")


def test_a_slip_is_printed_without_a_single_socket(press: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a document asked for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert Press().print_slip(VIRTUAL, Paper.TICKET)


def test_the_fetcher_gives_the_bundled_fonts() -> None:
    response = PackageFetcher().fetch("asset:fonts/atkinson-hyperlegible-next-latin-400-normal.woff2")
    assert response.read(4) == b"wOF2"
