"""Two hundred citizens want one seat of a real portal with two workers: one has it, the others are told so kindly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from portal.clock import utc_now
from tests.bench.ground import in_use, wait_for_workers
from tests.bench.rush import LonelySeat, Outcome, rush_to_confirm, rush_to_hold, single_out_seat
from tests.running_portal import StartPortal

CITIZENS = 200
Rush = Callable[[int, LonelySeat, int], Awaitable[Outcome]]


@pytest.mark.parametrize("rush", [rush_to_hold, rush_to_confirm])
async def test_one_has_the_cita_and_the_others_are_offered_more(
    rush: Rush, node_url: str, start_portal: StartPortal
) -> None:
    portal = start_portal(
        DATABASE_URL=node_url,
        CITAS_WORKERS="2",
        CITAS_WORKER="false",
        CITAS_TRUSTED_PROXIES="127.0.0.1/32",
    )
    wait_for_workers(portal, 2)
    async with in_use(node_url):
        outcome = await rush(portal.port, await single_out_seat(utc_now()), CITIZENS)

    assert outcome == Outcome(CITIZENS, citas=1, booked=1, told=CITIZENS - 1, faults=0)
