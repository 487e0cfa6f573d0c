"""What is going to happen to each cita of the demonstration, drawn beforehand, so that one seed tells one story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random
from typing import Final, TypeVar

from portal.demo.cast import choose_modality, choose_origin, invent_person
from portal.domain.modality import Modality
from portal.domain.people import Person
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import Origin


class Course(Enum):
    """How a cita goes."""

    ATTENDED = auto()
    BY_TELEPHONE = auto()
    TRANSFERRED = auto()
    FINAL_FORGOTTEN = auto()
    STILL_OPEN = auto()
    ABANDONED = auto()
    TAKEN_BACK = auto()
    NOT_HELD = auto()
    CANCELLED = auto()
    MOVED = auto()
    NEVER_RECORDED = auto()


class Doubt(Enum):
    """What becomes of a doubt."""

    ANSWERED = auto()
    FORWARDED_AND_ANSWERED = auto()
    FORWARDED = auto()
    OPEN = auto()


_LEFT: Final = 2
"""So many of each: some may find no free time."""
Card = TypeVar("Card")

_DECK: Final = (
    *(27 * [Course.ATTENDED]),
    *(3 * [Course.BY_TELEPHONE]),
    *(2 * [Course.TRANSFERRED]),
    Course.FINAL_FORGOTTEN,
    *(5 * [Course.ABANDONED]),
    Course.TAKEN_BACK,
    *(2 * [Course.NOT_HELD]),
    *(5 * [Course.CANCELLED]),
    *(4 * [Course.MOVED]),
)
_DOUBTS: Final = (
    *(4 * [Doubt.ANSWERED]),
    *(2 * [Doubt.FORWARDED_AND_ANSWERED]),
    Doubt.FORWARDED,
    Doubt.OPEN,
)
_STILL_TALKING: Final = timedelta(minutes=5)
_LONGEST_AHEAD: Final = timedelta(days=9)
_AT_A_TIME_BEFORE: Final = timedelta(minutes=90)


@dataclass(frozen=True, slots=True)
class Plan:
    """One cita. ``rng`` decides whatever else happens to it and to nobody else. Times are UTC."""

    person: Person
    modality: Modality
    origin: Origin
    booked_at: datetime
    starts_at: datetime
    course: Course
    doubt: Doubt | None
    has_cv: bool
    rng: Random


def plan_citas(
    starts: Sequence[datetime], first: datetime, now: datetime, a_day: int, districts: Sequence[str], seed: int
) -> Iterator[Plan]:
    """About ``a_day`` citas on each local day of ``starts``, fewer the further ahead, booked from ``first`` on."""
    rng = Random(seed)  # noqa: S311  # tells a story, keeps no secret
    courses, doubts = _deal(_DECK, rng), _deal(_DOUBTS, rng)
    number = 0
    for starts_at in _choose_times(starts, now, a_day, rng):
        number += 1
        earliest = max(first, starts_at - _LONGEST_AHEAD)
        latest = min(now, starts_at - _AT_A_TIME_BEFORE)
        if latest <= earliest:
            continue
        origin = choose_origin(rng)
        yield Plan(
            person=invent_person(number, origin, districts, local_day(now), rng),
            modality=choose_modality(rng),
            origin=origin,
            booked_at=min(by_day(earliest + (latest - earliest) * rng.random()), latest),
            starts_at=starts_at,
            course=next(courses),
            doubt=next(doubts) if rng.random() < 0.12 else None,
            has_cv=rng.random() < 0.35,
            rng=Random(rng.random()),  # noqa: S311  # the same
        )


def leave_open(plans: list[Plan], now: datetime) -> list[Plan]:
    """The same, but the last ones before ``now`` are left in attention, and some earlier ones without any record."""
    attended = [number for number, plan in enumerate(plans) if plan.course is Course.ATTENDED]
    behind = [number for number in attended if plans[number].starts_at < now - _STILL_TALKING]
    earlier = [number for number in behind if local_day(plans[number].starts_at) < local_day(now)]
    changed = dict.fromkeys(earlier[: 2 * _LEFT : 2], Course.NEVER_RECORDED)
    changed |= dict.fromkeys(behind[-_LEFT:], Course.STILL_OPEN)
    return [replace(plan, course=changed.get(number, plan.course)) for number, plan in enumerate(plans)]


def _deal(deck: Sequence[Card], rng: Random) -> Iterator[Card]:
    """The cards of a deck, shuffled anew each time it is used up: also a small demonstration has some of each."""
    while True:
        yield from rng.sample(deck, len(deck))


def _choose_times(starts: Sequence[datetime], now: datetime, a_day: int, rng: Random) -> Iterator[datetime]:
    days: dict[object, list[datetime]] = {}
    for moment in starts:
        days.setdefault(local_day(moment), []).append(moment)
    for moments in days.values():
        ahead = max(0, (moments[0] - now).days)
        number = round(a_day * rng.uniform(0.8, 1.2) / (1 + ahead / 4))
        yield from sorted(rng.choices(moments, k=number))


def by_day(moment: datetime) -> datetime:
    """That moment, but in the morning instead of between midnight and six in Lima (05:00 to 11:00 UTC)."""
    return moment + timedelta(hours=6) if 5 <= moment.hour < 11 else moment
