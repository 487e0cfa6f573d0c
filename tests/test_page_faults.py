"""The client that checks every page sees what it is there to see."""

from __future__ import annotations

import pytest

from tests.html_checker import HtmlChecker
from tests.html_page import HtmlPage
from tests.page_faults import faults_of, header_faults_of

GOOD = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tus datos · Citas en línea</title><link rel="stylesheet" href="/static/site.css">
<script src="/static/site.js" defer></script></head>
<body><main><h1>Tus datos</h1>
<form method="post" action="/reservar/datos">
<label for="nombres">Nombres</label><p id="pista">Como en tu documento</p>
<input id="nombres" name="nombres" aria-describedby="pista">
<fieldset><legend>Modalidad</legend><label><input type="radio" name="m" value="v"> Virtual</label></fieldset>
<button>Continuar</button></form>
<a href="https://www.gob.pe/">El Estado</a></main></body></html>"""

HOST = "127.0.0.1:8000"


def test_a_good_page_has_no_faults(html_checker: HtmlChecker) -> None:
    assert faults_of(HtmlPage(GOOD), HOST) == []
    assert not html_checker.faults_of(GOOD)


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("<h1>Tus datos</h1>", "<h2>Tus datos</h2>", "0 h1"),
        ("<h1>Tus datos</h1>", "<h1>Tus datos</h1><h1>Más</h1>", "2 h1"),
        ("<title>Tus", "<title>Mis", "does not begin with the h1"),
        ('lang="es"', 'lang="en"', "the language is 'en'"),
        ('<meta name="viewport" content="width=device-width">', "", "viewport"),
        ('id="pista"', 'id="nombres"', "'nombres' is used 2 times"),
        ('<label for="nombres">Nombres</label>', "", "'nombres' has no label"),
        ('<label for="nombres">', '<label for="nombres" class="visually-hidden">', "is not visible"),
        ("<legend>Modalidad</legend>", "", "no fieldset with a legend"),
        ('aria-describedby="pista"', 'aria-describedby="otra"', "'otra', which is no id"),
        ('for="nombres"', 'for="apellidos"', "for='apellidos' names no id"),
        ("<main>", '<main><a href="#nada">Ir</a>', "#nada leads nowhere"),
        ("<main>", '<main style="color:red">', "inline attribute style"),
        ("<button>", '<button onclick="f()">', "inline attribute onclick"),
        ("<button>", '<button data-hx-on:click="f()">', "inline attribute data-hx-on:click"),
        ("<main>", "<main><script>f()</script>", "inline script"),
        ("<main>", "<main><style>p{}</style>", "style element"),
        ("<main>", '<main><a href="javascript:f()">x</a>', "code in href"),
        ('"/static/site.js"', '"https://cdn.example/site.js"', "another host"),
        ('"/static/site.css"', '"//fonts.example/site.css"', "another host"),
        ('action="/reservar/datos"', 'action="https://example.com/"', "another host"),
        ("<button>Continuar</button>", "<button></button>", "a button says nothing"),
        ("</main>", "", "line"),
    ],
)
def test_a_fault_is_seen(good: str, bad: str, fault: str) -> None:
    assert good in GOOD
    assert fault in "\n".join(faults_of(HtmlPage(GOOD.replace(good, bad, 1)), HOST))


def test_a_fragment_needs_neither_title_nor_heading_but_labels() -> None:
    assert faults_of(HtmlPage("<p>Nada</p>", is_fragment=True), HOST) == []
    assert faults_of(HtmlPage('<input name="a">', is_fragment=True), HOST) == ["the field 'a' has no label"]


def test_the_checker_sees_what_parsers_let_through(html_checker: HtmlChecker) -> None:
    assert "line" in html_checker.faults_of(GOOD.replace("<main>", '<main role="buton">'))[0]
    assert html_checker.faults_of_fragment("<ul><p>x</p></ul>")
    assert not html_checker.faults_of_fragment("<ul><li>x</li></ul>")


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ("", "does not say default-src"),
        ("default-src 'self'; form-action 'self'; base-uri 'none'", "does not say frame-ancestors"),
        ("default-src 'self' 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "unsafe"),
        ("default-src *; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "allows *"),
    ],
)
def test_a_weak_policy_is_seen(policy: str, fault: str) -> None:
    assert fault in "\n".join(header_faults_of(policy))


def test_a_strict_policy_is_let_through() -> None:
    assert header_faults_of("default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'") == []
