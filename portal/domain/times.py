"""How long the activities of a cita took, by what was recorded, against the procedure's standard (PE-BT-01, section 4).

What each figure means:

- 02, 07 and 08 are done by the software: reminder, survey and register cost the consultor nothing, 0 minutes. Mails
  that were sent again by hand are counted; how long that took is not known.
- 03 runs from the invitation to *Inicio*, or to the abandonment. Who invites early, waits longer.
- 04 to 06 run from *Inicio* to *Final*, and stand against the 15 minutes of 05: 04 and 06 carry none.
- The total of a cita is the sum of both, and stands against the 26 minutes of the procedure.

A length is doubtful, and left out of averages, when *Final* was forgotten or pressed on another day; that of 03 when an
abandonment was taken back, or when it lasted longer than anybody waits. Nothing else is measured: neither looking
through the day's citas, nor calls of the day before, nor answers to doubts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from statistics import mean, median
from typing import Final, TypeVar
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.procedure import STANDARD_MINUTES, STANDARD_TOTAL, Activity
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import EventKind, State

LONGEST_RANGE: Final = timedelta(days=31)
"""Of what is summed up at once."""

LONGEST_WAIT: Final = timedelta(minutes=45)
"""Nobody waits for somebody longer than this: such an activity 03 was recorded late."""

Key = TypeVar("Key", bound=Hashable)


class Part(StrEnum):
    """What is told apart: the activities with a standard, and their sum."""

    REMIND = "02"
    INVITE = "03"
    ATTEND = "04-06"
    SURVEY = "07"
    REGISTER = "08"
    TOTAL = "total"


STANDARDS: Final = {
    Part.REMIND: STANDARD_MINUTES[Activity.REMIND],
    Part.INVITE: STANDARD_MINUTES[Activity.INVITE],
    Part.ATTEND: STANDARD_MINUTES[Activity.ORIENT],
    Part.SURVEY: STANDARD_MINUTES[Activity.SURVEY],
    Part.REGISTER: STANDARD_MINUTES[Activity.REGISTER],
    Part.TOTAL: STANDARD_TOTAL,
}


@dataclass(frozen=True, slots=True)
class Length:
    """How long something took, in minutes; ``doubtful`` says that the figure means nothing."""

    minutes: float
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class CitaTimes:
    """The times of one cita. ``consultant`` is who attended it, else whose it is; None: not (yet) measured."""

    id: UUID
    code: str
    state: State
    starts_at: datetime
    consultant: UUID
    consultant_name: str
    invite: Length | None
    attend: Length | None
    resent: int

    @property
    def standards(self) -> Mapping[Part, int]:
        return STANDARDS

    @property
    def total(self) -> Length | None:
        """Of a cita that was attended: both lengths together."""
        if self.invite is None or self.attend is None:
            return None
        return Length(self.invite.minutes + self.attend.minutes, self.invite.doubtful or self.attend.doubtful)

    def length(self, part: Part) -> Length | None:
        """The length of a part that is measured."""
        return {Part.INVITE: self.invite, Part.ATTEND: self.attend, Part.TOTAL: self.total}[part]


@dataclass(frozen=True, slots=True)
class Figures:
    """One part over several citas, in minutes; ``number`` are those that count, ``doubtful`` those left out."""

    part: Part
    standard: int
    number: int
    doubtful: int
    mean: float | None
    median: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """Citas that belong together (a day, a consultor, all of them), summed up. ``resent`` counts mails by hand."""

    name: str
    day: date | None
    citas: int
    invite: Figures
    attend: Figures
    total: Figures
    resent: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Local days of the start, both included; None: all sedes, all consultores."""

    first_day: date
    last_day: date
    center: UUID | None = None
    consultant: UUID | None = None


async def read_times(wanted: Wanted) -> list[CitaTimes]:
    """The citas of a range that were attended, are in attention, or were abandoned, by start.

    A consultor's are those that they attended, and those of theirs that nobody else did.
    """
    terms = ['"appointment"."starts_at" >= {}', '"appointment"."starts_at" < {}']
    values: list[object] = [_midnight(wanted.first_day), _midnight(wanted.last_day + timedelta(days=1))]
    if wanted.center is not None:
        terms.append('"appointment"."center" = {}')
        values.append(wanted.center)
    if wanted.consultant is not None:
        terms.append('COALESCE("attention"."attended_by", "appointment"."consultant") = {}')
        values.append(wanted.consultant)
    terms.append('"appointment"."state" IN ({}, {}, {})')
    values.extend(state.value for state in (State.ATTENDED, State.IN_ATTENTION, State.ABANDONED))
    return await _select(" AND ".join(terms), *values)


