"""What a picker of times shows: the days of a month with why there is nothing, one day's times, and the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.database.node import fetch
from portal.domain.almanac import DayFacts, Facts, facts_between, read_almanac, remembered_almanac
from portal.domain.catalogue import Catalogue
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


@dataclass(frozen=True, slots=True)
class _Free:
    """The answer about free seats: how many each day has that has any, one day's times, and the almanac's stamp."""

    days: dict[date, int]
    slots: list[Slot]
    stamp: str


async def read_days(wish: Wish, span: Span, now: datetime, rules: BookingRules) -> Offer | None:
    """Everything for a picker; None when no service or no sede is open at all."""
    return await _read_offer(lambda catalogue: _agenda_of(wish, catalogue), span, now, rules)


async def days_between(agenda: Agenda, first: date, last: date, now: datetime, rules: BookingRules) -> list[Day]:
    """Every day from first to last, inclusive, with its status and why (the rule for every "why is there nothing")."""
    offer = await _read_offer(lambda _: agenda, Span(first, last), now, rules)
    return offer.days if offer else []


async def slots_of(agenda: Agenda, day: date, now: datetime, rules: BookingRules) -> list[Slot]:
    """The times of a day that have a free seat and may be booked now, in order."""
    return (await _ask_free(agenda, Span(day, day, day), now, rules)).slots


def _agenda_of(wish: Wish, catalogue: Catalogue) -> Agenda | None:
    if not catalogue.services or not catalogue.centers:
        return None
    service, center = catalogue.service(wish.service), catalogue.center(wish.center)
    return Agenda(service or catalogue.services[0], center or catalogue.centers[0], wish.modality)


async def _read_offer(
    choose: Callable[[Catalogue], Agenda | None], span: Span, now: datetime, rules: BookingRules
) -> Offer | None:
    almanac = await remembered_almanac()
    while True:  # until nothing changed meanwhile, which is so at the first time or at the second
        agenda = choose(almanac.catalogue)
        if agenda is not None:
            free = await _ask_free(agenda, span, now, rules)
            facts = await facts_between(almanac, agenda, span.first, span.last)
            if facts is not None and free.stamp == almanac.catalogue.stamp:
                days = _judge(agenda, span, free, facts, now, rules)
                return Offer(almanac.catalogue, agenda, days, free.slots)
        former, almanac = almanac, await read_almanac()
        if agenda is None and almanac.catalogue == former.catalogue:
            return None


async def _ask_free(agenda: Agenda, span: Span, now: datetime, rules: BookingRules) -> _Free:
    """How many seats are free on each day of the span that has any, and the times of one day, in one statement."""
    of_agenda = (
        f'"seat"."center" = {{}} AND "seat"."service" = {{}} AND "seat"."starts_at" >= {{}} '
        f"AND {ALLOWS[agenda.modality]} AND {FREE}"
    )
    given = (agenda.center.id, agenda.service.id, now + rules.notice, now)
    beyond = last_day_on_offer(now, rules)
    rows = await fetch(
        f'WITH "free" AS (SELECT "seat"."day", count(*) AS "seats" FROM "seat" WHERE {of_agenda} '
        'AND "seat"."day" BETWEEN {} AND {} GROUP BY "seat"."day") '
        f'SELECT "seat"."day", "seat"."starts_at", count(*) AS "seats", \'\' AS "stamp" FROM "seat" WHERE {of_agenda} '
        'AND "seat"."day" = COALESCE({}, (SELECT min("free"."day") FROM "free")) AND "seat"."day" <= {} '
        'GROUP BY "seat"."day", "seat"."starts_at" '
        'UNION ALL SELECT "free"."day", NULL, "free"."seats", \'\' FROM "free" '
        'UNION ALL SELECT NULL, NULL, 0, "stamp" FROM "almanac"',
        *(*given, max(span.first, local_day(now)), min(span.last, beyond), *given, span.chosen, beyond),
    )
    slots = [Slot(agenda.key(row["starts_at"]), row["seats"]) for row in rows if row["starts_at"] is not None]
    return _Free(
        days={row["day"]: row["seats"] for row in rows if row["seats"] and row["starts_at"] is None},
        slots=sorted(slots, key=lambda slot: slot.starts_at),
        stamp=next((row["stamp"] for row in rows if row["stamp"]), ""),
    )


def _judge(agenda: Agenda, span: Span, free: _Free, facts: Facts, now: datetime, rules: BookingRules) -> list[Day]:
    today, beyond, earliest = local_day(now), last_day_on_offer(now, rules), now + rules.notice
    # A paused sede has its free seats held back, so that no day of it is called full.
    none_left = DayStatus.PAUSED if agenda.center.is_paused else DayStatus.FULL
    days = []
    day = span.first
    while day <= span.last:
        if day < today:
            days.append(Day(day, DayStatus.PAST))
        elif day > beyond:
            days.append(Day(day, DayStatus.BEYOND))
        elif day in free.days:
            days.append(Day(day, DayStatus.FREE, free=free.days[day]))
        else:
            days.append(_judge_shut(day, facts.get(day, DayFacts()), earliest, none_left))
        day += timedelta(days=1)
    return days


def _judge_shut(day: date, facts: DayFacts, earliest: datetime, none_left: DayStatus) -> Day:
    """Of several reasons the one that says most: a holiday's name before a closure's reason before full."""
    if facts.holiday:
        return Day(day, DayStatus.HOLIDAY, reason=facts.holiday)
    if facts.closed:
        return Day(day, DayStatus.CLOSED, reason=facts.closed)
    if facts.last_start is None:
        return Day(day, DayStatus.NO_HOURS)
    return Day(day, none_left if facts.last_start >= earliest else DayStatus.TOO_SOON)
