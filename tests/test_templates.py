"""Templates: each compiles, undefined names are errors, nothing runs inline; and Spanish lives here, not in rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from jinja2 import Environment, meta

from portal.app import _open_templates
from portal.places import STATIC, TEMPLATES
from portal.web.assets import Assets
from tests.imports import CHECKOUT, is_under, read_modules

NAMES = sorted(
    path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt", ".xml"}
)
FOR_BROWSERS = [name for name in NAMES if not name.startswith(("documents/", "emails/"))]

CATALOGUES = (
    "portal.domain.spanish_dates",  # days and months
    "portal.domain.holidays",  # their names
    "portal.domain.start_guide",  # the guide that it starts with
    "portal.domain.start_words",  # the names that a new installation starts with
    "portal.pages.words",  # words for the closed sets of the domain
    *read_modules("portal/pages/word_lists"),  # the same, by subject
)
"""Modules whose Spanish words are data."""

LAST_RESORT = "portal.web.frame"
"""Its one page is for when no template can be rendered."""

SPANISH = re.compile(r"[áéíóúüñÁÉÍÓÚÜÑ¿¡]")
INLINE = re.compile(r"""<style|\sstyle\s*=|\son[a-z]+\s*=|hx-on|<script(?![^>]*\ssrc=)|javascript:""", re.IGNORECASE)
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false|\|\s*tojson\b")
MARKER = "{# safe: "
"""Stands on the line of what is left unescaped, and says why it may be."""


@pytest.fixture(scope="module")
def environment() -> Environment:
    return _open_templates(Assets(STATIC)).engine


def test_there_are_templates() -> None:
    assert "base.html" in NAMES


def test_our_texts_are_where_the_wheel_takes_them_from() -> None:
    assert TEMPLATES == CHECKOUT / "templates"


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(environment: Environment, name: str) -> None:
    environment.get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_template_takes_in_is_there(environment: Environment, name: str) -> None:
    taken = meta.find_referenced_templates(environment.parse((TEMPLATES / name).read_text()))
    assert set(taken) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_left_unescaped_says_why(name: str) -> None:
    assert [line for line in _lines(name) if UNESCAPED.search(line) and MARKER not in line] == []


@pytest.mark.parametrize("name", FOR_BROWSERS)
def test_nothing_runs_inline(name: str) -> None:
    assert [line for line in _lines(name) if INLINE.search(line)] == []


def test_undefined_names_are_errors_everywhere() -> None:
    lenient = [
        f"{module}:{call.lineno}"
        for module, text in read_modules("portal", "kiosk").items()
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("Environment", "SandboxedEnvironment"))
        if "StrictUndefined" not in {ast.unparse(word.value) for word in call.keywords if word.arg == "undefined"}
    ]
    assert lenient == []


def test_no_template_is_left_over(environment: Environment) -> None:
    named = re.compile(
        "|".join(pattern for text in read_modules("portal", "kiosk").values() for pattern in _names(text))
    )
    taken: set[str | None] = set()
    for name in NAMES:
        taken.update(meta.find_referenced_templates(environment.parse((TEMPLATES / name).read_text())))
    assert [name for name in NAMES if name not in taken and not named.fullmatch(name)] == []


@pytest.mark.parametrize(
    "module",
    [
        name
        for name in read_modules("portal")
        if is_under(name, ("portal.domain", "portal.pages", "portal.forms", "portal.web", "portal.mail"))
        and name not in {*CATALOGUES, LAST_RESORT}
    ],
)
def test_what_a_person_reads_is_not_in_the_code(module: str) -> None:
    assert list(_spanish_in(read_modules("portal")[module])) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('raise TooLate("Tu cita ya empezó")', ["Tu cita ya empezó"]),
        ('f"El día {day}"', ["El día "]),
        ('def f():\n    """Días de atención."""\n    return "ok"', []),
        ('# mañana\nx = "manana"', []),
    ],
)
def test_spanish_in_the_code_is_seen(text: str, found: list[str]) -> None:
    assert list(_spanish_in(text)) == found


@pytest.mark.parametrize(
    "line",
    [
        '<p style="color:red">',
        '<a onclick="f()">',
        "<script>f()</script>",
        "<style>p{}</style>",
        '<a href="javascript:f()">',
    ],
)
def test_inline_code_is_seen(line: str) -> None:
    assert INLINE.search(line)


def _lines(name: str) -> list[str]:
    return (TEMPLATES / name).read_text().splitlines()


def _names(text: str) -> Iterator[str]:
    """Patterns of the template names in a module; what an f-string puts in may be anything."""
    for node in ast.walk(ast.parse(text)):
        pieces = node.values if isinstance(node, ast.JoinedStr) else [node]
        texts = [piece.value if isinstance(piece, ast.Constant) else None for piece in pieces]
        if isinstance(texts[-1], str) and texts[-1].endswith((".html", ".txt", ".xml")):
            yield "".join(re.escape(piece) if isinstance(piece, str) else "[^/]+" for piece in texts)


def _spanish_in(text: str) -> Iterator[str]:
    """Texts of a module with letters that only Spanish has; what docstrings and comments say is free."""
    tree = ast.parse(text)
    remarks = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in remarks and SPANISH.search(str(node.value)):
            yield str(node.value)
