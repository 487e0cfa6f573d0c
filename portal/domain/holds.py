"""Hold a seat while somebody fills in the form: one conditional update, no sweeper, no lock while typing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.database.node import Write, fetch, transactional, write_at_once, writes_at_once
from portal.domain.attempts import WITHIN_LIMITS, Tries, count, counting, refuse_too_many
from portal.domain.epochs import hold_back_one
from portal.domain.errors import HoldNotExtendable, NotOffered, SeatTaken
from portal.domain.kiosk_outlook import next_days, note_next_day
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, FREE, OF_SLOT, SlotKey, last_day_on_offer, nearest_slots
from portal.domain.spanish_dates import local_day
from portal.domain.visits import Visit, remember_hold, visit_begun


@dataclass(frozen=True, slots=True)
class Candidate:
    """A free seat of the slot, with how many citas its consultor has that day."""

    seat: UUID
    load: int


# How many citas the consultor of a seat has on its day.
_LOAD = (
    '(SELECT count(*) FROM "seat" "other" WHERE "other"."consultant" = "seat"."consultant" '
    'AND "other"."day" = "seat"."day" AND "other"."appointment" IS NOT NULL)'
)

_ON_A_CLOSED_DAY = (
    'EXISTS (SELECT 1 FROM "closure" WHERE "seat"."day" BETWEEN "closure"."first_day" AND "closure"."last_day" '
    'AND ("closure"."consultant" = "seat"."consultant" OR ("closure"."consultant" IS NULL '
    'AND ("closure"."center" IS NULL OR "closure"."center" = "seat"."center"))))'
)


async def hold_seat(
    key: SlotKey,
    token: str,
    replaces: str | None,
    now: datetime,
    rules: BookingRules,
    consultant: UUID | None = None,
) -> UUID:
    """Hold the least loaded free seat of a slot under ``token``; the browser's former hold ``replaces`` is let go.

    Staff may choose the ``consultant``. Returns the seat. Raises NotOffered (past, too soon, beyond the horizon,
    unknown) or SeatTaken with the nearest times; in both cases the former hold stays.
    """
    if not is_on_offer(key, now, rules):
        raise NotOffered
    for candidate in await find_candidates(key, now, replaces, consultant):
        if await _take(candidate.seat, token, replaces, now, rules):
            return candidate.seat
    if not await was_opened(key):
        raise NotOffered
    raise SeatTaken(await nearest_slots(key, now, rules))


async def hold_for_visit(
    key: SlotKey, token: str, visit: Visit | None, cookie: str, now: datetime, rules: BookingRules, tries: Tries
) -> None:
    """``hold_seat`` for the browser with that ``cookie``, and note it in its visit, which begins when it has none.

    Counts the ``tries`` as well, whatever comes of it. Raises TooManyAttempts besides.
    """
    if visit is None and writes_at_once() and is_on_offer(key, now, rules):
        if await _begin_at_once(key, token, cookie, now, rules, tries):
            return
    else:
        await count(tries)
    seat = await hold_seat(key, token, visit.hold_token if visit else None, now, rules)
    await remember_hold(cookie, token, seat, key.modality, now)


async def _begin_at_once(
    key: SlotKey, token: str, cookie: str, now: datetime, rules: BookingRules, tries: Tries
) -> bool:
    """Count the tries, choose, hold and begin the visit by one statement; False: only the tries were counted, as there
    is no seat, or somebody else got that one first. Raises TooManyAttempts.
    """
    choice = (
        f'SELECT "seat"."id" FROM "seat" WHERE {OF_SLOT} AND "seat"."day" = {{}} AND "seat"."starts_at" = {{}} '
        f"AND {ALLOWS[key.modality]} AND {FREE} ORDER BY {_LOAD}, random() LIMIT 1"
    )
    hold = Write(
        'UPDATE "seat" SET "hold_token" = {}, "held_until" = {}, "hold_extensions" = 0 '
        f'WHERE "seat"."id" = ({choice}) AND {FREE} AND {WITHIN_LIMITS} RETURNING "id"',
        (token, now + rules.hold, key.center, key.service, local_day(key.starts_at), key.starts_at, now, now),
        "held",
    )
    begin = visit_begun(cookie, token, key.modality, now, held="held", name="begun")
    outcome = Write('SELECT "key", "tries", EXISTS (SELECT 1 FROM "begun") AS "has_begun" FROM "counted"', ())
    rows = await write_at_once(counting(tries), hold, begin, outcome)
    refuse_too_many(tries, rows)
    return bool(rows[0]["has_begun"])


def is_on_offer(key: SlotKey, now: datetime, rules: BookingRules) -> bool:
    """Whether a time may be booked at all: neither too soon nor beyond the horizon."""
    return key.starts_at >= now + rules.notice and local_day(key.starts_at) <= last_day_on_offer(now, rules)


async def find_candidates(
    key: SlotKey, now: datetime, replaces: str | None = None, consultant: UUID | None = None
) -> list[Candidate]:
    """The free seats of a slot (and the browser's own), least loaded consultor first; ties fall at random.

    Of one consultor alone when that is given.
    """
    chosen, whom = ('AND "seat"."consultant" = {}', (consultant,)) if consultant else ("", ())
    rows = await fetch(
        f'SELECT "seat"."id", {_LOAD} AS "load" FROM "seat" '
        f'WHERE {OF_SLOT} AND "seat"."day" = {{}} AND "seat"."starts_at" = {{}} AND {ALLOWS[key.modality]} '
        f'AND (({FREE}) OR ("seat"."hold_token" = {{}} AND "seat"."is_open")) {chosen}',
        *(key.center, key.service, local_day(key.starts_at), key.starts_at, now, replaces or ""),
        *whom,
    )
    candidates = [Candidate(row["id"], row["load"]) for row in rows]
    random.shuffle(candidates)
    return sorted(candidates, key=lambda candidate: candidate.load)


async def _take(seat: UUID, token: str, replaces: str | None, now: datetime, rules: BookingRules) -> bool:
    if replaces is None:
        return await _hold_if_free(seat, token, None, now, rules)  # one statement needs no transaction around it
    return await _take_instead(seat, token, replaces, now, rules)


@transactional
async def _take_instead(seat: UUID, token: str, replaces: str, now: datetime, rules: BookingRules) -> bool:
    taken = await _hold_if_free(seat, token, replaces, now, rules)
    if taken:
        await let_go(replaces)
    return taken


async def _hold_if_free(seat: UUID, token: str, replaces: str | None, now: datetime, rules: BookingRules) -> bool:
    taken = await fetch(
        'UPDATE "seat" SET "hold_token" = {}, "held_until" = {}, "hold_extensions" = 0 '
        f'WHERE "seat"."id" = {{}} AND (({FREE}) OR ("seat"."hold_token" = {{}} AND "seat"."is_open")) RETURNING "id"',
        *(token, now + rules.hold, seat, now, replaces or ""),
    )
    return bool(taken)


async def let_go(token: str) -> None:
    """Free the seat held under a token at once; nothing happens when there is none."""
    await fetch(
        'UPDATE "seat" SET "hold_token" = NULL, "held_until" = NULL WHERE "hold_token" = {} AND "appointment" IS NULL',
        token,
    )


async def extend_hold(token: str, now: datetime, rules: BookingRules) -> datetime:
    """Give a hold its full time anew; returns the new end (UTC). Raises HoldNotExtendable."""
    rows = await fetch(
        'UPDATE "seat" SET "held_until" = {}, "hold_extensions" = "hold_extensions" + 1 '
        'WHERE "hold_token" = {} AND "is_open" AND "appointment" IS NULL AND "kiosk" IS NULL '
        'AND "hold_extensions" < {} AND "starts_at" > {} RETURNING "id"',
        *(now + rules.hold, token, rules.hold_extensions, now),
    )
    if not rows:
        raise HoldNotExtendable
    return now + rules.hold


async def give_back(seat: UUID, appointment: UUID, now: datetime, rules: BookingRules) -> None:
    """Put the seat of a cancelled or moved cita on offer again after a random delay, so that nobody can hand it on.

    The delay is a hold without a token: it runs out by itself. Belongs into the transaction that ends the cita. Closing
    a day leaves booked seats open: one that is given back there closes.
    """
    closes = await fetch(f'SELECT "id" FROM "seat" WHERE "id" = {{}} AND "is_open" AND {_ON_A_CLOSED_DAY}', seat)
    ahead = await next_days(now) if closes else {}
    span = (rules.release_max - rules.release_min).total_seconds()
    delay = rules.release_min + timedelta(seconds=random.SystemRandom().uniform(0, span))
    given = await fetch(
        'UPDATE "seat" SET "appointment" = NULL, "hold_token" = NULL, "held_until" = {} '
        'WHERE "id" = {} AND "appointment" = {} RETURNING "center"',
        *(now + delay, seat, appointment),
    )
    if given and closes:
        await fetch('UPDATE "seat" SET "is_open" = {} WHERE "id" = {}', *(False, seat))
        await note_next_day(now, ahead)
    if given:
        await hold_back_one(seat, given[0]["center"], now + delay)


async def was_opened(key: SlotKey) -> bool:
    """Whether there are seats at that time that may be booked in that modality, free or not."""
    rows = await fetch(
        f'SELECT 1 AS "one" FROM "seat" WHERE {OF_SLOT} '
        f'AND "seat"."day" = {{}} AND "seat"."starts_at" = {{}} AND {ALLOWS[key.modality]} '
        'AND "seat"."is_open" LIMIT 1',
        *(key.center, key.service, local_day(key.starts_at), key.starts_at),
    )
    return bool(rows)
