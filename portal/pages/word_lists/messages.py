"""Words and sentences of the pages about messages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

WORDS: Final[Mapping[StrEnum, str]] = {}

SENTENCES: Final[Mapping[str, str]] = {}
