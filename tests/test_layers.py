"""Which way things flow: pages → domain → tables, and never back."""

from __future__ import annotations

import ast

import pytest

from tests.imports import Wall, breaches, find_cycle, names_imported, names_imported_at_start, read_modules

WORDS = ("portal.domain.modality", "portal.domain.vocabulary")
"""Enums alone: what the columns of the tables may hold."""

WIRING = ("portal.app", "portal.serving", "portal.cli")
"""What puts the parts together, and what starts that."""

PLUMBING = (
    *(
        f"portal.web.{name}"
        for name in (
            "assets",
            "cookies",
            "csrf",
            "fields",
            "following",
            "frame",
            "logs",
            "security",
            "server",
            "templates",
        )
    ),
    "portal.pages.words",
    "portal.pages.word_lists",
    "portal.places",
    "portal.secret_files",
)
"""What serves any application of this house: HTTP without the portal's settings and sessions, words, files."""

WALLS = (
    Wall(("portal",), ("kiosk",), "the kiosk builds on the portal, never the other way round"),
    Wall(
        ("kiosk",),
        ("portal",),
        "the kiosk shares the rules, the tables, the documents and the forms of the portal, the plumbing of its pages "
        "and its words, not its pages",
        but=("portal.domain", "portal.tables", "portal.documents", "portal.forms", "portal.database", *PLUMBING),
    ),
    Wall(("portal",), ("weasyprint",), "only documents make PDF files", outside=("portal.documents",)),
    Wall(
        ("portal.tables",),
        ("portal", "litestar", "jinja2"),
        "tables are columns and know nobody",
        but=("portal.tables", *WORDS),
    ),
    Wall(
        ("portal.database",),
        ("portal", "litestar", "jinja2"),
        "the engines serve whatever tables there are",
        but=("portal.database",),
    ),
    Wall(
        ("portal.domain",),
        ("portal", "litestar", "jinja2", "weasyprint"),
        "a rule does not know who asks, nor how the answer is shown",
        but=("portal.domain", "portal.tables", "portal.database"),
    ),
    Wall(
        ("portal.domain",),
        ("pathlib", "os", "io", "shutil", "tempfile", "importlib.resources"),
        "a rule reads no files",
    ),
    Wall(
        ("portal.forms",),
        ("portal", "litestar", "jinja2", "piccolo"),
        "a form knows values and words alone",
        but=("portal.forms", "portal.domain"),
    ),
    Wall(
        ("portal.documents",),
        ("portal.pages", "portal.web", "portal.tables", "portal.database", "portal.mail", "litestar", "piccolo"),
        "a document shows what it is given",
    ),
    Wall(
        ("portal.mail",),
        ("portal.pages", "portal.web", "portal.tables", "litestar", "piccolo"),
        "a message says what it is given; what is due to whom is a rule",
    ),
    Wall(
        ("portal.pages",),
        ("portal.tables", "portal.database", "piccolo"),
        "a page asks the domain, a template never sees a row",
    ),
    Wall(
        ("portal.worker",),
        ("portal.pages", "portal.web", "portal.tables", "litestar", "piccolo"),
        "the clock calls the same functions of the domain as a person does",
    ),
    Wall(
        ("portal.demo",),
        ("portal", "kiosk", "litestar", "jinja2", "weasyprint"),
        "a demonstration is played by the rules alone",
        but=("portal.demo", "portal.domain", "portal.database.node"),
    ),
    Wall(
        ("portal",),
        ("portal.demo",),
        "nothing that serves needs the demonstration",
        outside=("portal.demo", "portal.cli"),
    ),
    Wall(
        ("portal",),
        WIRING,
        "the wiring knows everybody, nobody knows the wiring",
        outside=WIRING,
    ),
)

MODULES = read_modules("portal", "kiosk")


@pytest.mark.parametrize("module", MODULES)
def test_imports_flow_one_way(module: str) -> None:
    assert breaches(module, MODULES[module], WALLS) == []


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("portal.domain")])
def test_a_rule_opens_no_file_and_reads_no_clock(module: str) -> None:
    calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(MODULES[module])) if isinstance(node, ast.Call)]
    assert not {"open", "datetime.now", "datetime.utcnow", "date.today", "time.time"} & set(calls)


def test_no_module_waits_for_itself() -> None:
    loads = {
        module: {_module_of(name) for name in names_imported_at_start(module, text)} & MODULES.keys() - {module}
        for module, text in MODULES.items()
    }
    assert find_cycle(loads) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("portal.app", "import kiosk.app"),
        ("portal.domain.slots", "from litestar import get"),
        ("portal.domain.slots", "def late():\n    from portal.pages.citizen import book"),
        ("portal.domain.slots", "from pathlib import Path"),
        ("portal.domain.slots", "from ..web import csrf"),
        ("portal.tables.schedule", "from portal.domain.slots import offer"),
        ("portal.tables.schedule", "from portal import domain"),
        ("portal.pages.citizen.book", "from portal.tables.people import Citizen"),
        ("portal.mail.delivery", "from weasyprint import HTML"),
        ("portal.worker", "if True:\n    import portal.tables.notices as rows"),
        ("portal.web.session", "from portal import app"),
        ("kiosk.app", "from portal.pages.citizen import book"),
        ("kiosk.app", "from portal.settings import Settings"),
        ("kiosk.app", "from portal.web.admission import only_staff"),
        ("portal.demo.month", "from portal.mail.smtp import SmtpCourier"),
        ("portal.worker", "def late():\n    from portal.demo.month import fill_month"),
    ],
)
def test_an_import_against_the_flow_is_seen(module: str, text: str) -> None:
    assert breaches(module, text, WALLS)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("portal.domain.booking", "from portal.tables.schedule import Seat"),
        ("portal.tables.schedule", "from portal.domain.modality import Modality"),
        ("portal.documents.slip", "import weasyprint"),
        ("portal.app", "from portal.pages import citizen"),
        ("kiosk.log", "from portal.domain import booking"),
    ],
)
def test_an_import_with_the_flow_is_let_through(module: str, text: str) -> None:
    assert breaches(module, text, WALLS) == []


def test_a_cycle_is_seen() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_relative_imports_are_resolved() -> None:
    assert names_imported("portal.domain", "from .slots import offer", is_package=True) == {"portal.domain.slots.offer"}
    assert names_imported("portal.domain.booking", "from . import slots") == {"portal.domain.slots"}


def _module_of(name: str) -> str:
    """The module that holds the imported name, or the name itself where it is a module."""
    return name if name in MODULES else name.rpartition(".")[0]
