"""Story of many hands: hold, extend, expire, book, cancel, release, move, close, in any order, over the real engine.

Invariants: a seat has at most one active cita and says which; what was offered can be had; nothing booked vanishes.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portal.database.node import fetch, open_node, set_default_node
from portal.domain.booking import Request, book
from portal.domain.changing import cancel, move
from portal.domain.closures import close_days
from portal.domain.days_on_offer import slots_of
from portal.domain.errors import AlreadyReserved, HoldNotExtendable, NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.holds import extend_hold, hold_seat
from portal.domain.rules import BookingRules
from portal.domain.schedule import open_seats
from portal.domain.slots import Agenda, Slot, SlotKey, last_day_on_offer
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import State
from tests.people import CONSENT, NOW, build_world, citizen_number, held_until

T = TypeVar("T")
RULES = BookingRules(horizon_days=4)
BROWSERS = st.integers(0, 5)


class Citas(RuleBasedStateMachine):
    """Six browsers, each of a person of their own, over two consultores with three seats a day."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="citas-state-"))
        shutil.copyfile(self.template, self.folder / "portal.db")
        self.loop = asyncio.new_event_loop()
        self.node = open_node("portal", f"sqlite:///{self.folder / 'portal.db'}")
        set_default_node(self.node)
        self.run(self.node.start())
        self.now: datetime = NOW
        self.holds: dict[int, tuple[str, SlotKey, Any]] = {}
        self.citas: dict[str, State] = {}
        self.of_person: dict[int, str] = {}
        self.tokens = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.node.stop())
        set_default_node(None)
        self.loop.close()
        shutil.rmtree(self.folder)

    @initialize()
    def open_the_doors(self) -> None:
        world = self.run(build_world(self.now, opens=time(9), closes=time(10, 30), rules=RULES))
        self.center = world.center
        self.agenda: Agenda = self.run(world.agenda())

    def offered(self) -> list[Slot]:
        days = (local_day(self.now) + timedelta(days=n) for n in range(RULES.horizon_days + 1))
        return [slot for day in days for slot in self.run(slots_of(self.agenda, day, self.now, RULES))]

    @rule(browser=BROWSERS, choice=st.integers(0, 40))
    def hold_what_is_offered(self, browser: int, choice: int) -> None:
        slots = self.offered()
        if not slots:
            return
        slot = slots[choice % len(slots)]
        self.tokens += 1
        token = f"token-{self.tokens}"
        former = self.holds.get(browser)
        # What was offered can be had: this may not raise.
        seat = self.run(hold_seat(slot.key, token, former[0] if former else None, self.now, RULES))
        self.holds[browser] = (token, slot.key, seat)

    @rule(browser=BROWSERS)
    def extend(self, browser: int) -> None:
        if browser in self.holds:
            try:
                until = self.run(extend_hold(self.holds[browser][0], self.now, RULES))
                assert until == self.now + RULES.hold
            except HoldNotExtendable:
                pass

    @rule(minutes=st.sampled_from([1, 6, 11, 31, 90, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(browser=BROWSERS)
    def confirm(self, browser: int) -> None:
        if browser not in self.holds:
            return
        token, key, seat = self.holds[browser]
        until = self.run(held_until(token))
        ours = until is not None and self.now < until and self.now < key.starts_at
        try:
            booked = self.run(book(Request(token, key, seat, citizen_number(browser), CONSENT), self.now, RULES))
        except AlreadyReserved:
            assert self.citas[self.of_person[browser]] is State.RESERVED
            return
        except SeatTaken:
            assert not ours, "a valid hold was refused"
            del self.holds[browser]
            return
        if booked.repeated:
            assert booked.code in self.citas
            return
        assert self.citas.get(self.of_person.get(browser, "")) is not State.RESERVED
        self.citas[booked.code] = State.RESERVED
        self.of_person[browser] = booked.code

    @precondition(lambda self: self.of_person)
    @rule(browser=BROWSERS)
    def cancel_own(self, browser: int) -> None:
        code = self.of_person.get(browser)
        if code is None:
            return
        try:
            self.run(cancel(code, self.now, RULES))
        except (TooLate, NotReserved):
            return
        assert self.citas[code] in (State.RESERVED, State.CANCELLED)
        self.citas[code] = State.CANCELLED

    @precondition(lambda self: self.of_person)
    @rule(browser=BROWSERS, choice=st.integers(0, 40))
    def move_own(self, browser: int, choice: int) -> None:
        code, slots = self.of_person.get(browser), self.offered()
        if code is None or not slots:
            return
        try:
            moved = self.run(move(code, slots[choice % len(slots)].key, self.now, RULES))
        except (TooLate, NotReserved):
            return
        if moved.repeated:  # its own time, which has another free seat
            assert moved.code == code
            return
        self.citas[code] = State.RESCHEDULED
        self.citas[moved.code] = State.RESERVED
        self.of_person[browser] = moved.code

    @rule(ahead=st.integers(0, RULES.horizon_days))
    def close_a_day(self, ahead: int) -> None:
        day = local_day(self.now) + timedelta(days=ahead)
        done = self.run(close_days(day, day, "Cierre", self.now, center=self.center))
        assert all(self.citas[touched.code] is State.RESERVED for touched in done.touched)
        assert self.run(slots_of(self.agenda, day, self.now, RULES)) == []

    @rule()
    def reopen_all_days(self) -> None:
        self.run(fetch('DELETE FROM "closure"'))
        self.run(open_seats(self.now, RULES))

    @rule(browser=BROWSERS, choice=st.integers(0, 10))
    def ask_for_what_is_not_offered(self, browser: int, choice: int) -> None:
        key = self.agenda.key(
            self.now + timedelta(days=choice, seconds=7)
        )  # nothing starts then: time passes by minutes
        with pytest.raises((NotOffered, SeatTaken)):
            self.run(hold_seat(key, f"wrong-{browser}", None, self.now, RULES))

    @invariant()
    def a_seat_has_at_most_one_active_cita_and_says_which(self) -> None:
        rows = self.run(
            fetch(
                'SELECT "appointment"."id", "appointment"."state", "seat"."appointment" AS "named" FROM "appointment" '
                'LEFT JOIN "seat" ON "seat"."appointment" = "appointment"."id"'
            )
        )
        for row in rows:
            assert (row["named"] is not None) == (row["state"] == "reserved"), row
        orphans = (
            'SELECT "id" FROM "seat" WHERE "appointment" IS NOT NULL '
            'AND "appointment" NOT IN (SELECT "id" FROM "appointment")'
        )
        assert self.run(fetch(orphans)) == []

    @invariant()
    def nothing_booked_vanishes(self) -> None:
        rows = self.run(fetch('SELECT "code", "state" FROM "appointment"'))
        assert {row["code"]: State(row["state"]) for row in rows} == self.citas

    @invariant()
    def nothing_beyond_the_horizon_is_offered(self) -> None:
        for slot in self.offered():
            assert self.now + RULES.notice <= slot.starts_at
            assert local_day(slot.starts_at) <= last_day_on_offer(self.now, RULES)


def test_no_order_of_steps_breaks_the_invariants(sqlite_url: str) -> None:
    Citas.template = Path(sqlite_url.removeprefix("sqlite:///"))
    run_state_machine_as_test(
        Citas,
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
