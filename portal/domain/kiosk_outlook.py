"""How far kiosks look ahead: to the next day on which the sede has hours (ARCHITECTURE, rule 12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from portal.database.node import fetch
from portal.domain.spanish_dates import LIMA, local_day


async def note_next_day(now: datetime) -> None:
    """Days were closed, inside the transaction that closes them: the next day with hours may be another one now, and
    kiosks were not told of its citas.
    """
    for row in await fetch('SELECT DISTINCT "center" FROM "kiosk" WHERE "standing" = \'good\''):
        days = await fetch(
            'SELECT "day" FROM "seat" WHERE "center" = {} AND "day" > {} AND "is_open" ORDER BY "day" LIMIT 1',
            *(row["center"], local_day(now)),
        )
        for ahead in days:
            await fetch(
                'INSERT INTO "cita_news" ("appointment", "center") SELECT "id", "center" FROM "appointment" '
                'WHERE "center" = {} AND "starts_at" >= {} AND "starts_at" < {} '
                'ON CONFLICT ("appointment") DO UPDATE SET "version" = NULL',
                *(row["center"], _midnight(ahead["day"]), _midnight(ahead["day"] + timedelta(days=1))),
            )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LIMA).astimezone(UTC)