async def find_times_of(appointment: UUID) -> CitaTimes | None:
    """The times of one cita, None when there is no such cita."""
    found = await _select('"appointment"."id" = {}', appointment)
    return found[0] if found else None


def sum_up(citas: Iterable[CitaTimes], name: str = "", day: date | None = None) -> Group:
    """Means and medians of what is not doubtful."""
    listed = list(citas)
    return Group(
        name,
        day,
        len(listed),
        _figures(Part.INVITE, listed),
        _figures(Part.ATTEND, listed),
        _figures(Part.TOTAL, listed),
        sum(cita.resent for cita in listed),
    )


def sum_up_days(citas: Iterable[CitaTimes]) -> list[Group]:
    """A group for each local day that has citas, in order."""
    groups = _grouped(citas, lambda cita: local_day(cita.starts_at))
    return [sum_up(groups[day], day=day) for day in sorted(groups)]


def sum_up_consultants(citas: Iterable[CitaTimes]) -> list[Group]:
    """A group for each consultor, by name."""
    groups = _grouped(citas, lambda cita: (cita.consultant_name, str(cita.consultant)))
    return [sum_up(groups[key], name=key[0]) for key in sorted(groups)]


def _grouped(citas: Iterable[CitaTimes], key_of: Callable[[CitaTimes], Key]) -> dict[Key, list[CitaTimes]]:
    groups: dict[Key, list[CitaTimes]] = {}
    for cita in citas:
        groups.setdefault(key_of(cita), []).append(cita)
    return groups


def _figures(part: Part, citas: Iterable[CitaTimes]) -> Figures:
    lengths = [length for cita in citas if (length := cita.length(part)) is not None]
    sound = [length.minutes for length in lengths if not length.doubtful]
    return Figures(
        part,
        STANDARDS[part],
        len(sound),
        len(lengths) - len(sound),
        mean(sound) if sound else None,
        median(sound) if sound else None,
    )


_EVENTS = 'SELECT count(*) FROM "appointment_event" "event" WHERE "event"."appointment" = "appointment"."id"'
_TAKEN_BACK = f'({_EVENTS} AND "event"."kind" = \'{EventKind.TAKEN_BACK}\')'
_RESENT = (
    f'({_EVENTS} AND ("event"."kind" = \'{EventKind.MESSAGE_RESENT}\' '
    f'OR "event"."kind" = \'{EventKind.REMINDED}\' AND "event"."staff" IS NOT NULL))'
)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LIMA)


async def _select(condition: str, *values: object) -> list[CitaTimes]:
    rows = await fetch(
        'SELECT "appointment"."id", "appointment"."code", "appointment"."state", "appointment"."starts_at", '
        '"appointment"."consultant", "appointment"."invited_at", "appointment"."started_at", '
        '"appointment"."finished_at", "appointment"."ended_at", "own"."name", "attention"."attended_by", '
        '"attention"."doubtful", "other"."name" AS "attended_by_name", '
        f'{_TAKEN_BACK} AS "taken_back", {_RESENT} AS "resent" FROM "appointment" '
        'JOIN "staff" "own" ON "own"."id" = "appointment"."consultant" '
        'LEFT JOIN "attention" ON "attention"."appointment" = "appointment"."id" '
        'LEFT JOIN "staff" "other" ON "other"."id" = "attention"."attended_by" '
        f'WHERE {condition} ORDER BY "appointment"."starts_at", "appointment"."id"',
        *values,
    )
    return [_view(row) for row in rows]


def _view(row: Row) -> CitaTimes:
    state = State(row["state"])
    ended = row["ended_at"] if state is State.ABANDONED else None
    return CitaTimes(
        id=row["id"],
        code=row["code"],
        state=state,
        starts_at=row["starts_at"],
        consultant=row["attended_by"] or row["consultant"],
        consultant_name=row["attended_by_name"] or row["name"],
        invite=_wait(row["invited_at"], row["started_at"] or ended, taken_back=bool(row["taken_back"])),
        attend=_length(row["started_at"], row["finished_at"], doubtful=bool(row["doubtful"])),
        resent=row["resent"],
    )


def _wait(invited: datetime | None, until: datetime | None, *, taken_back: bool) -> Length | None:
    late = invited is not None and until is not None and until - invited > LONGEST_WAIT
    return _length(invited, until, doubtful=taken_back or late)


def _length(begin: datetime | None, end: datetime | None, *, doubtful: bool) -> Length | None:
    if begin is None or end is None or end < begin:
        return None
    return Length((end - begin).total_seconds() / 60, doubtful)
