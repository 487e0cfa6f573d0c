"""What is past, applied and in a backup is forgotten after two days by the portal's time; nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk.changing import cancel_offline
from kiosk.purge import Purged, purge
from kiosk.selling import sell
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import State
from tests.kiosk.desk import Desk
from tests.people import JULIO, MEI, ROSA


async def names_in_the_file() -> str:
    """Everything that could name somebody."""
    rows = [
        *await fetch('SELECT "document_number" AS "text" FROM "citizen"'),
        *await fetch('SELECT "given_names" AS "text" FROM "appointment"'),
        *await fetch('SELECT "text" FROM "log_entry"'),
    ]
    return " ".join(row["text"] for row in rows)


async def test_what_is_past_applied_and_in_a_backup_is_forgotten(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await cancel_offline(sold.code, desk.consultant, desk.now)
    await desk.hear(leases=())
    assert await purge() == Purged()
    desk.now += timedelta(days=3)
    await desk.hear(leases=())
    purged = await purge()
    assert (purged.citas, purged.texts, purged.leases) == (1, 2, 2)
    assert "Rosa" not in await names_in_the_file()
    assert ROSA.document_number not in await names_in_the_file()
    for table in ("seat", "known_lease", "print_job", "appointment_event", "citizen"):
        assert await fetch(f'SELECT * FROM "{table}"') == [], table  # noqa: S608  # our tables
    # A portal restored from an older copy asks in vain; it is not told anything wrong.
    await desk.hear(applied=0, kept=0)
    assert (await desk.ask()).entries == ()
    await desk.hear(applied=2)
    # The log's chain goes on.
    await desk.hear(leases=(desk.lease(10, days=3),))
    assert await sell(desk.order(JULIO, 10, days=3), desk.now, Paper.TICKET)
    [entry] = (await desk.ask()).entries
    assert entry.number == 3


@pytest.mark.parametrize("given", [{"applied": 0, "kept": 0}, {"applied": 1, "kept": 0}])
async def test_what_the_portal_could_still_lose_stays(desk: Desk, given: dict[str, int]) -> None:
    await desk.hear(leases=(desk.lease(10),))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    desk.now += timedelta(days=30)
    await desk.hear(leases=(), **given)
    assert (await purge()).texts == 0
    assert "Rosa" in await names_in_the_file()


async def test_by_the_portals_time_not_the_machines(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await desk.hear(leases=())
    desk.now += timedelta(days=1)
    await desk.hear(leases=())
    assert await purge() == Purged()


async def test_pulled_citas_of_past_days_and_what_is_still_to_come(desk: Desk) -> None:
    past, today = desk.cita(10), desk.cita(12, MEI, starts_at=desk.at(12, days=1), ends_at=desk.at(12, 30, days=1))
    await desk.hear(leases=(desk.lease(10, days=5),), state=State(version=4, whole=True, citas=(past, today)))
    await sell(desk.order(ROSA, 10, days=5), desk.now, Paper.TICKET)
    await desk.hear(leases=())
    desk.now += timedelta(days=1)
    await desk.hear(leases=())
    assert (await purge()).citas == 1
    kept = {row["code"] for row in await fetch('SELECT "code" FROM "appointment"')}
    assert past.code not in kept
    assert today.code in kept
    assert len(kept) == 2
    # The text of a sale that the portal keeps safe is not needed, the cita is.
    desk.now += timedelta(days=2)
    await desk.hear(leases=())
    assert (await purge()).texts == 1
    assert "Rosa" in await names_in_the_file()
