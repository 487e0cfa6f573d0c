"""The form that edits one activity of the guide: what to say, do and send, one instruction to a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pydantic_core import PydanticCustomError

from portal.domain.guide import LONGEST_TEXT, GuideSection
from portal.forms.state import Mistake
from portal.forms.text import tidy_text

SAY, DO, SEND = "decir", "hacer", "enviar"
_BULLETS: Final = "-•*– \t"


def write_fields(section: GuideSection) -> dict[str, str]:
    """The section as its form shows it."""
    return {name: "\n".join(lines) for name, lines in zip((SAY, DO, SEND), section.texts, strict=True)}


def read_section(fields: Mapping[str, str], section: GuideSection) -> GuideSection | tuple[Mistake, ...]:
    """The section with what was typed; empty lines and bullets are left out. One text at least must say something."""
    mistakes: list[Mistake] = []
    texts: dict[str, tuple[str, ...]] = {}
    for name in (SAY, DO, SEND):
        try:
            lines = tidy_text(fields.get(name, ""), LONGEST_TEXT).splitlines()
            texts[name] = tuple(text for line in lines if (text := " ".join(line.strip(_BULLETS).split())))
        except PydanticCustomError as error:
            context = error.context or {}
            mistakes.append(Mistake(name, str(context["code"]), int(context["limit"])))
    if not mistakes and not any(texts.values()):
        mistakes.append(Mistake(DO, "nothing"))
    return tuple(mistakes) if mistakes else replace(section, say=texts[SAY], do=texts[DO], send=texts[SEND])
