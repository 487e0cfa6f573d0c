"""Who looked at personal data at the desk: on record in the encrypted file before it is shown, then at the portal.

What cannot be put on record is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from kiosk.sittings import Sitting
from portal.database.node import fetch, transaction
from portal.domain.exchange import Look, LookKind
from portal.domain.spanish_dates import local_day

_MOST_AT_ONCE: Final = 500
"""Of looks in one request; the rest goes with the next."""


async def note_look(sitting: Sitting, kind: LookKind, now: datetime, citas: Sequence[UUID] = ()) -> None:
    """Put a look on record: at those citas, or at none that is known. The same one of a day is told once, but for slips
    and for searches that found nothing. Raises DatabaseFullError.
    """
    wanted = {_mark(sitting, kind, cita, now): cita for cita in citas or (None,)}
    rows = await fetch('SELECT "once" FROM "look" WHERE "once" IS NOT NULL AND "staff" = {}', sitting.staff)
    known = {row["once"] for row in rows}
    new = [(mark, cita) for mark, cita in wanted.items() if mark not in known]
    if not new:
        return
    async with transaction():
        for mark, cita in new:
            await fetch(
                'INSERT INTO "look" ("id", "at", "staff", "kind", "appointment", "once") '
                "VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT DO NOTHING",
                *(uuid4(), now, sitting.staff, kind.value, cita, mark),
            )


def _mark(sitting: Sitting, kind: LookKind, cita: UUID | None, now: datetime) -> str | None:
    if kind is LookKind.SLIP or (kind is LookKind.SEARCH and cita is None):
        return None
    return f"{sitting.staff.hex}:{kind}:{cita.hex if cita else ''}:{local_day(now)}"


async def read_looks() -> tuple[Look, ...]:
    """The looks that the portal is not known to have, in order."""
    rows = await fetch(
        'SELECT "number", "id", "at", "staff", "kind", "appointment" FROM "look" ORDER BY "number" LIMIT {}',
        _MOST_AT_ONCE,
    )
    return tuple(Look(**row) for row in rows)


async def forget_looks(number: int) -> None:
    """The portal has those up to that number on record."""
    await fetch('DELETE FROM "look" WHERE "number" <= {}', number)
