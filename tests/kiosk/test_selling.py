"""A sale at the desk: everything or nothing, only what is lent, only while it is lent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.selling import find_sold, has_active_cita, offers, sell, soonest
from kiosk.state import KioskLocked, count_on_hand
from kiosk.sync import take_answer
from portal.database.errors import DatabaseFullError
from portal.database.node import fetch
from portal.database.sqlite import SQLiteNodeEngine
from portal.documents.slip import Paper
from portal.domain.appointments import find_appointment
from portal.domain.errors import AlreadyReserved, NotOffered, SeatTaken
from portal.domain.exchange import Entry, Sale, Standing, read_entry
from portal.domain.modality import Modality
from portal.domain.vocabulary import State
from tests.kiosk.desk import Desk, Killed, everything, killed_at, reopen
from tests.people import JULIO, MEI, ROSA, citizen_number


async def test_a_sale_writes_all_that_belongs_to_it(desk: Desk) -> None:
    lease = desk.lease(10)
    await desk.hear(leases=(lease,))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    assert sold.code == lease.code
    cita = await find_appointment(sold.code)
    assert cita is not None
    assert (cita.id, cita.state, cita.starts_at) == (sold.appointment, State.RESERVED, desk.at(10))
    assert cita.full_name == "Rosa María Ñahui Quispe"
    [seat] = await fetch('SELECT "appointment" FROM "seat" WHERE "id" = {}', lease.seat)
    assert seat["appointment"] == sold.appointment
    [known] = await fetch('SELECT "state", "entry" FROM "known_lease"')
    assert (known["state"], known["entry"]) == ("sold", 1)
    [event] = await fetch('SELECT "kind", "staff" FROM "appointment_event"')
    assert (event["kind"], event["staff"]) == ("reserved", desk.consultant)
    [job] = await fetch('SELECT "appointment", "state", "paper" FROM "print_job"')
    assert (job["appointment"], job["state"], job["paper"]) == (sold.appointment, "queued", "ticket")
    [entry] = (await desk.ask()).entries
    told: Entry = read_entry(entry, "")
    assert isinstance(told.deed, Sale)
    assert told.at == desk.now
    assert (told.deed.lease, told.deed.seat, told.deed.appointment, told.deed.code) == (
        *(lease.id, lease.seat, sold.appointment, lease.code),
    )
    assert (told.deed.person.document_number, told.deed.sold_by) == (ROSA.document_number, desk.consultant)
    assert told.deed.consent.privacy_version == "2026-11"


async def test_killed_at_any_statement_nothing_is_half_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    order = desk.order(ROSA, 10)
    before = await everything()
    for statement in range(100):
        try:
            with killed_at(monkeypatch, statement):
                await sell(order, desk.now, Paper.TICKET)
        except Killed:
            await reopen(desk)
            assert await everything() == before, statement
        else:
            break
    else:
        pytest.fail("the sale never came to its end")
    assert statement > 8
    await reopen(desk)
    assert await find_sold(order.token)
    assert (await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)).code


async def test_the_same_form_twice_sells_once(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(10, consultant=desk.colleague)))
    order = desk.order(ROSA, 10)
    sold = await asyncio.gather(*(sell(order, desk.now, Paper.TICKET) for _ in range(3)))
    assert sorted(each.repeated for each in sold) == [False, True, True]
    assert len({each.code for each in sold}) == 1
    assert len(await fetch('SELECT "id" FROM "print_job"')) == 1


async def test_one_place_many_buyers(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    done = await asyncio.gather(
        *(sell(desk.order(citizen_number(number), 10), desk.now, Paper.TICKET) for number in range(5)),
        return_exceptions=True,
    )
    assert sum(not isinstance(outcome, BaseException) for outcome in done) == 1
    assert sum(isinstance(outcome, SeatTaken) for outcome in done) == 4
    assert len((await desk.ask()).entries) == 1


async def test_what_is_taken_names_the_nearest_times_at_hand(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11), desk.lease(15)))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    with pytest.raises(SeatTaken) as taken:
        await sell(desk.order(JULIO, 10), desk.now, Paper.TICKET)
    assert [slot.starts_at for slot in taken.value.nearest] == [desk.at(11), desk.at(15)]


async def test_what_is_not_lent_is_not_sold(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    with pytest.raises(NotOffered):
        await sell(desk.order(ROSA, 11), desk.now, Paper.TICKET)
    far = desk.lease(10, days=61)
    await desk.hear(leases=(far,))
    with pytest.raises(NotOffered):
        await sell(desk.order(ROSA, 10, days=61), desk.now, Paper.TICKET)


async def test_no_notice_at_the_desk_but_nothing_that_has_begun(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(10, consultant=desk.colleague)))
    one_second = timedelta(seconds=1)
    assert await sell(desk.order(ROSA, 10), desk.at(10) - one_second, Paper.TICKET)
    with pytest.raises((SeatTaken, NotOffered)):
        await sell(desk.order(JULIO, 10), desk.at(10), Paper.TICKET)


async def test_one_active_cita_for_each_person_and_service(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    assert await has_active_cita(ROSA, "bolsa")
    assert not await has_active_cita(JULIO, "bolsa")
    with pytest.raises(AlreadyReserved):
        await sell(desk.order(ROSA, 11), desk.now, Paper.TICKET)
    assert await count_on_hand(desk.now) == 1
    assert await sell(desk.order(MEI, 11), desk.now, Paper.TICKET)


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.FORKED])
async def test_a_locked_kiosk_sells_nothing_and_keeps_its_log(desk: Desk, standing: Standing) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11)))
    await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    request = await desk.ask()
    assert await take_answer(desk.answer(request, standing=standing, applied=0, leases=()), desk.now, desk.now)
    with pytest.raises(KioskLocked):
        await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    assert (await desk.ask()).entries == request.entries


async def test_the_consultor_asked_for_or_whoever_has_fewest(desk: Desk) -> None:
    both = (desk.lease(10), desk.lease(10, consultant=desk.colleague))
    await desk.hear(leases=(desk.lease(12), *both))
    chosen = []
    for order in (desk.order(ROSA, 12), desk.order(JULIO, 10), desk.order(MEI, 10, consultant=desk.consultant)):
        sold = await sell(order, desk.now, Paper.TICKET)
        [cita] = await fetch('SELECT "consultant" FROM "appointment" WHERE "id" = {}', sold.appointment)
        chosen.append(cita["consultant"])
    assert chosen == [desk.consultant, desk.colleague, desk.consultant]
    with pytest.raises(SeatTaken):
        await sell(desk.order(citizen_number(1), 10, consultant=desk.consultant), desk.now, Paper.TICKET)


async def test_the_offer_is_what_is_held(desk: Desk) -> None:
    virtual = desk.lease(12, modalities=(Modality.VIRTUAL.value,))
    await desk.hear(
        leases=(desk.lease(10), desk.lease(10, consultant=desk.colleague), desk.lease(9, 30, days=1), virtual)
    )
    assert [(slot.starts_at, slot.free) for slot in await soonest("bolsa", Modality.IN_PERSON, desk.now)] == [
        (desk.at(10), 2),
        (desk.at(9, 30, days=1), 1),
    ]
    today = (desk.now - timedelta(hours=5)).date()
    days, slots = await offers("bolsa", Modality.VIRTUAL, today, today + timedelta(days=3), desk.now)
    assert [day.free for day in days] == [3, 1, 0, 0]
    assert [slot.starts_at for slot in slots] == [desk.at(10), desk.at(12), desk.at(9, 30, days=1)]
    with pytest.raises(NotOffered):
        await soonest("empleo-joven", Modality.VIRTUAL, desk.now)


async def test_a_full_disk_refuses_and_leaves_nothing(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    before = await everything()
    [pages] = await fetch("PRAGMA page_count")
    engine = desk.node.engine
    assert isinstance(engine, SQLiteNodeEngine)
    assert engine._writer is not None
    engine._writer.execute(f"PRAGMA max_page_count = {pages['page_count']}")
    order = desk.order(replace(ROSA, motive="x" * 20_000), 10)
    with pytest.raises(DatabaseFullError):
        await sell(order, desk.now, Paper.TICKET)
    engine._writer.execute("PRAGMA max_page_count = 1000000")
    assert await everything() == before
    assert await sell(order, desk.now, Paper.TICKET)


async def test_the_offer_of_one_consultor(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(11, consultant=desk.colleague)))
    slots = await soonest("bolsa", Modality.VIRTUAL, desk.now, consultant=desk.colleague)
    assert [slot.starts_at for slot in slots] == [desk.at(11)]
