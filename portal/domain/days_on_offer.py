"""What a picker of times shows: the days of a month with why there is nothing, one day's times, and the catalogue.

All of it is one question to the database: this is the page that everybody sees first and most often, and each trip
there and back costs more than most answers do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from portal.database.engine import Row, day_by_day
from portal.database.node import active_node, fetch
from portal.domain.catalogue import CENTER_ORDER, SERVICE_ORDER, Catalogue, catalogue_from, catalogue_rows
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, FREE, Agenda, Day, DayStatus, Slot, last_day_on_offer
from portal.domain.spanish_dates import local_day


@dataclass(frozen=True, slots=True)
class Wish:
    """Codes of what somebody would like to look at; what is empty or unknown becomes the first of the catalogue."""

    service: str
    center: str
    modality: Modality


@dataclass(frozen=True, slots=True)
class Span:
    """Local days from first to last, inclusive, and the day whose times are wanted (None: the first free one)."""

    first: date
    last: date
    chosen: date | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What came of a wish: the agenda that is looked at, each day of the span, and the times of one."""

    catalogue: Catalogue
    agenda: Agenda
    days: list[Day]
    slots: list[Slot]


async def read_days(wish: Wish, span: Span, now: datetime, rules: BookingRules) -> Offer | None:
    """Everything for a picker; None when no service or no sede is open at all."""
    rows = await _ask(wish, span, now, rules)
    catalogue = catalogue_from(rows)
    if not catalogue.services or not catalogue.centers:
        return None
    service, center = catalogue.service(wish.service), catalogue.center(wish.center)
    agenda = Agenda(service or catalogue.services[0], center or catalogue.centers[0], wish.modality)
    return Offer(catalogue, agenda, _read_days(rows, agenda, span, now, rules), _read_slots(rows, agenda))


async def days_between(agenda: Agenda, first: date, last: date, now: datetime, rules: BookingRules) -> list[Day]:
    """Every day from first to last, inclusive, with its status and why (the rule for every "why is there nothing")."""
    span = Span(first, last)
    return _read_days(await _ask(agenda, span, now, rules), agenda, span, now, rules)


async def slots_of(agenda: Agenda, day: date, now: datetime, rules: BookingRules) -> list[Slot]:
    """The times of a day that have a free seat and may be booked now, in order."""
    return _read_slots(await _ask(agenda, Span(day, day, day), now, rules), agenda)


async def _ask(whose: Wish | Agenda, span: Span, now: datetime, rules: BookingRules) -> list[Row]:
    """The rows of ``_question``. A day before today or beyond the horizon has none."""
    beyond, earliest = last_day_on_offer(now, rules), now + rules.notice
    days = max(span.first, local_day(now)), min(span.last, beyond)
    asked: tuple[object, ...] = ()
    of_seat: tuple[object, ...] = ()
    if isinstance(whose, Wish):
        # Anything may be asked for in an address; PostgreSQL takes no NUL, and no code has one.
        asked = tuple(code if code.isprintable() else "" for code in (whose.center, whose.service))
    else:
        of_seat = (whose.center.id, whose.service.id)
    return await fetch(
        _question(active_node().engine.engine_type, whose.modality, by_code=isinstance(whose, Wish)),
        *(*asked, *of_seat, earliest, now, *days),  # "asked" and "free"
        *(*days, *of_seat, earliest, now, span.chosen, beyond),  # "calendar" and the times
        *(*of_seat, *reversed(days), *of_seat[:1], *days),  # what is shut, and why
    )


