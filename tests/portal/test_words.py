"""The catalogue: each closed set has words of its own, also where two sets share a value."""

from __future__ import annotations

from portal.domain.vocabulary import EventKind, MessageState, State
from portal.pages.words import choices, word


def test_members_of_the_same_value_keep_their_own_words() -> None:
    assert word(State.RESERVED) == "Reservada"
    assert State.RESERVED.value == EventKind.RESERVED.value
    assert word(EventKind.RESERVED) != word(State.RESERVED)
    assert choices(State.ABANDONED) == (("abandoned", "Abandonada"),)
    assert word(MessageState.FAILED) == "No se pudo enviar"
