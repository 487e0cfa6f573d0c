"""The corrected time: learnt at each exchange, stamped into entries, never before what the portal said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.clock import correct, corrected, learn_offset
from kiosk.selling import sell
from kiosk.sync import prepare_request, take_answer
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import read_entry
from tests.kiosk.desk import Desk
from tests.people import NOW, ROSA

DAY = timedelta(days=1)


@pytest.mark.parametrize("wrong", [-DAY, timedelta(0), DAY])
def test_the_offset_is_taken_from_the_middle_of_the_exchange(wrong: timedelta) -> None:
    machine = NOW + wrong
    offset = learn_offset(machine, machine + timedelta(seconds=4), NOW + timedelta(seconds=2))
    assert offset == -wrong.total_seconds()
    assert corrected(machine, offset, NOW) == NOW


def test_no_time_before_the_last_of_the_portal_is_believed() -> None:
    assert corrected(NOW - DAY, 0, NOW) == NOW
    assert corrected(NOW + DAY, 0, NOW) == NOW + DAY
    assert corrected(NOW, 0, None) == NOW


@pytest.mark.parametrize("wrong", [-DAY, DAY])
async def test_a_machine_a_day_wrong_sells_by_the_portals_time(desk: Desk, wrong: timedelta) -> None:
    lease = desk.lease(10)
    machine = desk.now + wrong
    request = await prepare_request(machine)
    assert request.sent_at == machine
    answer = desk.answer(request, leases=(lease,))
    assert await take_answer(answer, machine, machine + timedelta(milliseconds=200))
    minute = timedelta(minutes=1)
    now = await correct(machine + minute)
    assert abs(now - (desk.now + minute)) <= timedelta(seconds=1)
    await sell(desk.order(ROSA, 10), now, Paper.TICKET)
    [signed] = (await prepare_request(machine + minute)).entries
    entry = read_entry(signed, "")
    assert (entry.at, entry.offset) == (now, -wrong.total_seconds())


async def test_a_clock_set_back_stands_still(desk: Desk) -> None:
    [state] = await fetch('SELECT "portal_time" FROM "kiosk_state"')
    assert await correct(desk.now - DAY) == state["portal_time"] == desk.now
