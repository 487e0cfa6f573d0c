"""What a kiosk may rely on, and what the portal does with its log (ARCHITECTURE, rules 1 to 10)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from portal.database.node import fetch
from portal.domain.changing import cancel
from portal.domain.closures import close_days
from portal.domain.epochs import begin_epoch, resume
from portal.domain.exchange import Cancellation, Claim, ClaimOutcome, HeldLease, Move, Release, Standing
from portal.domain.kiosk_exchange import StaleRequest, answer_request
from portal.domain.kiosks import list_kiosks, revoke, what_may_collide
from portal.domain.spanish_dates import local_day
from tests.domain.kiosking import TERMS, HandKiosk, add_kiosk
from tests.people import JULIO, NOW, ROSA, RULES, World, build_world, reserve, slot_at


@pytest.fixture
async def world(node: object) -> World:
    assert node
    return await build_world()


@pytest.fixture
async def kiosk(world: World) -> HandKiosk:
    return await add_kiosk(world)


async def state_of(code: str) -> tuple[str, bool, bool]:
    [row] = await fetch('SELECT "state", "displaced", "duplicate" FROM "appointment" WHERE "code" = {}', code)
    return row["state"], bool(row["displaced"]), bool(row["duplicate"])


async def free_time() -> datetime:
    """A time of today or tomorrow that is on offer to the public."""
    rows = await fetch(
        'SELECT "starts_at" FROM "seat" WHERE "kiosk" IS NULL AND "appointment" IS NULL AND "starts_at" > {} '
        'ORDER BY "starts_at" LIMIT 1',
        NOW + timedelta(hours=1),
    )
    moment: datetime = rows[0]["starts_at"]
    return moment


async def remarks() -> list[tuple[str, str]]:
    rows = await fetch('SELECT "outcome", "remark" FROM "kiosk_entry" ORDER BY "number"')
    return [(row["outcome"], row["remark"]) for row in rows]


async def test_the_supply_is_two_a_day_of_each_consultor_for_five_days_and_is_renewed(kiosk: HandKiosk) -> None:
    first = await kiosk.speak()
    assert len(first.leases) == 2 * 2 * 5
    assert len({lease.code for lease in first.leases}) == 20
    again = await kiosk.speak()
    assert {lease.id for lease in again.leases} == {lease.id for lease in first.leases}
    kiosk.sell(first.leases[0], "10117410")
    renewed = await kiosk.speak()
    assert len(renewed.leases) == 20
    assert first.leases[0].id not in {lease.id for lease in renewed.leases}


async def test_what_is_lent_is_on_offer_to_nobody_else(kiosk: HandKiosk) -> None:
    lease = (await kiosk.speak()).leases[0]
    [row] = await fetch('SELECT count(*) AS "n" FROM "seat" WHERE "kiosk" IS NOT NULL')
    assert row["n"] == 20
    sale = kiosk.sell(lease, "10117410")
    await kiosk.speak()
    assert await state_of(sale.code) == ("reserved", False, False)
    [seat] = await fetch('SELECT "appointment", "kiosk" FROM "seat" WHERE "id" = {}', lease.seat)
    assert (seat["appointment"], seat["kiosk"]) == (sale.appointment, None)


async def test_an_entry_is_applied_once_however_often_it_comes(kiosk: HandKiosk) -> None:
    sale = kiosk.sell((await kiosk.speak()).leases[0], "10117410")
    request = kiosk.request()
    answers = [await answer_request(kiosk.id, request, NOW, TERMS) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    again = await kiosk.speak(applied=0, chain="", entries=tuple(kiosk.log))
    assert again.applied == 1
    events = await fetch('SELECT "kind" FROM "appointment_event" WHERE "appointment" = {}', sale.appointment)
    assert [row["kind"] for row in events] == ["reserved"]
    with pytest.raises(StaleRequest):
        await answer_request(kiosk.id, request, NOW, TERMS)


async def test_a_gap_waits_and_a_bad_entry_blocks_nobody(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    kiosk.sell(leases[0], "10117410")
    kiosk.sell(leases[1], "42388604")
    assert (await kiosk.speak(entries=tuple(kiosk.log[1:]))).applied == 0
    foreign = kiosk.sell(leases[2], "40000001")
    assert foreign
    kiosk.log.pop()
    kiosk.write(Release(lease=uuid4()))
    kiosk.sell(leases[0], "40000002")  # a lease yields one sale
    kiosk.sell(leases[3], "40000003")
    assert (await kiosk.speak()).applied == 5
    assert await remarks() == [
        ("applied", ""),
        ("applied", ""),
        ("applied", ""),
        ("quarantined", "unreadable"),
        ("applied", ""),
    ]


async def test_a_claim_is_answered_alike_each_time(kiosk: HandKiosk) -> None:
    await kiosk.speak()
    free = await fetch(
        'SELECT "starts_at" FROM "seat" WHERE "kiosk" IS NULL AND "starts_at" > {} ORDER BY "starts_at" LIMIT 1', NOW
    )
    claim = Claim(lease=uuid4(), service="bolsa", modality="presencial", starts_at=free[0]["starts_at"])
    first, second = await kiosk.speak(claim=claim), await kiosk.speak(claim=claim)
    assert first.claim is second.claim is ClaimOutcome.GRANTED
    assert [lease.claimed for lease in second.leases if lease.id == claim.lease] == [True]
    others = [
        (await kiosk.speak(claim=Claim(lease=uuid4(), service="bolsa", modality="virtual", starts_at=moment))).claim
        for moment in (*[claim.starts_at] * 2, NOW - timedelta(hours=1), NOW + timedelta(days=90))
    ]
    assert others[1:] == [ClaimOutcome.TAKEN, ClaimOutcome.NOT_OFFERED, ClaimOutcome.NOT_OFFERED]


async def test_one_person_at_the_kiosk_and_online_has_one_cita_and_one_flagged(kiosk: HandKiosk, world: World) -> None:
    lease = (await kiosk.speak()).leases[0]
    online = await reserve(ROSA, slot_at(await free_time()))
    sale = kiosk.sell(lease, ROSA.document_number)
    await kiosk.speak()
    assert await state_of(sale.code) == ("reserved", False, True)
    kiosk.write(Cancellation(code=online.code, cancelled_by=kiosk.seller))
    await kiosk.speak()
    assert await state_of(online.code) == ("cancelled", False, False)
    assert await state_of(sale.code) == ("reserved", False, False)


async def test_a_move_always_makes_its_printed_cita(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    online = await reserve(JULIO, slot_at(await free_time()))
    for number, lease in enumerate(leases[:2]):
        sale = kiosk.sell(lease, JULIO.document_number)
        kiosk.log.pop()
        kiosk.write(Move(code=online.code, sale=sale))
        await kiosk.speak()
        state, displaced, duplicate = await state_of(sale.code)
        assert (state, displaced, duplicate) == ("reserved", False, bool(number))
    assert [remark for _, remark in await remarks()] == ["", "duplicate"]
    [moved] = await fetch('SELECT "email", "phone" FROM "appointment" WHERE "code" = {}', leases[0].code)
    assert (moved["email"], moved["phone"]) == (JULIO.email, JULIO.phone)


async def test_a_revoked_kiosk_is_told_so_and_its_seats_are_free(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    assert len(await what_may_collide(kiosk.id, NOW)) == 20
    assert await revoke(kiosk.id, NOW)
    assert not await revoke(kiosk.id, NOW)
    kiosk.sell(leases[0], "10117410")
    answer = await kiosk.speak()
    assert (answer.standing, answer.leases) == (Standing.REVOKED, ())
    assert not await fetch('SELECT "id" FROM "seat" WHERE "kiosk" IS NOT NULL')


async def test_a_closed_day_recalls_and_a_sale_on_it_is_seated(kiosk: HandKiosk, world: World) -> None:
    leases = (await kiosk.speak()).leases
    day = local_day(leases[-1].starts_at)
    await close_days(day, day, "Simulacro", NOW, center=world.center)
    sale = kiosk.sell(leases[-1], "10117410")
    answer = await kiosk.speak()
    assert await state_of(sale.code) == ("reserved", False, False)
    assert await remarks() == [("flagged", "closed_day")]
    recalled = [lease for lease in answer.leases if local_day(lease.starts_at) == day]
    assert len(recalled) == 3
    assert all(lease.recalled for lease in recalled)
    for lease in recalled:
        kiosk.write(Release(lease=lease.id))
    after = await kiosk.speak()
    assert not [lease for lease in after.leases if local_day(lease.starts_at) == day]


async def test_a_copied_kiosk_locks_both(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    copy = HandKiosk(**{**vars(kiosk), "log": list(kiosk.log)})
    kiosk.sell(leases[0], "10117410")
    copy.sell(leases[0], "42388604")
    assert (await kiosk.speak()).standing is Standing.GOOD
    assert (await copy.speak()).standing is Standing.FORKED
    assert (await kiosk.speak()).standing is Standing.FORKED


async def test_an_old_copy_that_has_written_nothing_locks_alone(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    kiosk.sell(leases[0], "10117410")
    await kiosk.speak()
    copy = HandKiosk(**{**vars(kiosk), "log": list(kiosk.log)})
    kiosk.sell(leases[1], "42388604")
    assert (await kiosk.speak()).standing is Standing.GOOD
    copy.number += 1_000  # as it does when the portal has answered later requests
    refused = await copy.speak()
    copy.applied = 1  # who is locked takes nothing else from an answer
    assert (refused.standing, refused.leases, refused.state) == (Standing.FORKED, (), None)
    kiosk.sell(leases[2], "40000001")
    told = await kiosk.speak()
    assert (told.standing, told.applied) == (Standing.GOOD, 3)
    [shown] = await list_kiosks()
    assert (shown.standing, shown.copy_seen_at) == (Standing.GOOD, NOW)
    # Locked it asks on, and disturbs nobody.
    assert (await copy.speak(standing=Standing.FORKED)).standing is Standing.FORKED
    copy.applied = 1
    assert (await kiosk.speak()).standing is Standing.GOOD
    # What it sold before it heard that it is locked is a promise: now nobody can say who is the kiosk.
    copy.sell(leases[3], "40000002")
    assert (await copy.speak(standing=Standing.FORKED)).standing is Standing.FORKED
    assert (await kiosk.speak()).standing is Standing.FORKED


async def test_a_kiosk_that_was_revoked_says_so_to_a_portal_that_forgot(kiosk: HandKiosk) -> None:
    await kiosk.speak()
    assert (await kiosk.speak(standing=Standing.REVOKED)).standing is Standing.REVOKED
    assert (await kiosk.speak(standing=Standing.REVOKED)).standing is Standing.REVOKED
    assert await fetch('SELECT "id" FROM "seat" WHERE "kiosk" IS NOT NULL') == []
    rows = await fetch('SELECT "subject", "origin", "details" FROM "audit_entry" WHERE "action" = \'kiosk_changed\'')
    assert [(row["subject"], row["origin"]) for row in rows] == [(str(kiosk.id), "Módulo 1")]
    assert "revoked_again" in str(rows[0]["details"])


async def test_a_request_that_comes_late_is_no_fork(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    late = kiosk.request()
    kiosk.sell(leases[0], "10117410")
    assert (await kiosk.speak()).applied == 1
    with pytest.raises(StaleRequest):
        await answer_request(kiosk.id, late, NOW, TERMS)
    assert (await kiosk.speak()).standing is Standing.GOOD


async def test_a_kiosk_hears_what_became_of_its_own_cita_of_a_later_day(kiosk: HandKiosk) -> None:
    lease = (await kiosk.speak()).leases[-1]
    sale = kiosk.sell(lease, "10117410")
    await kiosk.speak()
    await cancel(sale.code, NOW, RULES)
    told = (await kiosk.speak()).state
    whole = (await kiosk.speak(version=0)).state
    assert told is not None
    assert whole is not None
    assert [cita.state for cita in told.citas if cita.code == sale.code] == ["cancelled"]
    assert [cita.state for cita in whole.citas if cita.code == sale.code] == ["cancelled"]


async def test_a_rewound_kiosk_is_noticed(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    kiosk.sell(leases[0], "10117410")
    await kiosk.speak()
    kiosk.log.clear()
    kiosk.applied = 0
    assert (await kiosk.speak()).standing is Standing.FORKED


async def test_a_portal_that_forgot_sells_nothing_until_its_kiosk_has_declared(kiosk: HandKiosk, world: World) -> None:
    leases = (await kiosk.speak()).leases
    sale = kiosk.sell(leases[0], "10117410")
    # The copy that is restored is older than the exchange: no leases, no numbers.
    await fetch('DELETE FROM "lease"')
    await fetch('UPDATE "seat" SET "kiosk" = NULL')
    await fetch('UPDATE "kiosk" SET "exchange" = 0, "answer" = NULL')
    told = await kiosk.speak()
    assert (told.declare, told.leases, told.applied) == (True, (), 1)
    assert await state_of(sale.code) == ("reserved", False, False)
    [row] = await fetch(
        'SELECT count(*) AS "n" FROM "seat" WHERE "starts_at" > {} AND "appointment" IS NULL '
        'AND ("held_until" IS NULL OR "held_until" <= {})',
        *(NOW, NOW),
    )
    assert row["n"] == 0
    held = tuple(HeldLease(id=lease.id, seat=lease.seat, code=lease.code, sold=lease is leases[0]) for lease in leases)
    answer = await kiosk.speak(leases=held)
    assert not answer.declare
    assert {lease.id for lease in answer.leases} >= {lease.id for lease in leases[1:]}
    [place] = await fetch('SELECT "paused_at" FROM "center" WHERE "id" = {}', world.center)
    assert place["paused_at"] is None
    assert await reserve(JULIO, slot_at(await free_time()))


async def test_a_responsable_waives_what_a_lost_kiosk_will_never_declare(kiosk: HandKiosk, world: World) -> None:
    await kiosk.speak()
    await begin_epoch(NOW, "restored")
    assert await resume(world.center)
    assert not await resume(world.center)
    assert await reserve(ROSA, slot_at(await free_time()))


async def test_a_clock_that_is_a_day_ahead_begins_no_day(kiosk: HandKiosk) -> None:
    lease = (await kiosk.speak()).leases[0]
    today = await reserve(JULIO, slot_at(NOW + timedelta(hours=4)))
    kiosk.sell(lease, JULIO.document_number, at=NOW + timedelta(days=1))
    await kiosk.speak()
    rows = await fetch('SELECT "id", "duplicate", "unrecorded", "created_at" FROM "appointment" ORDER BY "created_at"')
    assert [(row["id"] == today.id, bool(row["duplicate"])) for row in rows] == [(True, False), (False, True)]
    assert not any(row["unrecorded"] or row["created_at"] > NOW for row in rows)


async def test_a_seat_that_was_lent_anew_by_a_portal_that_had_forgotten(kiosk: HandKiosk) -> None:
    known = (await kiosk.speak()).leases
    await fetch('DELETE FROM "lease"')
    await fetch('UPDATE "seat" SET "kiosk" = NULL')
    again = {lease.seat: lease for lease in (await kiosk.speak()).leases}
    sold = next(lease for lease in known if lease.seat in again)
    await begin_epoch(NOW, "restored")
    kiosk.sell(sold, ROSA.document_number)
    await kiosk.speak()
    rows = await fetch('SELECT "id", "state" FROM "lease" WHERE "seat" = {}', sold.seat)
    assert {row["id"]: row["state"] for row in rows} == {sold.id: "sold", again[sold.seat].id: "released"}


async def test_two_kiosks_share_the_supply(world: World) -> None:
    one, two = await add_kiosk(world, "Módulo 1"), await add_kiosk(world, "Módulo 2")
    first, second = (await one.speak()).leases, (await two.speak()).leases
    assert len(first) == len(second) == 10
    assert not {lease.seat for lease in first} & {lease.seat for lease in second}


async def test_two_exchanges_at_once_leave_one_answer(kiosk: HandKiosk) -> None:
    lease = (await kiosk.speak()).leases[0]
    kiosk.sell(lease, "10117410")
    request = kiosk.request()
    answers = await asyncio.gather(*(answer_request(kiosk.id, request, NOW, TERMS) for _ in range(8)))
    assert len(set(answers)) == 1
    assert await remarks() == [("applied", "")]


async def test_changes_come_by_version_and_late_ones_are_not_passed_over(kiosk: HandKiosk) -> None:
    first = await kiosk.speak()
    assert first.state is not None
    assert first.state.whole
    booked = await reserve(ROSA, slot_at(await free_time()))
    second = await kiosk.speak()
    assert second.state is not None
    assert [(cita.code, cita.state) for cita in second.state.citas] == [(booked.code, "reserved")]
    assert not second.state.whole
    third = await kiosk.speak()
    assert third.state is not None
    assert third.state.citas == ()
    assert third.reference is None
