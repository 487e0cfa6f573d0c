"""What kiosks have not heard yet: citas that changed, at sedes that have kiosks.

The row is written with the event that tells of the change. It gets its version when a kiosk asks (kiosk_state.py), so
that nobody who books waits for a counter of the sede, and nothing that commits late is passed over.
"""

from __future__ import annotations

from uuid import UUID

from portal.database.node import Write, write_along

_NOTE = (
    'INSERT INTO "cita_news" ("appointment", "center") SELECT "appointment"."id", "appointment"."center" '
    'FROM {source} "appointment" WHERE "appointment"."id" = {{}} AND EXISTS (SELECT 1 FROM "kiosk" '
    'WHERE "kiosk"."center" = "appointment"."center" AND "kiosk"."standing" = \'good\') '
    'ON CONFLICT ("appointment") DO UPDATE SET "version" = NULL'
)


def news_of(appointment: UUID, source: str = "appointment") -> Write:
    """The write that notes that a cita changed; ``source`` is where its id and sede stand."""
    return Write(_NOTE.format(source=f'"{source}"'), (appointment,))


async def note_news(appointment: UUID) -> None:
    """Note that a cita changed, inside the transaction that changes it."""
    write = news_of(appointment)
    await write_along(write.sql, *write.values)
