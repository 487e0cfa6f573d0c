"""Sentences of slips and calendar entries, from one template: how to enter a call, who calls, which document."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from portal.domain.appointments import AppointmentView
from portal.places import TEMPLATES


@dataclass(frozen=True)
class Guidance:
    """``document_hint`` shows as much of the identity document as its owner needs to recognise it."""

    how_to_enter: str
    phone: str
    document_hint: str


def guide(cita: AppointmentView) -> Guidance:
    """The sentences for one cita."""
    words = _template().make_module({"cita": cita})
    return Guidance(**{field.name: str(getattr(words, field.name)).strip() for field in fields(Guidance)})


@cache
def _template() -> Template:
    texts = Environment(  # noqa: S701  # plain values; who prints them escapes them
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return texts.get_template("documents/guidance.txt")
