"""A new cita: its row, under a fresh code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from portal.database.node import fetch
from portal.domain.codes import make_code
from portal.domain.errors import AlreadyReserved
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import State


@dataclass(frozen=True, slots=True)
class Booked:
    """A cita that now exists. ``repeated`` says that it existed before: a double click, a resend, a way back."""

    id: UUID
    code: str
    repeated: bool = False


def complete(values: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The columns of a new row: those given, and how every cita begins."""
    fixed = {
        "state": State.RESERVED.value,
        "displaced": False,
        "duplicate": False,
        "unrecorded": False,
        "meet_link": "",
        "created_at": now,
    }
    return {**fixed, **values}


async def add_appointment(values: dict[str, Any], now: datetime, given_code: str = "") -> str:
    """Insert the row under a fresh code, inside the transaction that takes its seat; returns the code.

    A kiosk's sale brings the code of its lease. Raises AlreadyReserved when a wall (one active cita per person and
    service) refuses it.
    """
    row = complete(values, now)
    columns = ", ".join(f'"{column}"' for column in ("code", *row))
    marks = ", ".join("{}" for _ in range(len(row) + 1))
    # A second try, with another code, after a collision of codes (one in 10^10) or once nothing stands in the way.
    for _ in range(2):
        code = given_code or make_code()
        inserted = await fetch(
            f'INSERT INTO "appointment" ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING "id"',
            *(code, *row.values()),
        )
        if inserted:
            return code
        collided = not given_code and await _code_exists(code)
        if not collided and not await _set_aside_unrecorded(row["citizen"], row["service"], now):
            break
    raise AlreadyReserved


async def _set_aside_unrecorded(citizen: UUID, service: UUID, now: datetime) -> bool:
    """Let a cita whose day went by without a record no longer block its person; whether there was one.

    It stays reserved for the consultor to record what happened.
    """
    midnight = datetime.combine(local_day(now), time(), tzinfo=LIMA)
    return bool(
        await fetch(
            'UPDATE "appointment" SET "unrecorded" = {} WHERE "citizen" = {} AND "service" = {} AND NOT "unrecorded" '
            'AND "state" = \'reserved\' AND "starts_at" < {} RETURNING "id"',
            *(True, citizen, service, midnight.astimezone(UTC)),
        )
    )


async def _code_exists(code: str) -> bool:
    return bool(await fetch('SELECT "id" FROM "appointment" WHERE "code" = {}', code))
