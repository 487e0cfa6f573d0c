"""What the address of the ledger of messages asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from portal.domain.ledger import LAST_PAGE, Fate
from portal.domain.vocabulary import ContactOutcome, MessageKind
from portal.forms.query import read_day

Chosen = TypeVar("Chosen", bound=StrEnum)

_LONGEST_CODE: Final = 32


class Told(StrEnum):
    """What ``hecho`` says was just done."""

    RESENT = "reenviado"
    CALL_NOTED = "llamada"


@dataclass(frozen=True, slots=True)
class MessagesQuery:
    """The query of ``/avisos``: what was not understood is as if it was not asked for; the day is None for today."""

    day: date | None
    fate: Fate | None
    kind: MessageKind | None
    center: str
    page: int
    told: Told | None


def read_messages_query(query: Mapping[str, str]) -> MessagesQuery:
    """Read ``fecha``, ``estado``, ``tipo``, ``sede``, ``pagina`` and ``hecho``."""
    page = query.get("pagina", "")
    return MessagesQuery(
        day=read_day(query.get("fecha", "")),
        fate=_one_of(Fate, query.get("estado", "")),
        kind=_one_of(MessageKind, query.get("tipo", "")),
        center=query.get("sede", "")[:_LONGEST_CODE],
        page=min(max(int(page), 1), LAST_PAGE) if page.isascii() and page.isdigit() and len(page) <= 6 else 1,
        told=_one_of(Told, query.get("hecho", "")),
    )


def read_outcome(fields: Mapping[str, str]) -> ContactOutcome | None:
    """Field ``resultado``: how a call ended; None when it says nothing that we know."""
    return _one_of(ContactOutcome, fields.get("resultado", ""))


def _one_of(kinds: type[Chosen], typed: str) -> Chosen | None:
    return next((one for one in kinds if one.value == typed), None)
