"""Sedes that wait for their kiosks after a restore sell nothing, whatever happens meanwhile (ARCHITECTURE, rule 10)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest

from portal.database.node import fetch
from portal.domain.audit import Actor
from portal.domain.booking import Request, book
from portal.domain.changing import cancel
from portal.domain.epochs import begin_epoch, current_epoch, has_kiosks, list_paused, resume, waive
from portal.domain.errors import SeatTaken
from portal.domain.exchange import Claim, ClaimOutcome, HeldLease, Release
from portal.domain.holds import hold_seat
from portal.domain.kiosks import note_kept, read_applied, revoke
from portal.domain.schedule import open_seats, open_seats_of
from portal.domain.slots import FREE
from portal.domain.spanish_dates import local_day
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import CONSENT, JULIO, NOW, ROSA, RULES, World, add_consultant, reserve, slot_at

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
async def kiosk(world: World) -> HandKiosk:
    kiosk = await add_kiosk(world)
    await kiosk.speak()
    return kiosk


async def count_free(now: datetime = NOW) -> int:
    [row] = await fetch(f'SELECT count(*) AS "n" FROM "seat" WHERE "starts_at" > {{}} AND {FREE}', *(now, now))
    return int(row["n"])


async def unlent_time() -> datetime:
    """A time of tomorrow at which no seat is lent."""
    rows = await fetch(
        f'SELECT "starts_at" FROM "seat" WHERE "starts_at" > {{}} AND {FREE} '
        'GROUP BY "starts_at" HAVING count(*) = 2 ORDER BY "starts_at" LIMIT 1',
        *(TOMORROW, NOW),
    )
    moment: datetime = rows[0]["starts_at"]
    return moment


async def test_a_paused_sede_opens_no_seats_to_the_public(kiosk: HandKiosk, world: World) -> None:
    assert kiosk
    await begin_epoch(NOW, "restored")
    assert await count_free() == 0
    await add_consultant(world.center, world.service, 3, time(8, 30), time(16, 30))
    assert (await open_seats(NOW, RULES)).added > 0
    assert await count_free() == 0
    assert await resume(world.center)
    assert await count_free() > 0


async def test_what_is_cancelled_meanwhile_waits_for_the_sede_and_for_its_own_delay(
    kiosk: HandKiosk, world: World
) -> None:
    assert kiosk
    key = slot_at(await unlent_time())
    before, during = await reserve(ROSA, key), await reserve(JULIO, key)
    await cancel(before.code, NOW, RULES)
    await begin_epoch(NOW, "restored")
    await cancel(during.code, NOW, RULES)
    for _ in range(2):  # however often the sede is held back
        await open_seats(NOW, RULES)
        await begin_epoch(NOW, "restored once more")
    assert await count_free(NOW + timedelta(days=1)) == 0
    assert await resume(world.center)
    with pytest.raises(SeatTaken):
        await reserve(ROSA, key)
    later = NOW + RULES.release_max
    assert await reserve(ROSA, key, later)
    assert await reserve(JULIO, key, later)


async def test_what_a_kiosk_releases_meanwhile_is_not_on_offer(kiosk: HandKiosk, world: World) -> None:
    leases = (await kiosk.speak()).leases
    await begin_epoch(NOW, "restored")
    kiosk.write(Release(lease=leases[0].id))
    assert (await kiosk.speak()).declare
    [seat] = await fetch('SELECT "kiosk", "held_until" FROM "seat" WHERE "id" = {}', leases[0].seat)
    assert (seat["kiosk"], seat["held_until"].year) == (None, 9999)
    assert await count_free() == 0
    assert await list_paused() == await list_paused(world.center)
    [paused] = await list_paused()
    assert (paused.id, paused.waiting, paused.declared) == (world.center, ("Módulo 1",), ())


async def test_a_hold_of_somebody_who_is_typing_ends_with_the_pause(kiosk: HandKiosk) -> None:
    assert kiosk
    key = slot_at(await unlent_time())
    seat = await hold_seat(key, "token", None, NOW, RULES)
    await begin_epoch(NOW, "restored")
    with pytest.raises(SeatTaken):
        await book(Request("token", key, seat, ROSA, CONSENT), NOW, RULES)


async def test_a_sede_waits_for_each_kiosk_but_not_for_a_revoked_one(kiosk: HandKiosk, world: World) -> None:
    other = await add_kiosk(world, "Módulo 2")
    await other.speak()
    await begin_epoch(NOW, "restored")
    await kiosk.speak()
    await kiosk.speak(leases=())
    [paused] = await list_paused()
    assert (paused.waiting, paused.declared) == (("Módulo 2",), ("Módulo 1",))
    assert await revoke(other.id, NOW)
    assert await list_paused() == []
    assert await count_free() > 0


async def test_no_number_is_given_twice(kiosk: HandKiosk) -> None:
    assert kiosk
    first = await begin_epoch(NOW, "restored")
    await fetch('DELETE FROM "portal_state"')  # restored from the same copy again
    second = await begin_epoch(NOW + timedelta(hours=1), "restored")
    assert first < second < await begin_epoch(NOW, "restored") < 2**31


async def test_while_a_sede_waits_each_kiosk_sells_what_it_declared_and_no_more(kiosk: HandKiosk, world: World) -> None:
    held = (await kiosk.speak()).leases
    second, unheard = await add_kiosk(world, "Módulo 2"), await add_kiosk(world, "Módulo 3")
    await begin_epoch(NOW, "restored")
    for each, leases in ((kiosk, held), (second, ())):
        await each.speak()
        await each.speak(leases=tuple(HeldLease(id=it.id, seat=it.seat, code=it.code, sold=False) for it in leases))
    kiosk.sell(held[0], "10117410")
    rows = await fetch('SELECT "starts_at" FROM "seat" WHERE "kiosk" IS NULL ORDER BY "starts_at" DESC LIMIT 1')
    claim = Claim(lease=uuid4(), service="bolsa", modality="virtual", starts_at=rows[0]["starts_at"])
    told = await kiosk.speak(claim=claim)
    assert (told.claim, told.message) == (ClaimOutcome.NOT_OFFERED, "waiting_for_kiosks")
    # The other one lacks its part, but what is given back now could not be lent to it.
    assert [lease.id for lease in told.leases if not lease.recalled] == [lease.id for lease in held[1:]]
    assert (await second.speak()).leases == ()
    await unheard.speak()
    await unheard.speak(leases=())
    told = await kiosk.speak()
    assert told.message == ""
    assert any(lease.recalled for lease in told.leases)


async def test_a_responsable_who_waives_is_written_down(kiosk: HandKiosk, world: World) -> None:
    assert kiosk
    await begin_epoch(NOW, "restored")
    actor = Actor(None, "192.0.2.7")
    assert await waive(world.center, actor, NOW)
    assert not await waive(world.center, actor, NOW)
    entries = await fetch('SELECT "subject" FROM "audit_entry" WHERE "action" = \'pause_waived\'')
    assert [row["subject"] for row in entries] == [str(world.center)]


async def test_a_sede_without_kiosks_is_not_paused(world: World) -> None:
    assert not await has_kiosks()
    assert await begin_epoch(NOW, "restored") == await current_epoch() > 1
    assert await list_paused() == []
    assert await count_free() > 0
    assert await reserve(ROSA, slot_at(await unlent_time()))
    assert world


async def test_a_backup_tells_what_may_be_forgotten_and_never_takes_it_back(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    kiosk.sell(leases[0], "10117410")
    await kiosk.speak()
    before = await read_applied()
    assert before == {kiosk.id: (1, 0)}
    kiosk.sell(leases[1], "42388604")
    assert (await kiosk.speak()).kept == 0
    await note_kept(before)
    assert (await kiosk.speak()).kept == 1
    await note_kept({kiosk.id: (0, 0)})
    assert (await kiosk.speak()).kept == 1


async def test_hours_that_are_no_longer_due_recall_what_is_lent(kiosk: HandKiosk, world: World) -> None:
    leases = (await kiosk.speak()).leases
    theirs = [lease for lease in leases if lease.consultant == world.consultants[0]]
    day = local_day(theirs[-1].starts_at)
    await fetch(
        'DELETE FROM "weekly_hours" WHERE "consultant" = {} AND "weekday" = {}', *(theirs[-1].consultant, day.weekday())
    )
    await open_seats_of(theirs[-1].consultant, NOW, RULES)
    gone = {lease.id for lease in theirs if local_day(lease.starts_at).weekday() == day.weekday()}
    told = {lease.id for lease in (await kiosk.speak()).leases if lease.recalled}
    assert told == gone
    for lease in gone:
        kiosk.write(Release(lease=lease))
    after = (await kiosk.speak()).leases
    assert not gone & {lease.id for lease in after}
    assert not [lease for lease in after if lease.recalled]
    [row] = await fetch(
        'SELECT count(*) AS "n" FROM "seat" WHERE "consultant" = {} AND "day" = {} AND "is_open"',
        *(theirs[-1].consultant, day),
    )
    assert row["n"] == 0


async def test_hours_that_come_back_take_the_recall_back(kiosk: HandKiosk, world: World) -> None:
    lease = (await kiosk.speak()).leases[-1]
    hours = await fetch('SELECT * FROM "weekly_hours" WHERE "consultant" = {}', lease.consultant)
    elsewhere = world.consultants[1 - world.consultants.index(lease.consultant)]
    await fetch('UPDATE "weekly_hours" SET "consultant" = {}', elsewhere)
    await open_seats(NOW, RULES)
    assert lease.id in {told.id for told in (await kiosk.speak()).leases if told.recalled}
    await fetch('DELETE FROM "weekly_hours" WHERE "id" = {}', hours[0]["id"])
    for row in hours[1:]:
        await fetch('UPDATE "weekly_hours" SET "consultant" = {} WHERE "id" = {}', *(lease.consultant, row["id"]))
    await open_seats(NOW, RULES)
    weekday = hours[0]["weekday"]
    for told in (await kiosk.speak()).leases:
        if told.consultant == lease.consultant:
            assert told.recalled is (local_day(told.starts_at).weekday() == weekday)
