"""The portal with one page more, to compare the others with: the same frame, template engine, components of pages,
session and form token, but no database. ``python -m tests.bench.server`` serves it as ``citas portal`` does the portal.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader
from litestar import Litestar, get
from litestar.params import FromQuery
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template

from portal import app as portal_app
from portal.domain.modality import Modality
from portal.forms.state import FormState
from portal.pages.words import choices
from portal.serving import serve
from portal.settings import read_settings
from portal.web.access import may_open
from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices
from portal.web.visit_cookie import read_visit_cookie

BARE: Final = "/comparacion"
PROCESS: Final = "/comparacion/proceso"


@dataclass(frozen=True, slots=True)
class BareView:
    """A form of so many fields, with something typed into each."""

    form: FormState
    fields: tuple[str, ...]
    choices: tuple[tuple[str, str], ...] = choices(*Modality)


@get(BARE, opt=EVERYBODY)
async def show_bare(request: AnyRequest, services: GivenServices, campos: FromQuery[int]) -> Template:
    """A page of that many fields for whoever comes, with what every page does before it asks the database."""
    hashlib.sha256(read_visit_cookie(request).encode()).hexdigest()
    may_open(request, services, "")
    fields = tuple(f"dato_{number}" for number in range(campos))
    view = BareView(FormState(dict.fromkeys(fields, "Rosa María")), fields)
    return Template("bare.html", context={"bare": view})


@get(PROCESS, opt=EVERYBODY, sync_to_thread=False)
def show_process() -> str:
    """Which worker answers this connection."""
    return str(os.getpid())


def application() -> Litestar:
    """For granian's workers."""
    app = portal_app.serve()
    app.register(show_bare)
    app.register(show_process)
    engine = app.template_engine
    assert isinstance(engine, JinjaTemplateEngine)
    templates = engine.engine
    assert isinstance(templates.loader, BaseLoader)
    templates.loader = ChoiceLoader([templates.loader, FileSystemLoader(Path(__file__).parent)])
    return app


if __name__ == "__main__":
    serve(read_settings(), f"{__package__}.server:application")
