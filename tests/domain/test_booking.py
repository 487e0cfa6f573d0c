"""Rule: hold, book, cancel, move (PE-BT-01, activity 01)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.appointments import find_appointment, look_up, send_code_again
from portal.domain.booking import Request, book
from portal.domain.changing import cancel, move
from portal.domain.days_on_offer import slots_of
from portal.domain.errors import (
    AlreadyReserved,
    AppointmentUnknown,
    HoldNotExtendable,
    NotOffered,
    NotReserved,
    SeatTaken,
    TooLate,
)
from portal.domain.holds import extend_hold, hold_seat
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.slots import SlotKey
from portal.domain.vocabulary import MessageKind, State
from tests.people import (
    CONSENT,
    JULIO,
    MEI,
    NOW,
    ROSA,
    RULES,
    build_world,
    citizen_number,
    held_until,
    reserve,
    slot_at,
)

MONDAY_NINE_THIRTY = datetime(2027, 1, 11, 14, 30, tzinfo=UTC)
MONDAY_TEN = MONDAY_NINE_THIRTY + timedelta(minutes=30)
KEY = slot_at(MONDAY_NINE_THIRTY)


async def test_a_hold_takes_one_place_off_the_offer_until_it_runs_out(node: Node) -> None:
    world = await build_world()
    agenda = await world.agenda()
    await hold_seat(KEY, "token", None, NOW, RULES)
    assert await held_until("token") == NOW + RULES.hold
    free_at = {slot.starts_at: slot.free for slot in await slots_of(agenda, KEY.starts_at.date(), NOW, RULES)}
    assert (free_at[MONDAY_NINE_THIRTY], free_at[MONDAY_TEN]) == (1, 2)
    later = NOW + RULES.hold
    free_at = {slot.starts_at: slot.free for slot in await slots_of(agenda, KEY.starts_at.date(), later, RULES)}
    assert free_at[MONDAY_NINE_THIRTY] == 2


async def test_a_new_hold_of_the_same_browser_frees_the_old_one(node: Node) -> None:
    await build_world(consultants=1)
    await hold_seat(KEY, "first", None, NOW, RULES)
    await hold_seat(slot_at(MONDAY_TEN), "second", "first", NOW, RULES)
    assert await held_until("first") is None
    await hold_seat(KEY, "somebody else", None, NOW, RULES)


async def test_tapping_the_held_time_again_keeps_the_only_seat(node: Node) -> None:
    await build_world(consultants=1)
    seat = await hold_seat(KEY, "first", None, NOW, RULES)
    assert await hold_seat(KEY, "second", "first", NOW, RULES) == seat


async def test_a_hold_is_extended_as_often_as_the_rules_allow(node: Node) -> None:
    await build_world()
    await hold_seat(KEY, "token", None, NOW, RULES)
    for minutes in range(1, RULES.hold_extensions + 1):
        now = NOW + timedelta(minutes=minutes)
        assert await extend_hold("token", now, RULES) == now + RULES.hold
    with pytest.raises(HoldNotExtendable):
        await extend_hold("token", NOW, RULES)
    with pytest.raises(HoldNotExtendable):
        await extend_hold("never held", NOW, RULES)


@pytest.mark.parametrize(
    "starts_at",
    [
        NOW - timedelta(days=1),  # past
        NOW + timedelta(minutes=15),  # sooner than the notice
        NOW + timedelta(days=90),  # beyond the horizon
        datetime(2027, 1, 9, 15, 0, tzinfo=UTC),  # a Saturday
        datetime(2027, 1, 11, 14, 35, tzinfo=UTC),  # no seat starts then
    ],
)
async def test_a_time_that_is_not_on_offer_is_refused(node: Node, starts_at: datetime) -> None:
    await build_world()
    with pytest.raises(NotOffered):
        await hold_seat(slot_at(starts_at), "token", None, NOW, RULES)


async def test_a_booking_is_written_whole(node: Node) -> None:
    await build_world()
    booked = await reserve(ROSA, KEY)
    cita = await find_appointment(booked.code)
    assert cita is not None
    assert (cita.state, cita.starts_at, cita.full_name) == (
        State.RESERVED,
        MONDAY_NINE_THIRTY,
        "Rosa María Ñahui Quispe",
    )
    assert cita.meet_link.startswith("https://meet.google.com/")
    assert [notice.kind for notice in cita.notices] == [MessageKind.CONFIRMATION]
    outbox = await fetch('SELECT "kind", "recipient", "deadline" FROM "outbox_message"')
    assert [(row["kind"], row["recipient"]) for row in outbox] == [("confirmation", "rosa@example.org")]
    seats = await fetch('SELECT "appointment", "hold_token" FROM "seat" WHERE "appointment" IS NOT NULL')
    assert [(row["appointment"], row["hold_token"]) for row in seats] == [(cita.id, None)]


async def test_confirming_twice_gives_the_same_cita(node: Node) -> None:
    await build_world()
    seat = await hold_seat(KEY, "token", None, NOW, RULES)
    request = Request("token", KEY, seat, ROSA, CONSENT)
    first, second = await book(request, NOW, RULES), await book(request, NOW, RULES)
    assert (second.code, second.repeated) == (first.code, True)


async def test_a_hold_that_ran_out_books_while_the_seat_is_free(node: Node) -> None:
    await build_world(consultants=1)
    seat = await hold_seat(KEY, "token", None, NOW, RULES)
    later = NOW + timedelta(hours=2)
    assert not (await book(Request("token", KEY, seat, ROSA, CONSENT), later, RULES)).repeated


async def test_a_hold_that_ran_out_loses_to_a_younger_hold_and_hears_of_the_nearest_times(node: Node) -> None:
    await build_world(consultants=1)
    seat = await hold_seat(KEY, "slow", None, NOW, RULES)
    later = NOW + RULES.hold
    await hold_seat(KEY, "quick", None, later, RULES)
    with pytest.raises(SeatTaken) as taken:
        await book(Request("slow", KEY, seat, ROSA, CONSENT), later, RULES)
    nine, ten, half_past_ten = (MONDAY_NINE_THIRTY + timedelta(minutes=30) * step for step in (-1, 1, 2))
    assert [slot.starts_at for slot in taken.value.nearest] in (
        [nine, ten, half_past_ten],
        [nine - timedelta(minutes=30), nine, ten],
    )


async def test_one_active_cita_per_person_and_service(node: Node) -> None:
    await build_world()
    await reserve(ROSA, KEY)
    with pytest.raises(AlreadyReserved):
        await reserve(replace(ROSA, email="otra@example.org"), slot_at(MONDAY_TEN))
    free = await fetch('SELECT count(*) AS "n" FROM "seat" WHERE "appointment" IS NOT NULL')
    assert free[0]["n"] == 1


async def test_contact_data_belong_to_the_cita_and_a_later_typo_changes_nothing(node: Node) -> None:
    await build_world()
    first = await reserve(ROSA, KEY)
    await cancel(first.code, NOW, RULES)
    second = await reserve(replace(ROSA, given_names="Roza"), slot_at(MONDAY_TEN))
    old, new = await find_appointment(first.code), await find_appointment(second.code)
    assert old is not None
    assert new is not None
    assert (old.given_names, new.given_names) == ("Rosa María", "Roza")
    assert (await fetch('SELECT count(*) AS "n" FROM "citizen"'))[0]["n"] == 1


async def test_the_least_loaded_consultor_gets_the_cita(node: Node) -> None:
    await build_world(consultants=3)
    for number in range(9):
        await reserve(citizen_number(number), slot_at(MONDAY_NINE_THIRTY + timedelta(minutes=30) * (number // 2)))
    loads = await fetch('SELECT "consultant", count(*) AS "n" FROM "appointment" GROUP BY "consultant"')
    assert sorted(row["n"] for row in loads) == [3, 3, 3]


async def test_a_cancelled_seat_returns_after_a_random_delay(node: Node) -> None:
    world = await build_world(consultants=1)
    agenda = await world.agenda()
    booked = await reserve(ROSA, KEY)
    await cancel(booked.code, NOW, RULES)
    await cancel(booked.code, NOW, RULES)  # cancelling twice does nothing
    cita = await find_appointment(booked.code)
    assert cita is not None
    assert cita.state is State.CANCELLED
    delay = (await fetch('SELECT "held_until" FROM "seat" WHERE "starts_at" = {}', MONDAY_NINE_THIRTY))[0][
        "held_until"
    ] - NOW
    assert RULES.release_min <= delay <= RULES.release_max
    day = MONDAY_NINE_THIRTY.date()

    async def offered(at: datetime) -> bool:
        return MONDAY_NINE_THIRTY in [slot.starts_at for slot in await slots_of(agenda, day, at, RULES)]

    assert not await offered(NOW + delay - timedelta(seconds=1))
    assert await offered(NOW + delay)
    with pytest.raises(SeatTaken):
        await hold_seat(KEY, "reseller", None, NOW + timedelta(minutes=1), RULES)
    kinds = await fetch('SELECT "kind" FROM "outbox_message" ORDER BY "kind"')
    assert [row["kind"] for row in kinds] == ["cancellation", "confirmation"]


async def test_cancel_and_move_end_at_the_start(node: Node) -> None:
    await build_world()
    booked = await reserve(ROSA, KEY)
    for attempt in (
        cancel(booked.code, MONDAY_NINE_THIRTY, RULES),
        move(booked.code, slot_at(MONDAY_TEN + timedelta(hours=2)), MONDAY_NINE_THIRTY, RULES),
    ):
        with pytest.raises(TooLate):
            await attempt
    with pytest.raises(AppointmentUnknown):
        await cancel("ZZZZZZZZ", NOW, RULES)


async def test_a_move_ends_the_old_cita_and_keeps_the_calendar_entry(node: Node) -> None:
    await build_world()
    booked = await reserve(ROSA, KEY)
    target = slot_at(MONDAY_TEN, Modality.PHONE)
    moved = await move(booked.code, target, NOW, RULES)
    old, new = await find_appointment(booked.code), await find_appointment(moved.code)
    assert old is not None
    assert new is not None
    assert (old.state, old.moved_to) == (State.RESCHEDULED, moved.code)
    assert (new.state, new.starts_at, new.modality) == (State.RESERVED, MONDAY_TEN, Modality.PHONE)
    assert (new.calendar_uid, new.calendar_sequence) == (old.calendar_uid, 1)
    again = await move(booked.code, target, NOW, RULES)
    assert (again.code, again.repeated) == (moved.code, True)
    with pytest.raises(NotReserved):
        await move(booked.code, slot_at(MONDAY_TEN + timedelta(hours=1)), NOW, RULES)
    with pytest.raises(NotReserved):
        await cancel(booked.code, NOW, RULES)


async def test_a_move_to_a_taken_time_changes_nothing(node: Node) -> None:
    await build_world(consultants=1)
    booked = await reserve(ROSA, KEY)
    await reserve(JULIO, slot_at(MONDAY_TEN))
    with pytest.raises(SeatTaken) as taken:
        await move(booked.code, slot_at(MONDAY_TEN), NOW, RULES)
    assert len(taken.value.nearest) == 3
    cita = await find_appointment(booked.code)
    assert cita is not None
    assert cita.state is State.RESERVED


async def test_a_leased_seat_is_not_on_offer(node: Node) -> None:
    world = await build_world(consultants=1)
    await fetch('UPDATE "seat" SET "kiosk" = {} WHERE "starts_at" = {}', uuid4(), MONDAY_NINE_THIRTY)
    with pytest.raises(SeatTaken):
        await hold_seat(KEY, "token", None, NOW, RULES)
    offered = await slots_of(await world.agenda(), MONDAY_NINE_THIRTY.date(), NOW, RULES)
    assert MONDAY_NINE_THIRTY not in [slot.starts_at for slot in offered]


async def test_a_person_without_mail_books_and_no_message_is_queued(node: Node) -> None:
    await build_world()
    booked = await reserve(MEI, KEY)
    assert await fetch('SELECT "id" FROM "outbox_message"') == []
    cita = await look_up(booked.code, "g-1234567")
    assert cita.second_surname == ""


async def test_looking_up_wants_both_code_and_document(node: Node) -> None:
    await build_world()
    booked = await reserve(ROSA, KEY)
    assert (await look_up(f" {booked.code[:4].lower()}-{booked.code[4:]} ", "10117410")).code == booked.code
    assert (await look_up(booked.code, "10117410-2")).code == booked.code
    for code, document in (
        (booked.code, "42388604"),
        ("ZZZZZZZZ", "10117410"),
        ("", ""),
        (booked.code, ""),
        ("ñ" * 400, "é" * 400),
    ):
        with pytest.raises(AppointmentUnknown):
            await look_up(code, document)


async def test_the_code_is_sent_again_to_the_contact_held_once_an_hour(node: Node) -> None:
    await build_world()
    await reserve(ROSA, KEY)
    for _ in range(3):
        await send_code_again(ROSA.document_type, ROSA.document_number, "bolsa", NOW)
    await send_code_again(JULIO.document_type, JULIO.document_number, "bolsa", NOW)
    again = await fetch('SELECT "recipient" FROM "outbox_message" WHERE "kind" = \'code_again\'')
    assert [row["recipient"] for row in again] == ["rosa@example.org"]


async def test_the_modality_must_be_one_that_the_seat_allows(node: Node) -> None:
    await build_world()
    await fetch('UPDATE "seat" SET "allows_in_person" = {}', False)
    with pytest.raises(NotOffered):
        await hold_seat(SlotKey("bolsa", "central", Modality.IN_PERSON, MONDAY_NINE_THIRTY), "t", None, NOW, RULES)
    await hold_seat(KEY, "t", None, NOW, RULES)


async def test_another_modality_at_the_same_time_keeps_the_seat(node: Node) -> None:
    await build_world(consultants=1)
    booked = await reserve(ROSA, KEY)
    assert await move(booked.code, KEY, NOW, RULES) == Booked(booked.id, booked.code, repeated=True)
    moved = await move(booked.code, slot_at(MONDAY_NINE_THIRTY, Modality.PHONE), NOW, RULES)
    cita = await find_appointment(moved.code)
    assert cita is not None
    assert (cita.modality, cita.starts_at) == (Modality.PHONE, MONDAY_NINE_THIRTY)
    seats = await fetch('SELECT "appointment", "held_until" FROM "seat" WHERE "starts_at" = {}', MONDAY_NINE_THIRTY)
    assert seats == [{"appointment": moved.id, "held_until": None}]
    await cancel(moved.code, NOW, RULES)
    with pytest.raises(NotReserved):
        await move(booked.code, slot_at(MONDAY_NINE_THIRTY, Modality.IN_PERSON), NOW, RULES)


async def test_a_cita_whose_day_went_by_unrecorded_blocks_nobody(node: Node) -> None:
    await build_world()
    first = await reserve(ROSA, KEY)
    same_evening = datetime(2027, 1, 11, 23, 0, tzinfo=UTC)
    tomorrow = slot_at(MONDAY_TEN + timedelta(days=2))
    with pytest.raises(AlreadyReserved):
        await reserve(ROSA, tomorrow, now=same_evening)
    after_midnight = datetime(2027, 1, 12, 5, 0, tzinfo=UTC)
    second = await reserve(ROSA, tomorrow, now=after_midnight)
    with pytest.raises(AlreadyReserved):
        await reserve(ROSA, slot_at(MONDAY_TEN + timedelta(days=3)), now=after_midnight)
    old = await find_appointment(first.code)
    assert old is not None
    assert old.state is State.RESERVED
    assert second.code != first.code


async def test_a_lost_hold_books_another_seat_of_the_same_time(node: Node) -> None:
    await build_world(consultants=2)
    seat = await hold_seat(KEY, "slow", None, NOW, RULES)
    later = NOW + RULES.hold
    await fetch(
        'UPDATE "seat" SET "hold_token" = {}, "held_until" = {} WHERE "id" = {}', "quick", later + RULES.hold, seat
    )
    booked = await book(Request("slow", KEY, seat, ROSA, CONSENT), later, RULES)
    cita = await find_appointment(booked.code)
    assert cita is not None
    assert cita.starts_at == MONDAY_NINE_THIRTY
    assert await held_until("quick") is not None
    with pytest.raises(SeatTaken):
        await book(Request("third", KEY, seat, JULIO, CONSENT), later, RULES)


async def test_the_code_of_a_cita_that_began_today_is_sent_as_well(node: Node) -> None:
    await build_world()
    await reserve(ROSA, KEY)
    begun = MONDAY_NINE_THIRTY + timedelta(hours=2)
    await send_code_again(ROSA.document_type, ROSA.document_number, "bolsa", begun)
    (again,) = await fetch('SELECT "deadline" FROM "outbox_message" WHERE "kind" = {}', "code_again")
    assert again["deadline"] > begun
