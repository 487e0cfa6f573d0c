"""National holidays of Peru, kept as rows, so that pages need no library and people can read what is loaded."""

from __future__ import annotations

import asyncio
from datetime import date

from portal.database.node import fetch, transactional


def holidays_of_peru(years: range) -> dict[date, str]:
    """The holidays of those years with their Spanish names (library ``holidays``, country PE)."""
    # Imported here: it costs half a second, and only the process that loads the table needs it.
    from holidays import country_holidays

    return dict(country_holidays("PE", years=years, language="es"))


async def load_holidays(today: date) -> int:
    """Load this year's and next year's holidays unless they are there already; returns how many were added.

    A name that somebody edited stays. What the public sector is granted by decree ("día no laborable") is a closure.
    """
    years = range(today.year, today.year + 2)
    known = await fetch(
        'SELECT "day" FROM "holiday" WHERE "day" BETWEEN {} AND {}', date(years[0], 1, 1), date(years[-1], 12, 31)
    )
    if {row["day"].year for row in known} == set(years):
        return 0
    # In a thread: loading the library takes a second, in which the process goes on serving.
    return await _add_missing(await asyncio.to_thread(holidays_of_peru, years), {row["day"] for row in known})


@transactional
async def _add_missing(holidays: dict[date, str], known: set[date]) -> int:
    missing = {day: name for day, name in holidays.items() if day not in known}
    for day, name in missing.items():
        await fetch('INSERT INTO "holiday" ("day", "name") VALUES ({}, {}) ON CONFLICT DO NOTHING', *(day, name))
    return len(missing)
