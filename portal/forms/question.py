"""The form of a doubt: its text and, if it goes with one, a copy of the identity document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from pydantic_core import PydanticCustomError

from portal.domain.questions import LONGEST_QUESTION
from portal.forms.state import Mistake
from portal.forms.text import refuse, tidy_text


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """What was typed, tidied. ``identity`` is the form's own, made when it was shown: sent twice it asks once."""

    text: str
    identity: UUID


def read_question(fields: Mapping[str, str]) -> QuestionForm | Mistake:
    """Read the form, the file aside."""
    try:
        text = tidy_text(fields.get("consulta", ""), LONGEST_QUESTION)
        if not text:
            raise refuse("missing")
    except PydanticCustomError as error:
        context = error.context or {}
        return Mistake("consulta", str(context["code"]), int(context["limit"]))
    return QuestionForm(text, read_identity(fields))


def read_identity(fields: Mapping[str, str]) -> UUID:
    """The form's own number, or a new one where it is missing or was tampered with."""
    try:
        return UUID(fields.get("envio", ""))
    except ValueError:
        return uuid4()
