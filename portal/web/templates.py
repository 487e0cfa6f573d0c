"""The templates of an application: found, escaped, and strict about names that nobody gave them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine

from portal.places import TEMPLATES
from portal.web.assets import Assets
from portal.web.csrf import csrf_token


def open_templates(
    assets: Assets, filters: Mapping[str, Callable[..., Any]], callables: Mapping[str, Callable[..., Any]]
) -> JinjaTemplateEngine:
    """The engine. ``callables`` are given the template's context; ``asset`` and ``csrf_token`` are always there."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = assets.url
    environment.filters.update(filters)
    engine = JinjaTemplateEngine.from_environment(environment)
    for name, function in {"csrf_token": csrf_token, **callables}.items():
        engine.register_template_callable(name, function)
    return engine
