"""What a form knows when it comes back: what was typed, and what is wrong with it, by name of field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NOT_IN_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a field. The pages' catalogue has words for ``code``; ``limit`` is a number in them."""

    field: str
    code: str
    limit: int = 0


@dataclass(frozen=True, slots=True)
class FormState:
    """A form as a template shows it: values as typed, mistakes in the order of the fields."""

    values: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def value(self, name: str) -> str:
        """What was typed into a field, without what no page can show; the empty string when nothing was."""
        return _NOT_IN_HTML.sub("", self.values.get(name, ""))

    def mistake(self, name: str) -> Mistake | None:
        """What is wrong with a field, or None."""
        for mistake in self.mistakes:
            if mistake.field == name:
                return mistake
        return None
