"""The forms of an incident: the answer to the citizen, and the note that goes with it to the responsable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic_core import PydanticCustomError

from portal.domain.answering import LONGEST_ANSWER, LONGEST_NOTE
from portal.forms.state import Mistake
from portal.forms.text import refuse, tidy_text

ANSWER: Final = "respuesta"
NOTE: Final = "nota"


def read_answer(fields: Mapping[str, str]) -> str | Mistake:
    """The answer, tidied, or what is wrong with it."""
    return _read(fields, ANSWER, LONGEST_ANSWER)


def read_note(fields: Mapping[str, str]) -> str | Mistake:
    """The note, tidied, or what is wrong with it."""
    return _read(fields, NOTE, LONGEST_NOTE)


def _read(fields: Mapping[str, str], name: str, most: int) -> str | Mistake:
    try:
        text = tidy_text(fields.get(name, ""), most)
        if not text:
            raise refuse("missing")
    except PydanticCustomError as error:
        context = error.context or {}
        return Mistake(name, str(context["code"]), int(context["limit"]))
    return text
