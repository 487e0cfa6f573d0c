"""Hundreds of citizens want one seat: who gets it, and what the others read."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.database.node import fetch
from tests.bench.connection import Answer, Connection
from tests.bench.visitor import Visitor, times_in
from tests.bench.walk import GOES_ON, SOMEBODY_WAS_FASTER, Astray, code_in, confirm, fill_in, hold

FASTER = "Otra persona acaba de reservar ese horario"
_FAULTS = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a rush. ``citas`` are those that sit on the seat in the database, ``booked`` the citizens who were
    led to one, ``told`` those who read that somebody was faster and were offered other times, ``faults`` answers 5xx.
    """

    citizens: int
    citas: int
    booked: int
    told: int
    faults: int

    @property
    def is_right(self) -> bool:
        """Exactly one has the cita, and everybody else was told so."""
        return self == Outcome(self.citizens, citas=1, booked=1, told=self.citizens - 1, faults=0)


@dataclass(frozen=True, slots=True)
class LonelySeat:
    """The only open seat of its time. ``day`` is local, as the address of the picker takes it."""

    id: UUID
    day: str
    starts_at: datetime

    def time_in(self, page: Answer) -> str:
        """The value of the button that takes it. Raises Astray when the page does not offer it."""
        start = f"{self.starts_at:%Y%m%dT%H%MZ}"
        found = [time for time in times_in(page) if time.endswith(start)]
        if not found:
            raise Astray(f"{self.day} does not offer {start}: {page.status}")
        return found[0]


async def single_out_seat(now: datetime) -> LonelySeat:
    """Close all seats of some time two days ahead or later on the current node, but one."""
    (row,) = await fetch(
        'SELECT "id", "day", "starts_at" FROM "seat" WHERE "is_open" AND "appointment" IS NULL AND "starts_at" > {} '
        'ORDER BY "starts_at" LIMIT 1',
        now + timedelta(days=2),
    )
    await fetch(
        'UPDATE "seat" SET "is_open" = {} WHERE "starts_at" = {} AND "id" <> {}', False, row["starts_at"], row["id"]
    )
    return LonelySeat(row["id"], str(row["day"]), row["starts_at"])


async def rush_to_hold(port: int, seat: LonelySeat, citizens: int) -> Outcome:
    """Everybody looks at the day, then all press the same time at once; who holds it walks on to the cita."""
    async with AsyncExitStack() as stack:
        visitors = await _arrive(stack, port, citizens, first=0)
        pages = await asyncio.gather(*(visitor.get(f"/reservar?fecha={seat.day}") for visitor in visitors))
        time = seat.time_in(pages[0])
        answers = await asyncio.gather(
            *(hold(visitor, time, page) for visitor, page in zip(visitors, pages, strict=True))
        )
        booked = []
        for visitor, answer in zip(visitors, answers, strict=True):
            if answer.status == GOES_ON:
                review, _ = await fill_in(visitor)
                booked.append(await confirm(visitor, review))
        return await _judge(seat, [answer for answer in answers if answer.status != GOES_ON], booked)


async def rush_to_confirm(port: int, seat: LonelySeat, citizens: int) -> Outcome:
    """Each held the seat once and filled in, and the hold ran out; then all confirm at once."""
    async with AsyncExitStack() as stack:
        visitors = await _arrive(stack, port, citizens, first=citizens)
        pages = await asyncio.gather(*(visitor.get(f"/reservar?fecha={seat.day}") for visitor in visitors))
        reviews = []
        for visitor, page in zip(visitors, pages, strict=True):
            await hold(visitor, seat.time_in(page), page)
            reviews.append((await fill_in(visitor))[0])
            await _let_time_pass(seat)
        answers = await asyncio.gather(
            *(confirm(visitor, review) for visitor, review in zip(visitors, reviews, strict=True))
        )
        booked = [answer for answer in answers if answer.status == GOES_ON]
        return await _judge(seat, [answer for answer in answers if answer.status != GOES_ON], booked)


async def _arrive(stack: AsyncExitStack, port: int, citizens: int, first: int) -> list[Visitor]:
    return [
        Visitor(await stack.enter_async_context(await Connection.open(port)), number)
        for number in range(first, first + citizens)
    ]


async def _let_time_pass(seat: LonelySeat) -> None:
    """The minutes that a hold lasts, all at once."""
    (row,) = await fetch('SELECT "held_until" FROM "seat" WHERE "id" = {}', seat.id)
    await fetch(
        'UPDATE "seat" SET "held_until" = {} WHERE "id" = {}', row["held_until"] - timedelta(minutes=15), seat.id
    )


async def _judge(seat: LonelySeat, others: list[Answer], booked: list[Answer]) -> Outcome:
    (row,) = await fetch('SELECT count(*) AS "citas" FROM "appointment" WHERE "seat" = {}', seat.id)
    return Outcome(
        citizens=len(others) + len(booked),
        citas=row["citas"],
        booked=sum(1 for answer in booked if answer.status == GOES_ON and code_in(answer.location)),
        told=sum(1 for answer in others if _was_told(answer)),
        faults=sum(1 for answer in (*others, *booked) if answer.status >= _FAULTS),
    )


def _was_told(answer: Answer) -> bool:
    return answer.status == SOMEBODY_WAS_FASTER and FASTER in answer.text and bool(times_in(answer))
