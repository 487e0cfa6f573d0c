"""The simulation can fail: with a rule of the protocol switched off, it finds what the rule is for (ARCHITECTURE)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

import kiosk.changing
import kiosk.leases
import kiosk.sync
from portal.database.node import fetch, transactional
from portal.domain import epochs, kiosk_exchange, kiosk_log, leases
from portal.domain.errors import NotOffered
from portal.domain.kiosk_sales import Applied, Remark, book_sale
from tests.simulation import desk_steps, portal_steps
from tests.simulation.running import run
from tests.simulation.template import Template
from tests.simulation.test_simulation import SEEDS

Switch = Callable[[pytest.MonkeyPatch], None]


def forget_dropped(patch: pytest.MonkeyPatch) -> None:
    """Rule 1: a lease that was dropped is sold under again when a list names it."""
    take = kiosk.leases.take_leases

    async def take_all(*args: Any) -> None:
        await fetch('DELETE FROM "known_lease" WHERE "state" = \'dropped\'')
        await take(*args)

    patch.setattr(kiosk.sync, "take_leases", take_all)


def forget_later_entries(patch: pytest.MonkeyPatch) -> None:
    """Rule 3: the portal's list is taken as it is, whatever the log has told since."""
    take = kiosk.leases.take_leases

    async def take_flatly(listed: Any, applied: int, *rest: Any) -> None:
        await fetch('DELETE FROM "known_lease" WHERE "entry" > {}', applied)
        await take(listed, applied, *rest)

    patch.setattr(kiosk.sync, "take_leases", take_flatly)


def sell_again(patch: pytest.MonkeyPatch) -> None:
    """Rule 4: the kiosk sells the seat of a cita that it has cancelled."""
    cancel = kiosk.changing.cancel_offline

    @transactional
    async def cancel_and_offer(code: str, staff: UUID, now: datetime) -> None:
        await cancel(code, staff, now)
        rows = await fetch(
            'UPDATE "known_lease" SET "state" = \'held\', "entry" = NULL WHERE "code" = {} AND "state" = \'sold\' '
            'RETURNING "seat"',
            code,
        )
        for row in rows:
            await fetch('UPDATE "appointment" SET "seat" = NULL WHERE "seat" = {}', row["seat"])
            await fetch('UPDATE "seat" SET "appointment" = NULL WHERE "id" = {}', row["seat"])

    patch.setattr(desk_steps, "cancel_offline", cancel_and_offer)


def take_back_at_once(patch: pytest.MonkeyPatch) -> None:
    """Rule 7: what is recalled is on offer at once, not when the kiosk has released it."""

    @transactional
    async def recall_at_once(lender: UUID, now: datetime) -> int:
        await leases.recall(lender, now)
        rows = await fetch('SELECT "id", "seat" FROM "lease" WHERE "kiosk" = {} AND "state" = \'granted\'', lender)
        for row in rows:
            await leases.end_lease(row["id"], "released", now)
            await leases.free_seat(row["seat"], lender)
        return len(rows)

    patch.setattr(portal_steps, "recall", recall_at_once)


def break_promises(patch: pytest.MonkeyPatch) -> None:
    """Rule 6: what was printed is not booked when its seat was taken meanwhile."""

    async def book_on_its_seat(*args: Any, **given: Any) -> Applied:
        booked = await book_sale(*args, **given)
        if booked.remark is Remark.DISPLACED:
            raise NotOffered
        return booked

    patch.setattr(kiosk_log, "book_sale", book_on_its_seat)


def sell_without_waiting(patch: pytest.MonkeyPatch) -> None:
    """Rule 10: a restored portal sells online before its kiosks have told what they have sold."""

    async def sell_on(*_: Any) -> None:
        return

    patch.setattr(epochs, "hold_back", sell_on)
    patch.setattr(kiosk_exchange, "hold_back", sell_on)


@pytest.mark.parametrize(
    "switch_off",
    [forget_dropped, forget_later_entries, sell_again, break_promises, take_back_at_once, sell_without_waiting],
)
async def test_without_the_rule_a_counterexample_is_found(
    switch_off: Switch, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch)
    assert await first_failing(lambda seed: _faults(seed, template)), "no run needed the rule"


async def first_failing(faults_of: Callable[[int], Awaitable[tuple[str, ...]]]) -> tuple[str, ...]:
    """The faults of the first seed that has any, among those of the simulation."""
    for seed in range(SEEDS):
        if faults := await faults_of(seed):
            return faults
    return ()


async def _faults(seed: int, template: Template) -> tuple[str, ...]:
    return (await run(seed, template)).faults
