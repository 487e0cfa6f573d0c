"""Does the register add up: all citas are the sum of their states, and every one of them was written down.

The sums are asked of the citas alone, without the tables that rows are joined from, so that a row which was lost or
doubled on its way shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from portal.database.node import fetch
from portal.database.snapshot import Read
from portal.domain.register import RegisterRow
from portal.domain.register_filter import RegisterFilter, condition_of
from portal.domain.vocabulary import State

Written: TypeAlias = Counter[tuple[UUID, State]]
"""How many rows were written, by consultor and state."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sum in the database beside the one of the rows written; ``name`` is that of a consultor."""

    counted: int
    written: int
    state: State | None = None
    name: str = ""

    @property
    def agrees(self) -> bool:
        return self.counted == self.written


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """``total`` counts all citas at once; ``states`` and ``consultants`` count them again by what they are."""

    total: Line
    states: tuple[Line, ...]
    consultants: tuple[Line, ...]

    @property
    def agrees(self) -> bool:
        """Whether every sum is the one beside it, and the states, and the consultores, make the total."""
        return (
            all(line.agrees for line in (self.total, *self.states, *self.consultants))
            and sum(line.counted for line in self.states) == self.total.counted
            and sum(line.counted for line in self.consultants) == self.total.counted
        )


def tally(written: Written, rows: Iterable[RegisterRow]) -> None:
    """Add rows to what was written."""
    written.update((row.consultant, row.state) for row in rows)


async def reconcile(chosen: RegisterFilter, written: Written, read: Read = fetch) -> Reconciliation:
    """Ask for the sums of a filter and put them beside those of the rows written."""
    condition, values = condition_of(chosen)
    total = await count_citas(chosen, read)
    by_state = await read(
        f'SELECT "state", count(*) AS "number" FROM "appointment" WHERE {condition} GROUP BY "state"', *values
    )
    states = {State(row["state"]): int(row["number"]) for row in by_state}
    by_consultant = await read(
        f'SELECT "consultant", count(*) AS "number" FROM "appointment" WHERE {condition} GROUP BY "consultant"',
        *values,
    )
    people = {row["consultant"]: int(row["number"]) for row in by_consultant}
    names = {row["id"]: str(row["name"]) for row in await read('SELECT "id", "name" FROM "staff"')}
    rows_of_state: Counter[State] = Counter()
    rows_of_person: Counter[UUID] = Counter()
    for (consultant, state), number in written.items():
        rows_of_state[state] += number
        rows_of_person[consultant] += number
    return Reconciliation(
        total=Line(total, written.total()),
        states=tuple(Line(states.get(state, 0), rows_of_state[state], state=state) for state in State),
        consultants=tuple(
            Line(people.get(one, 0), rows_of_person[one], name=names.get(one, ""))
            for one in sorted(people.keys() | rows_of_person.keys(), key=lambda one: (names.get(one, ""), str(one)))
        ),
    )


async def count_citas(chosen: RegisterFilter, read: Read = fetch) -> int:
    """How many citas a filter picks, all of them counted."""
    condition, values = condition_of(chosen)
    rows = await read(f'SELECT count(*) AS "number" FROM "appointment" WHERE {condition}', *values)
    return int(rows[0]["number"])


async def count_up_to(chosen: RegisterFilter, most: int) -> int:
    """How many citas a filter picks, or ``most`` if there are more: quick however many there are."""
    condition, values = condition_of(chosen)
    rows = await fetch(
        f'SELECT count(*) AS "number" FROM (SELECT 1 FROM "appointment" WHERE {condition} LIMIT {{}}) AS "some"',
        *(*values, most),
    )
    return int(rows[0]["number"])
