"""Where the demonstration plays: the sede, its staff, the times on offer, and the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final
from uuid import UUID

from portal.database.node import fetch
from portal.demo.texts import ADMINISTRATOR_NAME, STAFF_NAMES, SUPERVISOR_NAME
from portal.demo.timeline import Timeline
from portal.domain.audit import Actor
from portal.domain.personnel import change_person, list_personnel
from portal.domain.rules import BookingRules
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.start_words import ADMINISTRATOR_NAME as UNNAMED_ADMINISTRATOR
from portal.domain.start_words import CONSULTANT_NAME
from portal.domain.start_words import SUPERVISOR_NAME as UNNAMED_SUPERVISOR
from portal.domain.vocabulary import Role

ACTOR: Final = Actor(None, "demo")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_OPENS, _CLOSES = time(8, 40), time(16, 0)


@dataclass(frozen=True, slots=True)
class Stage:
    """``starts`` are the times on offer, in order (UTC), on the local ``days``; ``supervisor`` steers the sede."""

    service: str
    center: str
    consultants: tuple[UUID, ...]
    supervisor: UUID
    starts: tuple[datetime, ...]
    days: tuple[date, ...]
    districts: tuple[str, ...]
    rules: BookingRules
    survey_days: int
    timeline: Timeline

    def in_office(self, moment: datetime, rng: Random) -> datetime:
        """That moment, or one soon after it, when people work (UTC)."""
        local = moment.astimezone(LIMA)
        if _OPENS <= local.time() <= _CLOSES and local.date() in self.days:
            return moment
        same_morning = local.date() in self.days and local.time() < _OPENS
        later = [day for day in self.days if day > local.date()]
        day = local.date() if same_morning else later[0] if later else local.date() + timedelta(days=365)
        return datetime.combine(day, _OPENS, tzinfo=LIMA).astimezone(UTC) + timedelta(minutes=rng.uniform(0, 90))

    def later_time(self, moment: datetime, rng: Random) -> datetime:
        """A time on offer some days after that moment."""
        later = [one for one in self.starts if one > moment + timedelta(hours=20)]
        return rng.choice(later[:90]) if later else self.starts[-1]


async def set_stage(first: datetime, last: date, rules: BookingRules, survey_days: int, timeline: Timeline) -> Stage:
    """Name the staff that has no names yet, and look up where and when there is attention until the local day."""
    await _name_staff(first)
    center = (await fetch('SELECT "id", "code" FROM "center" WHERE "active" ORDER BY "code"'))[0]
    service = (await fetch('SELECT "id", "code" FROM "service" WHERE "active" ORDER BY "position"'))[0]
    seats = await fetch(
        'SELECT DISTINCT "starts_at" FROM "seat" WHERE "center" = {} AND "service" = {} AND "is_open" '
        'AND "starts_at" > {} AND "day" <= {} ORDER BY "starts_at"',
        *(center["id"], service["id"], first, last),
    )
    starts = tuple(row["starts_at"] for row in seats)
    districts = await fetch('SELECT "ubigeo" FROM "district" WHERE "province" = {} ORDER BY "ubigeo"', "Lima")
    return Stage(
        service=service["code"],
        center=center["code"],
        consultants=await _working_as(Role.CONSULTANT, center["id"]),
        supervisor=(await _working_as(Role.SUPERVISOR, center["id"]))[0],
        starts=starts,
        days=tuple(sorted({local_day(moment) for moment in starts})),
        districts=tuple(row["ubigeo"] for row in districts),
        rules=rules,
        survey_days=survey_days,
        timeline=timeline,
    )


async def _working_as(role: Role, center: UUID) -> tuple[UUID, ...]:
    rows = await fetch(
        'SELECT "id" FROM "staff" WHERE "role" = {} AND "active" AND ("center" = {} OR "center" IS NULL) '
        'ORDER BY "username"',
        *(role.value, center),
    )
    return tuple(row["id"] for row in rows)


async def _name_staff(now: datetime) -> None:
    """Names, mailboxes and video links for whoever has none; what people entered stays."""
    unnamed = {UNNAMED_SUPERVISOR: SUPERVISOR_NAME, UNNAMED_ADMINISTRATOR: ADMINISTRATOR_NAME}
    unnamed |= {CONSULTANT_NAME.format(number=number): name for number, name in enumerate(STAFF_NAMES, start=1)}
    for number, person in enumerate(await list_personnel()):
        kept = person.particulars
        meets = person.active and kept.role is Role.CONSULTANT
        given = replace(
            kept,
            name=unnamed.get(kept.name, kept.name),
            email=kept.email or f"{person.username}@example.org",
            meet_link=kept.meet_link or (_invented_link(number) if meets else ""),
        )
        await change_person(person, given, ACTOR, now)


def _invented_link(number: int) -> str:
    """A link as Google writes them; it opens nothing."""
    last = _LETTERS[number % len(_LETTERS)]
    return f"https://meet.google.com/dem-osin-re{last}"
