"""Cancel and move at the desk, offline too: own citas and pulled ones, never reselling the seat they leave."""

from __future__ import annotations

from uuid import uuid4

import pytest

from kiosk.changing import MoveOrder, cancel_offline, move_offline
from kiosk.selling import sell
from kiosk.state import count_on_hand
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.appointments import find_appointment
from portal.domain.errors import AppointmentUnknown, NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.exchange import Cancellation, Move, State, read_entry
from portal.domain.modality import Modality
from portal.domain.slots import SlotKey
from portal.domain.vocabulary import State as CitaStateWord
from tests.kiosk.desk import Desk, Killed, everything, killed_at, reopen, state_of
from tests.people import JULIO, ROSA


def to(desk: Desk, code: str, hour: int, modality: Modality = Modality.IN_PERSON) -> MoveOrder:
    key = SlotKey("bolsa", "central", modality, desk.at(hour))
    return MoveOrder(uuid4().hex, code, key, desk.colleague)


async def test_cancel_what_was_sold_here(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10),))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await cancel_offline(sold.code, desk.colleague, desk.now)
    await cancel_offline(sold.code, desk.colleague, desk.now)
    assert await state_of(sold.code) == "cancelled"
    first, second = (await desk.ask()).entries
    deed = read_entry(second, first.hash).deed
    assert deed == Cancellation(code=sold.code, cancelled_by=desk.colleague)
    # Rule 4: the seat is the portal's to give.
    assert await count_on_hand(desk.now) == 0
    with pytest.raises(SeatTaken):
        await sell(desk.order(JULIO, 10), desk.now, Paper.TICKET)


async def test_cancel_what_the_portal_told_of(desk: Desk) -> None:
    cita = desk.cita(10)
    await desk.hear(state=State(version=4, whole=True, citas=(cita,)))
    await cancel_offline(cita.code, desk.consultant, desk.now)
    assert await state_of(cita.code) == "cancelled"
    assert len((await desk.ask()).entries) == 1


async def test_until_the_start_and_only_what_is_reserved(desk: Desk) -> None:
    begun, attended = desk.cita(10), desk.cita(11, ROSA, state="attended")
    await desk.hear(state=State(version=4, whole=True, citas=(begun, attended)))
    with pytest.raises(TooLate):
        await cancel_offline(begun.code, desk.consultant, desk.at(10))
    with pytest.raises(NotReserved) as refused:
        await cancel_offline(attended.code, desk.consultant, desk.now)
    assert refused.value.state is CitaStateWord.ATTENDED
    with pytest.raises(AppointmentUnknown):
        await cancel_offline("ABCDEFGH", desk.consultant, desk.now)
    assert (await desk.ask()).entries == ()


async def test_move_what_was_sold_here(desk: Desk) -> None:
    first, second = desk.lease(10), desk.lease(12)
    await desk.hear(leases=(first, second))
    sold = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    order = to(desk, sold.code, 12)
    moved = await move_offline(order, desk.now, Paper.TICKET)
    again = await move_offline(order, desk.now, Paper.TICKET)
    assert (again.code, again.repeated) == (moved.code, True)
    assert moved.code == second.code
    assert await state_of(sold.code) == "rescheduled"
    new = await find_appointment(moved.code)
    old = await find_appointment(sold.code)
    assert new is not None
    assert old is not None
    assert (new.full_name, new.email, new.starts_at) == (old.full_name, ROSA.email, desk.at(12))
    assert (new.calendar_uid, new.calendar_sequence, old.moved_to) == (old.calendar_uid, 1, moved.code)
    sale, move = (await desk.ask()).entries
    deed = read_entry(move, sale.hash).deed
    assert isinstance(deed, Move)
    assert (deed.code, deed.sale.lease, deed.sale.code) == (sold.code, second.id, moved.code)
    assert deed.sale.person.email == ROSA.email
    assert len(await fetch('SELECT "id" FROM "print_job"')) == 2
    # Neither the seat it left nor the one it took is on offer.
    assert await count_on_hand(desk.now) == 0
    with pytest.raises(SeatTaken):
        await sell(desk.order(JULIO, 10), desk.now, Paper.TICKET)


async def test_move_what_the_portal_told_of(desk: Desk) -> None:
    cita = desk.cita(10, preference="gestante")
    await desk.hear(leases=(desk.lease(12),), state=State(version=4, whole=True, citas=(cita,)))
    moved = await move_offline(to(desk, cita.code, 12), desk.now, Paper.TICKET)
    assert await state_of(cita.code) == "rescheduled"
    [entry] = (await desk.ask()).entries
    deed = read_entry(entry, "").deed
    assert isinstance(deed, Move)
    assert deed.sale.appointment == moved.appointment
    assert (deed.sale.person.document_number, deed.sale.person.given_names, deed.sale.person.preference) == (
        *(JULIO.document_number, "Julio D'Angelo", "gestante"),
    )
    assert deed.sale.consent.privacy_version == ""


async def test_a_move_that_cannot_be_changes_nothing(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(12), desk.lease(13)))
    rosa = await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)
    await sell(desk.order(JULIO, 12), desk.now, Paper.TICKET)
    before = await everything()
    with pytest.raises(SeatTaken):
        await move_offline(to(desk, rosa.code, 12), desk.now, Paper.TICKET)
    with pytest.raises(NotOffered):
        await move_offline(to(desk, rosa.code, 14), desk.now, Paper.TICKET)
    with pytest.raises(AppointmentUnknown):
        await move_offline(to(desk, "ABCDEFGH", 13), desk.now, Paper.TICKET)
    with pytest.raises(TooLate):
        await move_offline(to(desk, rosa.code, 13), desk.at(10), Paper.TICKET)
    same = await move_offline(to(desk, rosa.code, 10), desk.now, Paper.TICKET)
    assert (same.code, same.repeated) == (rosa.code, True)
    assert await everything() == before
    await cancel_offline(rosa.code, desk.consultant, desk.now)
    with pytest.raises(NotReserved):
        await move_offline(to(desk, rosa.code, 13), desk.now, Paper.TICKET)


async def test_killed_at_any_statement_a_move_is_whole_or_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cita = desk.cita(10)
    await desk.hear(leases=(desk.lease(12),), state=State(version=4, whole=True, citas=(cita,)))
    order = to(desk, cita.code, 12)
    before = await everything()
    for statement in range(100):
        try:
            with killed_at(monkeypatch, statement):
                await move_offline(order, desk.now, Paper.TICKET)
        except Killed:
            await reopen(desk)
            assert await everything() == before, statement
        else:
            break
    assert statement > 8
    assert await state_of(cita.code) == "rescheduled"
