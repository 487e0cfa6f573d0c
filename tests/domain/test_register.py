"""The register's rows and sums: what the database knows of a cita, nothing typed twice, nothing lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch
from portal.database.snapshot import snapshot
from portal.domain.events import record_event
from portal.domain.modality import Modality
from portal.domain.register import RegisterRow, read_all, read_page, read_rows_of
from portal.domain.register_filter import RegisterFilter, condition_of, read_choices, sede_of, within_reach
from portal.domain.register_sums import Written, count_citas, count_up_to, reconcile, tally
from portal.domain.staff import StaffView, find_staff
from portal.domain.times import Wanted, read_times
from portal.domain.vocabulary import AbandonMotive, ContactOutcome, EventKind, NotHeldReason, State, Topic
from tests.people import ROSA
from tests.portal.walking import NINE
from tests.registering import (
    JANUARY,
    abandoned_julio,
    attended_rosa,
    move_to_center,
    record,
    reserve_many,
    reserved_mei,
)
from tests.staffing import Staffed


async def rows_of(chosen: RegisterFilter = JANUARY, at_once: int = 2) -> list[RegisterRow]:
    return [row async for rows in read_all(chosen, at_once=at_once) for row in rows]


async def view_of(staff: UUID) -> StaffView:
    found = await find_staff(staff)
    assert found
    return found


async def test_a_row_is_all_that_is_known_of_a_cita(staffed: Staffed) -> None:
    cita = await attended_rosa()
    (row,) = await rows_of()
    assert (row.id, row.state, row.full_name) == (cita, State.ATTENDED, "Rosa María Ñahui Quispe")
    assert (row.document_number, row.email, row.phone) == (ROSA.document_number, ROSA.email, ROSA.phone)
    assert (row.service_name, row.center_name) == ("Bolsa de Trabajo", "Centro de Empleo – Sede central")
    assert row.attended_by == row.consultant_name
    assert (row.modality, row.channel) == (Modality.VIRTUAL, Modality.PHONE)
    assert (row.contact_minutes, row.attention_minutes, row.doubtful) == (3.0, 17.0, False)
    assert [one.outcome for one in row.attempts] == [ContactOutcome.NO_ANSWER, ContactOutcome.ANSWERED]
    assert row.topics == (Topic.ACCOUNT, Topic.SEARCH)
    assert row.observations == "Se orientó sobre su cuenta"
    assert row.survey_asked_at == NINE + timedelta(minutes=20)
    assert row.survey_answered
    assert not row.has_cv
    assert row.reason is None
    assert await read_rows_of([cita, uuid4()]) == [row]
    assert await read_rows_of([]) == []


async def test_what_did_not_take_place_says_why(staffed: Staffed) -> None:
    await abandoned_julio()
    mei = await reserved_mei()
    await fetch('UPDATE "appointment" SET "state" = \'not_held\', "unrecorded" = {} WHERE "id" = {}', True, mei)
    await record(mei, motive=NotHeldReason.TECHNICAL_FAULT, doubtful=True)
    julio, other = await rows_of()
    assert julio.reason is AbandonMotive.NO_CONTACT
    assert (julio.contact_minutes, julio.attention_minutes) == (6.0, None)
    assert other.reason is NotHeldReason.TECHNICAL_FAULT
    assert (other.doubtful, other.unrecorded, other.contact_minutes) == (True, True, None)


async def test_minutes_that_say_nothing_are_those_of_the_times(staffed: Staffed) -> None:
    rosa, julio = await attended_rosa(), await abandoned_julio()
    assert [row.contact_doubtful for row in await rows_of()] == [False, False]
    await record_event(rosa, EventKind.TAKEN_BACK, NINE, staffed.consultant)
    late = NINE + timedelta(hours=2)
    await fetch('UPDATE "appointment" SET "ended_at" = {} WHERE "id" = {}', late, julio)
    rows = await rows_of()
    assert [row.contact_doubtful for row in rows] == [True, True]
    times = await read_times(Wanted(JANUARY.first_day, JANUARY.last_day))
    assert [(row.contact_minutes, row.attention_minutes) for row in rows] == [
        (one.invite and one.invite.minutes, one.attend and one.attend.minutes) for one in times
    ]
    assert all(one.invite and one.invite.doubtful for one in times)


async def test_a_moved_cita_names_the_one_before_and_a_cv_is_seen(staffed: Staffed) -> None:
    rosa, mei = await attended_rosa(), await reserved_mei()
    await fetch('UPDATE "appointment" SET "moved_from" = {} WHERE "id" = {}', rosa, mei)
    await fetch(
        'INSERT INTO "stored_file" ("id", "appointment", "kind", "media_type", "size", "sha256", "content", '
        "\"received_at\") VALUES ({}, {}, 'cv', 'application/pdf', 1, '', {}, {})",
        *(uuid4(), mei, b"x", NINE),
    )
    (first, second) = await rows_of()
    assert second.moved_from == first.code
    assert (first.has_cv, second.has_cv) == (False, True)


@pytest.mark.parametrize("at_once", [1, 2, 3, 8, 100])
async def test_however_many_at_once_every_row_comes_once_and_in_order(staffed: Staffed, at_once: int) -> None:
    made = await reserve_many(8)
    rows = await rows_of(at_once=at_once)
    assert sorted(row.id for row in rows) == sorted(made)
    assert [row.starts_at for row in rows] == sorted(row.starts_at for row in rows)


async def test_pages_go_down_and_up_again(staffed: Staffed) -> None:
    await reserve_many(7)
    down = await read_page(JANUARY, 3)
    pages = [down]
    while down.has_older:
        down = await read_page(JANUARY, 3, older_than=down.rows[-1].id)
        pages.append(down)
    assert [(len(page.rows), page.has_newer, page.has_older) for page in pages] == [
        (3, False, True),
        (3, True, True),
        (1, True, False),
    ]
    assert [row for page in pages for row in page.rows] == list(reversed(await rows_of()))
    up = await read_page(JANUARY, 3, newer_than=pages[2].rows[0].id)
    assert (up.rows, up.has_newer, up.has_older) == (pages[1].rows, True, True)
    top = await read_page(JANUARY, 3, newer_than=up.rows[0].id)
    assert (top.rows, top.has_newer) == (pages[0].rows, False)
    unknown = await read_page(JANUARY, 3, older_than=uuid4())
    assert unknown.rows == pages[0].rows


async def test_days_are_those_of_lima(staffed: Staffed) -> None:
    cita = await attended_rosa()
    for moment, days in (("2027-01-12 04:59:59+00:00", [11]), ("2027-01-12 05:00:00+00:00", [12])):
        starts_at = NINE.fromisoformat(moment)
        await fetch('UPDATE "appointment" SET "starts_at" = {} WHERE "id" = {}', starts_at, cita)
        found = [
            day for day in range(10, 14) if await count_citas(RegisterFilter(date(2027, 1, day), date(2027, 1, day)))
        ]
        assert found == days


async def test_the_sums_are_asked_of_the_citas_and_can_disagree(staffed: Staffed) -> None:
    for make in (attended_rosa, abandoned_julio, reserved_mei):
        await make()
    written: Written = Counter()
    rows = await rows_of()
    tally(written, rows)
    sums = await reconcile(JANUARY, written)
    assert sums.agrees
    assert (sums.total.counted, sums.total.written) == (3, 3)
    assert {line.state: line.counted for line in sums.states if line.counted} == {
        State.ATTENDED: 1,
        State.ABANDONED: 1,
        State.RESERVED: 1,
    }
    assert sum(line.counted for line in sums.consultants) == 3
    tally(written, rows[:1])
    twice = await reconcile(JANUARY, written)
    assert not twice.agrees
    assert [line.state for line in twice.states if not line.agrees] == [rows[0].state]
    assert [line.name for line in twice.consultants if not line.agrees] == [rows[0].consultant_name]
    assert not (await reconcile(JANUARY, Counter())).agrees


async def test_sums_and_rows_are_of_one_instant(staffed: Staffed) -> None:
    await attended_rosa()
    written: Written = Counter()
    async with snapshot() as read:
        async for rows in read_all(JANUARY, read):
            tally(written, rows)
        await abandoned_julio()
        assert (await reconcile(JANUARY, written, read)).agrees
    assert not (await reconcile(JANUARY, written)).agrees


async def test_counting_stops_where_it_is_enough(staffed: Staffed) -> None:
    await reserve_many(5)
    assert [await count_up_to(JANUARY, most) for most in (3, 5, 9)] == [3, 5, 5]
    assert await count_citas(JANUARY) == 5


async def test_one_filters_by_what_one_may_see(staffed: Staffed) -> None:
    await attended_rosa()
    await move_to_center(await abandoned_julio(), staffed.other_center)
    consultant, supervisor, administrator, elsewhere = [
        await view_of(one) for one in (staffed.consultant, staffed.supervisor, staffed.administrator, staffed.elsewhere)
    ]
    wide = RegisterFilter(JANUARY.first_day, JANUARY.last_day, center=staffed.other_center)
    for one, number in ((consultant, 1), (supervisor, 1), (elsewhere, 1), (administrator, 2)):
        assert await count_citas(within_reach(JANUARY, one)) == number
        assert len((await read_choices(one)).centers) == number
    assert await count_citas(within_reach(wide, consultant)) == 1
    assert within_reach(wide, consultant).center == consultant.center
    assert within_reach(wide, administrator) == wide
    names = (await read_choices(elsewhere)).names_of(within_reach(JANUARY, elsewhere))
    assert names.center == "Centro de Empleo – Callao"
    assert [choice.name for choice in (await read_choices(supervisor)).consultants] == ["Consultor 1", "Consultor 2"]


async def test_who_works_in_no_sede_sees_all_or_nothing(staffed: Staffed) -> None:
    await attended_rosa()
    await fetch('UPDATE "staff" SET "center" = NULL')
    consultant, supervisor = await view_of(staffed.consultant), await view_of(staffed.supervisor)
    assert await count_citas(within_reach(JANUARY, consultant)) == 0
    assert sede_of(supervisor) is None


async def test_each_row_of_an_index_page_costs_the_same(sqlite_node: Node) -> None:
    """The page is read along an index: nothing is sorted but citas of the same start."""
    plan = await fetch(
        'EXPLAIN QUERY PLAN SELECT "id" FROM "appointment" WHERE "starts_at" >= {} AND "starts_at" < {} '
        'AND ("starts_at", "id") < ({}, {}) ORDER BY "starts_at" DESC, "id" DESC LIMIT 50',
        *(NINE, NINE, NINE, uuid4()),
    )
    told = " ".join(str(step["detail"]) for step in plan)
    assert "appointment_by_time" in told
    assert "USE TEMP B-TREE FOR ORDER BY" not in told


async def test_a_year_is_counted_without_a_look_at_the_citas(sqlite_node: Node) -> None:
    picked = RegisterFilter(JANUARY.first_day, JANUARY.last_day, center=uuid4(), state=State.ATTENDED)
    for chosen in (picked, replace(picked, center=None), replace(picked, center=None, service=uuid4())):
        condition, values = condition_of(chosen)
        plan = await fetch(f'EXPLAIN QUERY PLAN SELECT count(*) FROM "appointment" WHERE {condition}', *values)
        assert "USING COVERING INDEX appointment_by_" in str(plan[0]["detail"])
