"""The append-only history of a cita."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID, uuid4

from portal.database.node import Write, write_along
from portal.domain.duplicates import unflag_next
from portal.domain.kiosk_news import note_news
from portal.domain.vocabulary import EventKind

_ENDS = frozenset(
    {EventKind.CANCELLED, EventKind.MOVED_TO, EventKind.FINISHED, EventKind.ABANDONED, EventKind.NOT_HELD}
)


def event_of(appointment: UUID, kind: EventKind, now: datetime, staff: UUID | None = None, **details: str) -> Write:
    """The write of an event alone, which nobody hears of."""
    return Write(
        'INSERT INTO "appointment_event" ("id", "appointment", "kind", "at", "actor", "staff", "details") '
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        (uuid4(), appointment, kind.value, now, "staff" if staff else "citizen", staff, json.dumps(details)),
    )


async def record_event(
    appointment: UUID, kind: EventKind, now: datetime, staff: UUID | None = None, **details: str
) -> None:
    """Append what happened; ``staff`` is who did it, None the citizen. Details carry codes and ids only.

    Belongs into the transaction that does it. Kiosks hear of it; a cita that ends makes room for its duplicate.
    """
    write = event_of(appointment, kind, now, staff, **details)
    await write_along(write.sql, *write.values)
    await note_news(appointment)
    if kind in _ENDS:
        await unflag_next(appointment)
