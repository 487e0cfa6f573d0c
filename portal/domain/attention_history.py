"""What happened to a cita, as its attention shows it: events, attempts to reach somebody, messages with their fate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from portal.database.node import fetch
from portal.domain.modality import Modality
from portal.domain.vocabulary import (
    AbandonMotive,
    ContactChannel,
    ContactOutcome,
    EventKind,
    MessageKind,
    MessageState,
    NotHeldReason,
)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event. ``by`` is the name of who of the staff did it, else empty; ``facts`` say more; ``to`` is a name."""

    at: datetime
    kind: EventKind
    by: str
    by_citizen: bool
    facts: tuple[StrEnum, ...] = ()
    to: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tried to reach the citizen."""

    at: datetime
    by: str
    channel: ContactChannel
    outcome: ContactOutcome
    note: str


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A mail about the cita and what became of it; ``sent_at`` when a mail server took it. Times are UTC."""

    kind: MessageKind
    state: MessageState
    created_at: datetime
    sent_at: datetime | None


async def read_history(appointment: UUID) -> list[Happening]:
    """The events of a cita, oldest first."""
    rows = await fetch(
        'SELECT "appointment_event"."at", "appointment_event"."kind", "appointment_event"."actor", '
        '"appointment_event"."details", "staff"."name" FROM "appointment_event" '
        'LEFT JOIN "staff" ON "staff"."id" = "appointment_event"."staff" '
        'WHERE "appointment_event"."appointment" = {} ORDER BY "appointment_event"."at", "appointment_event"."id"',
        appointment,
    )
    details = [json.loads(row["details"]) for row in rows]
    names = await _names_of([one["to"] for one in details if "to" in one])
    return [
        Happening(
            at=row["at"],
            kind=EventKind(row["kind"]),
            by=row["name"] or "",
            by_citizen=row["actor"] == "citizen",
            facts=_facts(EventKind(row["kind"]), said),
            to=names.get(said.get("to", ""), ""),
            again="again" in said,
        )
        for row, said in zip(rows, details, strict=True)
    ]


async def read_attempts(appointment: UUID) -> list[Attempt]:
    """The attempts to reach the owner of a cita, oldest first."""
    rows = await fetch(
        'SELECT "contact_attempt"."at", "contact_attempt"."channel", "contact_attempt"."outcome", '
        '"contact_attempt"."note", "staff"."name" FROM "contact_attempt" '
        'JOIN "staff" ON "staff"."id" = "contact_attempt"."staff" WHERE "contact_attempt"."appointment" = {} '
        'ORDER BY "contact_attempt"."at"',
        appointment,
    )
    return [
        Attempt(row["at"], row["name"], ContactChannel(row["channel"]), ContactOutcome(row["outcome"]), row["note"])
        for row in rows
    ]


async def read_messages(appointment: UUID) -> list[SentMessage]:
    """The mails about a cita, oldest first."""
    rows = await fetch(
        'SELECT "kind", "state", "created_at", "sent_at" FROM "outbox_message" WHERE "appointment" = {} '
        'ORDER BY "created_at", "id"',
        appointment,
    )
    return [
        SentMessage(MessageKind(row["kind"]), MessageState(row["state"]), row["created_at"], row["sent_at"])
        for row in rows
    ]


_FACTS: Final[Mapping[EventKind, Mapping[str, type[StrEnum]]]] = {
    EventKind.ABANDONED: {"motive": AbandonMotive},
    EventKind.NOT_HELD: {"reason": NotHeldReason},
    EventKind.CONTACT_TRIED: {"channel": ContactChannel, "outcome": ContactOutcome},
    EventKind.CHANNEL_CHANGED: {"channel": Modality},
    EventKind.MESSAGE_RESENT: {"message": MessageKind},
}


def _facts(kind: EventKind, said: Mapping[str, Any]) -> tuple[StrEnum, ...]:
    known = _FACTS.get(kind, {})
    return tuple(meaning(said[name]) for name, meaning in known.items() if said.get(name) in set(meaning))


async def _names_of(staff: list[str]) -> dict[str, str]:
    if not staff:
        return {}
    marks = ", ".join("{}" for _ in staff)
    rows = await fetch(f'SELECT "id", "name" FROM "staff" WHERE "id" IN ({marks})', *(UUID(one) for one in staff))
    return {str(row["id"]): row["name"] for row in rows}
