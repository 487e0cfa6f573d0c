"""Years of citas in one database: what five consultores have attended, and what is reserved from now on."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from portal.database.node import fetch
from portal.domain.codes import ALPHABET, LENGTH, check_character
from portal.domain.modality import Modality
from portal.domain.spanish_dates import LIMA
from portal.domain.vocabulary import EventKind, State

_FUTURE_CITAS = 1_200  # of the seats of the next 60 days, as many whatever lies in the past
_TIMES = tuple(time(8 + (1 + half) // 2, 30 * ((1 + half) % 2)) for half in range(16) if half not in (9, 10))
_GIVEN = ("Rosa María", "Julio", "Carmen", "Luis Alberto", "Ana", "José", "Milagros", "Víctor", "Flor de María")
_SURNAMES = ("Ñahui", "Quispe", "Huamán", "Flores", "Rojas", "Mamani", "García", "Chávez", "Condori", "D'Angelo")
# What becomes of citas, in shares of a hundred.
_ENDS = (State.ATTENDED,) * 78 + (State.ABANDONED,) * 12 + (State.CANCELLED,) * 7 + (State.NOT_HELD,) * 3
_MODALITIES = tuple(modality.value for modality in Modality)

Values = tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """Rows by table, with the columns that each has; ``booked`` are seats on file and their new citas."""

    citizens: list[Values] = field(default_factory=list)
    seats: list[Values] = field(default_factory=list)
    citas: list[Values] = field(default_factory=list)
    events: list[Values] = field(default_factory=list)
    booked: list[tuple[UUID, UUID]] = field(default_factory=list)


_CITIZEN = ("id", "document_type", "document_number", "created_at")
_SEAT = (
    "id", "center", "service", "consultant", "day", "starts_at", "ends_at", "number", "allows_virtual",
    "allows_in_person", "allows_phone", "is_open", "appointment", "hold_extensions",
)  # fmt: skip
_CITA = (
    "id", "code", "hold_token", "state", "displaced", "duplicate", "citizen", "seat", "center", "service", "consultant",
    "modality", "starts_at", "ends_at", "given_names", "first_surname", "second_surname", "email", "phone", "ubigeo",
    "preference", "language", "motive", "privacy_version", "promotions_accepted", "origin", "meet_link", "calendar_uid",
    "calendar_sequence", "created_at",
)  # fmt: skip
_EVENT = ("id", "appointment", "kind", "at", "actor", "details")


async def fill(url: str, citas: int, now: datetime) -> None:
    """Add that many citas to the current node's database, which is at ``url``: the same ones ahead, the rest behind."""
    open_seats = await fetch(
        'SELECT "id", "center", "service", "consultant", "starts_at", "ends_at" FROM "seat" '
        'WHERE "starts_at" > {} AND "starts_at" < {}',
        *(now + timedelta(days=1), now + timedelta(days=60)),
    )
    chance = random.Random(citas)  # each run has the same ones
    rows = Rows()
    people = _citizens(rows, citas // 3 + _FUTURE_CITAS, now)
    for seat, citizen in zip(chance.sample(open_seats, _FUTURE_CITAS), people, strict=False):
        cita = _add_cita(rows, chance, seat, citizen, State.RESERVED, now)
        rows.booked.append((cita, seat["id"]))
    days = _working_days_before(now)
    consultants = {seat["consultant"]: seat for seat in open_seats}
    while len(rows.citas) < citas:
        _add_day(rows, chance, next(days), list(consultants.values()), people[_FUTURE_CITAS:], citas)
    await _write(url, rows)


async def fill_tomorrow(url: str, citas: int, now: datetime) -> None:
    """Add that many reserved citas of tomorrow, which nobody was reminded of, to the database at ``url``.

    They sit on no seats: nothing that happens to them before tomorrow looks at those.
    """
    [template] = await fetch('SELECT "id", "center", "service", "consultant" FROM "seat" LIMIT 1')
    chance = random.Random(citas)
    rows = Rows()
    tomorrow = now.astimezone(LIMA).date() + timedelta(days=1)
    for place, citizen in enumerate(_citizens(rows, citas, now)):
        starts_at = datetime.combine(tomorrow, _TIMES[place % len(_TIMES)], LIMA).astimezone(UTC)
        seat = {**template, "id": None, "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30)}
        _add_cita(rows, chance, seat, citizen, State.RESERVED, now - timedelta(days=3))
    await _write(url, rows)


async def fill_seats(url: str, seats: Sequence[dict[str, Any]], now: datetime) -> None:
    """Add a reserved cita, of somebody of their own, on each of these seats; on none where a seat has no id."""
    chance = random.Random(len(seats))
    rows = Rows()
    for seat, citizen in zip(seats, _citizens(rows, len(seats), now), strict=True):
        cita = _add_cita(rows, chance, seat, citizen, State.RESERVED, now)
        if seat["id"] is not None:
            rows.booked.append((cita, seat["id"]))
    await _write(url, rows)


async def fill_year(url: str, consultants: list[UUID], now: datetime) -> int:
    """Add a year of citas of these consultores, and a full day today; how many there are then."""
    [seat] = await fetch('SELECT "id", "center", "service" FROM "seat" LIMIT 1')
    chance = random.Random(len(consultants))
    rows = Rows()
    templates = [{**seat, "consultant": consultant} for consultant in consultants]
    people = _citizens(rows, 40_000, now)
    today = now.astimezone(LIMA).date()
    for at in _TIMES:
        starts_at = datetime.combine(today, at, LIMA).astimezone(UTC)
        for template in templates:
            of_today = {**template, "id": None, "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30)}
            state = State.RESERVED if starts_at > now else chance.choice(_ENDS)
            _add_cita(rows, chance, of_today, people[len(rows.citas)], state, now - timedelta(days=3))
    days = _working_days_before(now)
    while (day := next(days)) > today - timedelta(days=365):
        _add_day(rows, chance, day, templates, people, len(rows.citas) + len(templates) * len(_TIMES))
    await _write(url, rows)
    return len(rows.citas)


def _citizens(rows: Rows, number: int, now: datetime) -> list[UUID]:
    people = [uuid4() for _ in range(number)]
    rows.citizens += [(one, "01", f"{40_000_000 + place}", now) for place, one in enumerate(people)]
    return people


def _working_days_before(now: datetime) -> Iterator[date]:
    day = now.astimezone(LIMA).date() - timedelta(days=1)
    while True:
        if day.weekday() < 5:
            yield day
        day -= timedelta(days=1)


def _add_day(
    rows: Rows, chance: random.Random, day: date, templates: list[dict[str, Any]], people: list[UUID], most: int
) -> None:
    """A day of all consultores: most seats had a cita, until there are ``most`` citas."""
    for template in templates:
        for at in _TIMES:
            starts_at = datetime.combine(day, at, LIMA).astimezone(UTC)
            seat = {
                **template,
                "id": uuid4(),
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(minutes=30),
            }
            cita = None
            if chance.random() < 0.85 and len(rows.citas) < most:
                state = chance.choice(_ENDS)
                made_at = starts_at - timedelta(days=chance.randint(1, 40), minutes=chance.randint(0, 600))
                cita = _add_cita(rows, chance, seat, chance.choice(people), state, made_at)
                cita = None if state is State.CANCELLED else cita
            rows.seats.append(
                (
                    *(seat[name] for name in ("id", "center", "service", "consultant")),
                    *(day, starts_at, seat["ends_at"], 1, True, True, True, True, cita, 0),
                )
            )


def _add_cita(
    rows: Rows, chance: random.Random, seat: dict[str, Any], citizen: UUID, state: State, made_at: datetime
) -> UUID:
    cita = uuid4()
    rows.citas.append(
        (
            *(cita, _code(len(rows.citas)), cita.hex, state.value, False, False, citizen, seat["id"]),
            *(seat[name] for name in ("center", "service", "consultant")),
            *(chance.choice(_MODALITIES), seat["starts_at"], seat["ends_at"]),
            *(chance.choice(_GIVEN), chance.choice(_SURNAMES), chance.choice(_SURNAMES), "persona@example.org"),
            *("+51987654321", "150113", "", "es", "", "2026-11", False, "web", "", cita, 0, made_at),
        )
    )
    rows.events.append((uuid4(), cita, EventKind.RESERVED.value, made_at, "citizen", json.dumps({"origin": "web"})))
    return cita


def _code(number: int) -> str:
    """A code of its own for each number; random ones would meet among 200,000."""
    body = ""
    for _ in range(LENGTH - 1):
        number, place = divmod(number, len(ALPHABET))
        body += ALPHABET[place]
    return body + check_character(body)


def _tables(rows: Rows) -> tuple[tuple[str, tuple[str, ...], list[Values]], ...]:
    return (
        ("citizen", _CITIZEN, rows.citizens),
        ("seat", _SEAT, rows.seats),
        ("appointment", _CITA, rows.citas),
        ("appointment_event", _EVENT, rows.events),
    )


# Indexes are built when all rows are there: one by one, in order, instead of row by row all over them.


async def _write(url: str, rows: Rows) -> None:
    if url.startswith("sqlite"):
        _write_sqlite(url.removeprefix("sqlite:///"), rows)
    else:
        await _write_postgres(url, rows)


def _write_sqlite(path: str, rows: Rows) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        for table, columns, values in _tables(rows):
            names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" for _ in columns)
            connection.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)
        connection.executemany('UPDATE "seat" SET "appointment" = ? WHERE "id" = ?', rows.booked)
        for _, sql in indexes:
            connection.execute(sql)


async def _write_postgres(url: str, rows: Rows) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")  # no look at what each row refers to
        indexes = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
        for name, _ in indexes:
            await connection.execute(f'DROP INDEX "{name}"')
        for table, columns, values in _tables(rows):
            await connection.copy_records_to_table(table, records=values, columns=columns)
        await connection.executemany('UPDATE "seat" SET "appointment" = $1 WHERE "id" = $2', rows.booked)
        for _, sql in indexes:
            await connection.execute(sql)
        await connection.execute("VACUUM ANALYZE")  # what the server does by itself within the minute
    finally:
        await connection.close()
