"""The agenda: the citas of a day, of one consultor or of a whole sede, and what earlier days left to be recorded.

PE-BT-01, activity 02: "identificar todas las citas y horarios reservados".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from portal.domain.desk import DeskCita, select_desk_citas
from portal.domain.phases import TOLERANCE
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import GIVEN_BACK_STATES, State

MOST_TO_RECORD: Final = 30
"""How many citas of earlier days are listed at once, oldest first."""

_OF_CONSULTANT = '("appointment"."consultant" = {} OR "attention"."attended_by" = {})'


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose citas: those of a sede, or of one of its consultores and those that this one attends for a colleague."""

    center: UUID
    consultant: UUID | None = None


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The midnights in Lima, in UTC, that a local day lies between."""
    first = datetime.combine(day, time(), tzinfo=LIMA).astimezone(UTC)
    return first, first + timedelta(days=1)


async def read_day(whose: Whose, day: date) -> list[DeskCita]:
    """All citas of a local day, by start, whatever became of them."""
    return await _select(whose, '"appointment"."starts_at" >= {} AND "appointment"."starts_at" < {}', *day_bounds(day))


async def read_left_waiting(center: UUID, now: datetime) -> list[DeskCita]:
    """The citas of today whose owner waits at this moment, since nobody invited them in time: an alert for the sede."""
    return await _select(
        Whose(center),
        '"appointment"."state" = \'reserved\' AND "appointment"."invited_at" IS NULL '
        'AND "appointment"."starts_at" >= {} AND "appointment"."starts_at" <= {}',
        *(day_bounds(local_day(now))[0], now - TOLERANCE),
    )


async def read_to_record(whose: Whose, now: datetime) -> list[DeskCita]:
    """The citas of earlier days that nobody recorded: still reserved, or begun and never ended."""
    condition = (
        '"appointment"."state" IN (\'reserved\', \'in_attention\') AND "appointment"."starts_at" < {}',
        day_bounds(local_day(now))[0],
    )
    found = await _select(whose, *condition, most=MOST_TO_RECORD)
    return found[:MOST_TO_RECORD]


async def _select(whose: Whose, condition: str, *values: object, most: int = 0) -> list[DeskCita]:
    """Citas of a sede, or of a consultor in it: the index of the sede serves both."""
    wanted: list[object] = [whose.center, *values]
    clause = f'"appointment"."center" = {{}} AND {condition}'
    if whose.consultant is not None:
        clause += f" AND {_OF_CONSULTANT}"
        wanted += [whose.consultant, whose.consultant]
    if most:
        clause = (
            '"appointment"."id" IN (SELECT "appointment"."id" FROM "appointment" '
            'LEFT JOIN "attention" ON "attention"."appointment" = "appointment"."id" '
            f'WHERE {clause} ORDER BY "appointment"."starts_at" LIMIT {most:d})'
        )
    return await select_desk_citas(clause, *wanted)


async def read_report_day(whose: Whose, day: date, state: State | None) -> list[DeskCita]:
    """The citas of a day in one state; without one, all that were neither cancelled nor moved."""
    citas = await read_day(whose, day)
    if state is not None:
        return [cita for cita in citas if cita.state is state]
    return [cita for cita in citas if cita.state not in GIVEN_BACK_STATES]