@cache
def _question(engine_type: str, modality: Modality, *, by_code: bool) -> str:
    """One statement for rows of six kinds.

    ``time``: a start and how many of its seats are free; ``free``: a day and how many are; ``shut``: a day without any,
    and when its last open seat starts, if it has one; ``closed``: the days on which the whole sede is, and why (a
    consultor's own closure closes nobody else's seats); ``holiday``: a day and its name; ``service`` and ``center``,
    where codes are asked for: the catalogue.
    """
    center, service = ('(SELECT "center" FROM "asked")', '(SELECT "service" FROM "asked")') if by_code else ("{}", "{}")
    of_agenda = f'"seat"."center" = {center} AND "seat"."service" = {service} AND {ALLOWS[modality]}'
    is_free = f'{of_agenda} AND "seat"."starts_at" >= {{}} AND {FREE}'
    free = (
        '"free" AS (SELECT "seat"."day", count(*) AS "seats" FROM "seat" '
        f'WHERE {is_free} AND "seat"."day" BETWEEN {{}} AND {{}} GROUP BY "seat"."day")'
    )
    # The first rows name the columns, and SQLite takes their types from them.
    times = (
        'SELECT "seat"."day", "seat"."day" AS "until", "seat"."starts_at", count(*) AS "number", '
        f'\'time\' AS "kind", \'\' AS "words" FROM "seat" WHERE {is_free} '
        'AND "seat"."day" = COALESCE({}, (SELECT min("free"."day") FROM "free")) AND "seat"."day" <= {} '
        'GROUP BY "seat"."day", "seat"."starts_at"'
    )
    days = (
        'SELECT "day", "day", NULL, "seats", \'free\', \'\' FROM "free" UNION ALL '
        f'SELECT "day", "day", (SELECT max("seat"."starts_at") FROM "seat" WHERE {of_agenda} AND "seat"."is_open" '
        'AND "seat"."day" = "calendar"."day"), 0, \'shut\', \'\' FROM "calendar" '
        'WHERE "day" NOT IN (SELECT "day" FROM "free")'
    )
    reasons = (
        'SELECT "first_day", "last_day", NULL, 0, \'closed\', "reason" FROM "closure" '
        'WHERE "first_day" <= {} AND "last_day" >= {} AND "consultant" IS NULL '
        f'AND ("center" IS NULL OR "center" = {center}) UNION ALL '
        'SELECT "day", "day", NULL, 0, \'holiday\', "name" FROM "holiday" WHERE "day" BETWEEN {} AND {}'
    )
    tables, rows = [free, day_by_day(engine_type, "calendar")], [times, days, reasons]
    if by_code:
        tables.insert(0, _ASKED)
        rows.append(f'SELECT NULL, NULL, NULL, "number", "kind", "words" FROM ({catalogue_rows(engine_type)}) "known"')
    return f"WITH RECURSIVE {', '.join(tables)} {' UNION ALL '.join(rows)}"


# The ones with the codes that are asked for, else the first ones.
_ASKED = (
    '"asked" AS (SELECT (SELECT "id" FROM "center" WHERE "active" '
    f'ORDER BY CASE WHEN "code" = {{}} THEN 0 ELSE 1 END, {CENTER_ORDER} LIMIT 1) AS "center", '
    '(SELECT "id" FROM "service" WHERE "active" '
    f'ORDER BY CASE WHEN "code" = {{}} THEN 0 ELSE 1 END, {SERVICE_ORDER} LIMIT 1) AS "service")'
)


def _read_slots(rows: Sequence[Row], agenda: Agenda) -> list[Slot]:
    slots = [Slot(agenda.key(row["starts_at"]), row["number"]) for row in rows if row["kind"] == "time"]
    return sorted(slots, key=lambda slot: slot.starts_at)


def _read_days(rows: Sequence[Row], agenda: Agenda, span: Span, now: datetime, rules: BookingRules) -> list[Day]:
    today, beyond, earliest = local_day(now), last_day_on_offer(now, rules), now + rules.notice
    # A paused sede has its free seats held back, so that no day of it is called full.
    none_left = DayStatus.PAUSED if agenda.center.is_paused else DayStatus.FULL
    known: dict[date, Day] = {}
    for row in sorted(rows, key=lambda row: _RANKS.get(row["kind"], 0)):
        if (status := _judge(row, earliest, none_left)) is None:
            continue
        day = max(span.first, row["day"])
        while day <= min(span.last, row["until"]):
            known[day] = Day(day, status, row["number"], row["words"])
            day += timedelta(days=1)
    return [
        Day(day, DayStatus.PAST) if day < today
        else Day(day, DayStatus.BEYOND) if day > beyond
        else known.get(day) or Day(day, DayStatus.NO_HOURS)
        for number in range((span.last - span.first).days + 1)
        for day in [span.first + timedelta(days=number)]
    ]  # fmt: skip


# Of several things to say about a day the one that says most is told: that it is free before all, then a holiday's
# name, then why the sede is closed, and only then that it is full.
_RANKS: Mapping[str, int] = {"closed": 1, "holiday": 2, "free": 3}


def _judge(row: Row, earliest: datetime, none_left: DayStatus) -> DayStatus | None:
    """What a row says about its days, if anything."""
    match row["kind"]:
        case "free":
            return DayStatus.FREE
        case "shut" if row["starts_at"] is not None:
            return none_left if row["starts_at"] >= earliest else DayStatus.TOO_SOON
        case "closed":
            return DayStatus.CLOSED
        case "holiday":
            return DayStatus.HOLIDAY
        case _:
            return None
