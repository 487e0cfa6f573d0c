"""The network between kiosks and portal: encoded bytes that are lost, doubled, delayed, and overtake each other."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from tests.simulation.machine import Machine

STALE = b"stale"
"""What the portal answers to a request that a later one has overtaken."""


@dataclass(frozen=True)
class Letter:
    """Bytes under way: a request of a kiosk's machine, or the portal's answer to it. ``life`` is the machine's."""

    machine: Machine
    kiosk: UUID
    body: bytes
    is_answer: bool
    life: int


@dataclass
class Network:
    """What is under way, in the order of sending. ``good``: nothing goes wrong any more."""

    chance: random.Random
    letters: list[Letter] = field(default_factory=list)
    good: bool = False

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def has_letters_of(self, kiosk: str, life: int) -> bool:
        """Whether something is under way that a kiosk's machine sent before it was set back to this life."""
        return any(str(letter.kiosk) == kiosk and letter.life < life for letter in self.letters)

    def take(self) -> Letter | None:
        """The next one to arrive, whichever that is; None when nothing arrives, or it was lost."""
        if not self.letters:
            return None
        if self.good:
            return self.letters.pop(0)
        number = self.chance.randrange(len(self.letters))
        fate = self.chance.random()
        if fate < 0.1:  # it arrives, and will again
            return self.letters[number]
        letter = self.letters.pop(number)
        return None if fate < 0.25 else letter
