"""What pickers of times need and what seldom changes: the catalogue, and why a day without a free seat has none.

Each process remembers it for each node. That it is still so the database says with every answer about free seats:
whatever changes the catalogue, the open seats, closures or holidays changes one stamp there (by triggers: see the
migrations), and whoever is told another stamp than he remembers reads anew. So nothing outdated is ever shown, and a
page with a calendar asks one question instead of three; to ask costs more than most answers do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from portal.database.engine import Row
from portal.database.node import Node, active_node, fetch
from portal.domain.catalogue import Catalogue, read_catalogue
from portal.domain.modality import Modality
from portal.domain.slots import ALLOWS, Agenda

_MOST: Final = 2_000  # spans of days that are remembered: 40 sedes, three modalities and a year's months


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What may keep a day without free seats, whatever the time is.

    ``last_start`` (UTC) is that of its last open seat, None without any; ``closed`` why the whole sede is (a
    consultor's own closure closes nobody else's seats), ``holiday`` its name; both empty when it is not.
    """

    last_start: datetime | None = None
    closed: str = ""
    holiday: str = ""


Facts = dict[date, DayFacts]


@dataclass(frozen=True, slots=True)
class Almanac:
    """What is remembered under one stamp."""

    catalogue: Catalogue
    facts: dict[tuple[UUID, UUID, Modality, date, date], Facts] = field(default_factory=dict)


_remembered: WeakKeyDictionary[Node, Almanac] = WeakKeyDictionary()


async def remembered_almanac() -> Almanac:
    """The almanac of the current node as it was last read; outdated when the database tells another stamp."""
    return _remembered.get(active_node()) or await read_almanac()


async def read_almanac() -> Almanac:
    """Read the catalogue anew, and forget what was remembered."""
    almanac = _remembered[active_node()] = Almanac(await read_catalogue())
    return almanac


async def facts_between(almanac: Almanac, agenda: Agenda, first: date, last: date) -> Facts | None:
    """What is to be said of the days from first to last, inclusive; None when the almanac is outdated."""
    span = (agenda.center.id, agenda.service.id, agenda.modality, first, last)
    if (known := almanac.facts.get(span)) is not None:
        return known
    facts, stamp = await _read_facts(agenda, first, last)
    if stamp != almanac.catalogue.stamp:
        return None
    if len(almanac.facts) >= _MOST:
        almanac.facts.clear()
    almanac.facts[span] = facts
    return facts


async def _read_facts(agenda: Agenda, first: date, last: date) -> tuple[Facts, str]:
    rows = await fetch(
        'SELECT "seat"."day", "seat"."day" AS "until", "seat"."starts_at", \'open\' AS "kind", \'\' AS "words" '
        f'FROM "seat" WHERE "seat"."center" = {{}} AND "seat"."service" = {{}} AND {ALLOWS[agenda.modality]} '
        'AND "seat"."is_open" AND "seat"."day" BETWEEN {} AND {} GROUP BY "seat"."day", "seat"."starts_at" '
        'UNION ALL SELECT "first_day", "last_day", NULL, \'closed\', "reason" FROM "closure" '
        'WHERE "first_day" <= {} AND "last_day" >= {} '
        'AND "consultant" IS NULL AND ("center" IS NULL OR "center" = {}) '
        'UNION ALL SELECT "day", "day", NULL, \'holiday\', "name" FROM "holiday" WHERE "day" BETWEEN {} AND {} '
        'UNION ALL SELECT NULL, NULL, NULL, \'stamp\', "stamp" FROM "almanac"',
        *(agenda.center.id, agenda.service.id, first, last),
        *(last, first, agenda.center.id, first, last),
    )
    facts: Facts = {}
    for row in rows:
        day = max(first, row["day"]) if row["day"] else None
        while day is not None and day <= min(last, row["until"]):
            facts[day] = _with(facts.get(day, DayFacts()), row)
            day += timedelta(days=1)
    return facts, next((row["words"] for row in rows if row["kind"] == "stamp"), "")


def _with(facts: DayFacts, row: Row) -> DayFacts:
    match row["kind"]:
        case "open":
            return replace(facts, last_start=max(facts.last_start or row["starts_at"], row["starts_at"]))
        case "closed":
            return replace(facts, closed=row["words"])
        case _:
            return replace(facts, holiday=row["words"])
