"""Sell what the kiosk does not hold: claim the seat, then sell it as if offline (ARCHITECTURE, escrow)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from kiosk.changing import MoveOrder, move_offline
from kiosk.leases import release
from kiosk.selling import Order, Sold, has_active_cita, sell
from kiosk.state import require_good_standing
from kiosk.sync import Sync, note_away
from portal.database.node import fetch, transactional
from portal.documents.slip import Paper
from portal.domain.errors import AlreadyReserved, DomainError, NotOffered, SeatTaken
from portal.domain.exchange import Claim, ClaimOutcome
from portal.domain.slots import SlotKey

PATIENCE: Final = timedelta(seconds=5)
"""How long somebody at the desk waits for the portal; what it says later is heard with the next exchange."""


class ClaimUnanswered(DomainError):
    """The portal did not answer whether the seat is ours; asking again asks under the same id."""


async def claim_and_sell(order: Order, sync: Sync, paper: Paper) -> Sold:
    """Sell a time that the kiosk holds, or claims now.

    Raises what a sale raises, and ClaimUnanswered while the portal is away.
    """

    async def try_to_sell() -> Sold:
        return await sell(order, await sync.now(), paper)

    try:
        return await try_to_sell()
    except (SeatTaken, NotOffered):
        # Before a seat is claimed in vain.
        if await has_active_cita(order.person, order.key.service):
            raise AlreadyReserved from None
    return await _claim_and(try_to_sell, order.key, order.consultant, sync)


async def claim_and_move(order: MoveOrder, sync: Sync, paper: Paper) -> Sold:
    """Move a cita to a time that the kiosk holds, or claims now.

    Raises what a move raises, and ClaimUnanswered while the portal is away.
    """

    async def try_to_move() -> Sold:
        return await move_offline(order, await sync.now(), paper)

    try:
        return await try_to_move()
    except (SeatTaken, NotOffered):
        return await _claim_and(try_to_move, order.key, order.consultant, sync)


async def _claim_and(deed: Callable[[], Awaitable[Sold]], key: SlotKey, consultant: UUID | None, sync: Sync) -> Sold:
    claim = await keep_claim(key, consultant, await sync.now())
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            answer = await sync.exchange(claim)
    except TimeoutError:
        await note_away(await sync.now())
        answer = None
    if answer is None or answer.declare:
        raise ClaimUnanswered
    await require_good_standing()
    if answer.claim is ClaimOutcome.NOT_OFFERED:
        raise NotOffered
    try:
        return await deed()
    except DomainError:
        await give_up(claim.lease, await sync.now())
        raise


@transactional
async def keep_claim(key: SlotKey, consultant: UUID | None, now: datetime) -> Claim:
    """The claim of a time, kept in the file before it is sent; the one under way, if there is one of that time."""
    rows = await fetch(
        'SELECT "lease" FROM "asked_claim" WHERE "service" = {} AND "modality" = {} AND "starts_at" = {} '
        "AND COALESCE(\"consultant\", '') = COALESCE({}, '')",
        *(key.service, key.modality.value, key.starts_at, consultant),
    )
    lease = rows[0]["lease"] if rows else uuid4()
    if not rows:
        await fetch(
            'INSERT INTO "asked_claim" ("lease", "service", "modality", "starts_at", "consultant", "asked_at") '
            "VALUES ({}, {}, {}, {}, {}, {})",
            *(lease, key.service, key.modality.value, key.starts_at, consultant, now),
        )
    return Claim(
        lease=lease,
        service=key.service,
        modality=key.modality.value,
        starts_at=key.starts_at,
        consultant=consultant,
    )


@transactional
async def give_up(lease: UUID, now: datetime) -> None:
    """What was claimed and not sold is given back, for somebody else."""
    await release(lease, now)
