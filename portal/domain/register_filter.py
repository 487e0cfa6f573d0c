"""Which rows of the register somebody asks for, and which of them they may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from portal.database.node import fetch
from portal.domain.spanish_dates import LIMA
from portal.domain.staff import StaffView
from portal.domain.vocabulary import Role, State

LONGEST_RANGE: Final = timedelta(days=366)
"""From the first day to the day after the last one."""

_NOWHERE: Final = UUID(int=0)
"""The sede of a consultor who has none: no cita is held there."""


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """Local days of the start, both included; None: whatever it is."""

    first_day: date
    last_day: date
    center: UUID | None = None
    consultant: UUID | None = None
    service: UUID | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose from a list. ``value`` is what addresses carry: a code or an id, never a name."""

    id: UUID
    value: str
    name: str


@dataclass(frozen=True, slots=True)
class RegisterChoices:
    """What somebody may filter by. Whoever left and what is closed stay: the register tells of the past."""

    centers: tuple[Choice, ...]
    consultants: tuple[Choice, ...]
    services: tuple[Choice, ...]

    def names_of(self, chosen: RegisterFilter) -> FilterNames:
        """What a filter picks, by its names."""
        return FilterNames(
            *(
                next((choice.name for choice in choices if choice.id == wanted), "")
                for choices, wanted in (
                    (self.centers, chosen.center),
                    (self.consultants, chosen.consultant),
                    (self.services, chosen.service),
                )
            )
        )


@dataclass(frozen=True, slots=True)
class FilterNames:
    """The names of what a filter picks; empty: all."""

    center: str
    consultant: str
    service: str


def sede_of(staff: StaffView) -> UUID | None:
    """The only sede whose citas somebody sees (portal/domain/permissions.py); None: they see all of them."""
    if staff.role is Role.ADMINISTRATOR or (staff.steers and staff.center is None):
        return None
    return staff.center or _NOWHERE


def within_reach(chosen: RegisterFilter, staff: StaffView) -> RegisterFilter:
    """The same filter, kept to what somebody may see."""
    sede = sede_of(staff)
    return chosen if sede is None else replace(chosen, center=sede)


async def read_choices(staff: StaffView) -> RegisterChoices:
    """What somebody may filter by: all sedes and their people, or the one they work in."""
    sede = sede_of(staff)
    values = () if sede is None else (sede,)
    here, people = ("", "") if sede is None else ('WHERE "id" = {}', 'AND "center" = {}')
    centers = await fetch(f'SELECT "id", "code", "name" FROM "center" {here} ORDER BY "name"', *values)
    consultants = await fetch(
        f'SELECT "id", "name" FROM "staff" WHERE "role" = \'consultant\' {people} ORDER BY "name", "id"',
        *values,
    )
    services = await fetch('SELECT "id", "code", "name" FROM "service" ORDER BY "position", "name"')
    return RegisterChoices(
        centers=tuple(Choice(row["id"], row["code"], row["name"]) for row in centers),
        consultants=tuple(Choice(row["id"], str(row["id"]), row["name"]) for row in consultants),
        services=tuple(Choice(row["id"], row["code"], row["name"]) for row in services),
    )


def condition_of(chosen: RegisterFilter) -> tuple[str, list[object]]:
    """The condition over ``appointment`` that a filter means, and its values."""
    terms = ['"appointment"."starts_at" >= {}', '"appointment"."starts_at" < {}']
    values: list[object] = [_midnight(chosen.first_day), _midnight(chosen.last_day + timedelta(days=1))]
    for column, value in (
        ("center", chosen.center),
        ("consultant", chosen.consultant),
        ("service", chosen.service),
        ("state", chosen.state and chosen.state.value),
    ):
        if value is not None:
            terms.append(f'"appointment"."{column}" = {{}}')
            values.append(value)
    return " AND ".join(terms), values


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LIMA).astimezone(UTC)
