"""The form that finds a cita: its code and its owner's document. Whether they belong together is not its business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.codes import normalise_code
from portal.domain.people import normalise_document
from portal.forms.state import FormState, Mistake

_LONGEST = 64
"""Of what is looked at and shown again; nobody types that much by hand."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What was typed, normalised."""

    code: str
    document: str


def read_lookup(fields: Mapping[str, str]) -> Lookup | FormState:
    """Read the form; only what is left empty is a mistake here, so that nothing tells what codes look like."""
    typed = {name: fields.get(name, "").strip()[:_LONGEST] for name in ("codigo", "numero_documento")}
    lookup = Lookup(normalise_code(typed["codigo"]), normalise_document(typed["numero_documento"]))
    empty = [name for name, value in (("codigo", lookup.code), ("numero_documento", lookup.document)) if not value]
    if empty:
        return FormState(typed, tuple(Mistake(name, "missing") for name in empty))
    return lookup


def not_found(fields: Mapping[str, str]) -> FormState:
    """The form as it comes back when code and document do not belong together, or there is no such cita."""
    typed = {name: fields.get(name, "").strip()[:_LONGEST] for name in ("codigo", "numero_documento")}
    return FormState(typed, (Mistake("codigo", "not_found"),))
