"""The form of the satisfaction survey: marks from 1 to 5, yes or no, a comment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic_core import PydanticCustomError

from portal.domain.surveys import BEST, LONGEST_COMMENT, WORST, Answers, Aspect
from portal.forms.state import Mistake
from portal.forms.text import tidy_text

FIELDS: Final[Mapping[Aspect, str]] = {
    Aspect.COURTESY: "trato",
    Aspect.INFORMATION: "informacion",
    Aspect.TIME: "tiempo",
    Aspect.ACCESS: "acceso",
    Aspect.OUTCOME: "resultado",
    Aspect.TRUST: "confianza",
    Aspect.OVERALL: "general",
}
"""The aspects and the names of their fields, in the order of the page."""

RESOLVED: Final = "resuelto"
COMMENT: Final = "comentario"
YES, NO = "si", "no"
MARKS: Final = tuple(range(WORST, BEST + 1))


def read_answers(fields: Mapping[str, str]) -> Answers | tuple[Mistake, ...]:
    """Read the form; the overall mark is asked for, everything else may be left out."""
    mistakes: list[Mistake] = []
    marks: dict[Aspect, int] = {}
    for aspect, name in FIELDS.items():
        typed = fields.get(name, "")
        if typed in _MARKS:
            marks[aspect] = _MARKS[typed]
        elif typed:
            mistakes.append(Mistake(name, "unknown"))
        elif aspect is Aspect.OVERALL:
            mistakes.append(Mistake(name, "missing"))
    resolved = fields.get(RESOLVED, "")
    if resolved not in _RESOLVED:
        mistakes.append(Mistake(RESOLVED, "unknown"))
    comment = ""
    try:
        comment = tidy_text(fields.get(COMMENT, ""), LONGEST_COMMENT)
    except PydanticCustomError as error:
        context = error.context or {}
        mistakes.append(Mistake(COMMENT, str(context["code"]), int(context["limit"])))
    return tuple(mistakes) if mistakes else Answers(marks, _RESOLVED[resolved], comment)


_MARKS: Final = {str(mark): mark for mark in MARKS}
_RESOLVED: Final = {YES: True, NO: False, "": None}
