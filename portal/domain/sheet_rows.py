"""Which row of the Google Sheet belongs to which cita, and what was last written there.

A place is given before anything is written, so whoever is cut off in between writes the same row into the same place
the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.register_filter import RegisterFilter
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import State

FIRST_ROW: Final = 2
"""Below the headings."""

RECORDED: Final = frozenset({State.ATTENDED, State.ABANDONED, State.NOT_HELD})
"""Citas that have come to an end at their time; these are written, and kept up to date whatever becomes of them."""

_LOOKED_BACK: Final = timedelta(days=45)
"""So long after its day something about a cita may change. A sheet begins with as many days of the past."""

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the sheet, counted from 1 with its headings; ``fingerprint`` of what was written, empty before that."""

    position: int
    fingerprint: str


def days_to_push(now: datetime) -> RegisterFilter:
    """The citas that may have changed since they were written."""
    today = local_day(now)
    return RegisterFilter(today - _LOOKED_BACK, today)


async def places_of(citas: list[UUID]) -> dict[UUID, Place]:
    """The places that these citas have."""
    if not citas:
        return {}
    marks = ", ".join(["{}"] * len(citas))
    rows = await fetch(
        f'SELECT "appointment", "position", "fingerprint" FROM "sheet_row" WHERE "appointment" IN ({marks})', *citas
    )
    return {row["appointment"]: Place(row["position"], row["fingerprint"]) for row in rows}


@transactional
async def give_places(citas: list[UUID], now: datetime, below: int = 0) -> dict[UUID, Place]:
    """Give each the next free place, under the last one and under the row ``below``; nothing is written there yet."""
    rows = await fetch('SELECT max("position") AS "position" FROM "sheet_row"')
    first = max(FIRST_ROW, below + 1, (rows[0]["position"] or 0) + 1)
    places = {cita: Place(first + number, "") for number, cita in enumerate(citas)}
    await _write(places, now)
    return places


@transactional
async def mark_written(places: Mapping[UUID, Place], now: datetime) -> None:
    """Remember what was written."""
    await _write(places, now)


@transactional
async def move_places(found: Mapping[str, int], now: datetime) -> None:
    """Somebody has sorted or cut the sheet: keep the places where codes were found, to be written anew."""
    rows = await fetch(
        'SELECT "sheet_row"."appointment", "appointment"."code" FROM "sheet_row" '
        'JOIN "appointment" ON "appointment"."id" = "sheet_row"."appointment"'
    )
    await fetch('DELETE FROM "sheet_row"')
    await _write({row["appointment"]: Place(found[row["code"]], "") for row in rows if row["code"] in found}, now)


async def _write(places: Mapping[UUID, Place], now: datetime) -> None:
    for some in _portions(places.items()):
        marks = ", ".join(["({}, {}, {}, {})"] * len(some))
        await fetch(
            f'INSERT INTO "sheet_row" ("appointment", "position", "fingerprint", "pushed_at") VALUES {marks} '
            'ON CONFLICT ("appointment") DO UPDATE SET "fingerprint" = "excluded"."fingerprint", '
            '"pushed_at" = "excluded"."pushed_at"',
            *(value for cita, place in some for value in (cita, place.position, place.fingerprint, now)),
        )


def _portions(items: Iterable[tuple[UUID, Place]]) -> list[list[tuple[UUID, Place]]]:
    listed = list(items)
    return [listed[begin : begin + _AT_ONCE] for begin in range(0, len(listed), _AT_ONCE)]
