"""How far kiosks look ahead: to the next day on which the sede has hours (ARCHITECTURE, rule 12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from portal.database.node import fetch
from portal.domain.spanish_dates import LIMA, local_day


async def next_days(now: datetime) -> dict[UUID, date]:
    """The next day with hours of each sede with kiosks that has one."""
    found: dict[UUID, date] = {}
    for row in await fetch('SELECT DISTINCT "center" FROM "kiosk" WHERE "standing" = \'good\''):
        days = await fetch(
            'SELECT "day" FROM "seat" WHERE "center" = {} AND "day" > {} AND "is_open" ORDER BY "day" LIMIT 1',
            *(row["center"], local_day(now)),
        )
        if days:
            found[row["center"]] = days[0]["day"]
    return found


async def note_next_day(now: datetime, former: Mapping[UUID, date]) -> None:
    """Days were opened or closed, inside the transaction that does so: where the next day with hours is another one
    than ``former``, kiosks were not told of the citas until its end.
    """
    for center, ahead in (await next_days(now)).items():
        if former.get(center) != ahead:
            await fetch(
                'INSERT INTO "cita_news" ("appointment", "center") SELECT "id", "center" FROM "appointment" '
                'WHERE "center" = {} AND "starts_at" >= {} AND "starts_at" < {} '
                'ON CONFLICT ("appointment") DO UPDATE SET "version" = NULL',
                *(center, _midnight(local_day(now) + timedelta(days=1)), _midnight(ahead + timedelta(days=1))),
            )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LIMA).astimezone(UTC)
