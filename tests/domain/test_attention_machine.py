"""Story of two consultores who click in any order, also at once: no impossible state, each transition recorded once.

Four citas of four citizens, who may book again, choose what is offered and cancel. Whatever is pressed when, the rows
agree with a model that knows only the procedure (PE-BT-01, activities 03 to 06; DOMAIN, states and windows).
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal.database.node import fetch, open_node, set_default_node
from portal.domain.attention import finish, start, switch_channel
from portal.domain.attention_abandonment import abandon, take_back
from portal.domain.attention_invitation import invite, log_contact
from portal.domain.attention_not_held import choose_offered, offered_times, record_not_held
from portal.domain.attention_record import Written, save_notes
from portal.domain.attention_transfer import transfer
from portal.domain.changing import cancel
from portal.domain.errors import AlreadyReserved, DomainError
from portal.domain.modality import Modality
from portal.domain.vocabulary import (
    AbandonMotive,
    ContactChannel,
    ContactOutcome,
    EventKind,
    NotHeldReason,
    State,
)
from tests.attending import START
from tests.people import RULES, build_world, citizen_number, reserve, slot_at

T = TypeVar("T")
CONSULTORES = st.integers(0, 1)
# Those that wait for others come more often, so that every state is reached.
STEPS = (
    *("invite", "invite", "invite", "start", "finish", "abandon", "abandon", "abandon", "take_back", "take_back"),
    *("not_held", "transfer", "contact", "switch", "notes"),
)
RECORDED = {
    "start": EventKind.STARTED,
    "finish": EventKind.FINISHED,
    "abandon": EventKind.ABANDONED,
    "take_back": EventKind.TAKEN_BACK,
    "not_held": EventKind.NOT_HELD,
    "transfer": EventKind.TRANSFERRED,
    "contact": EventKind.CONTACT_TRIED,
}
FROM = {
    "start": (State.RESERVED,),
    "finish": (State.IN_ATTENTION,),
    "abandon": (State.RESERVED,),
    "take_back": (State.ABANDONED,),
    "not_held": (State.RESERVED, State.IN_ATTENTION),
}
TO = {
    "start": State.IN_ATTENTION,
    "finish": State.ATTENDED,
    "abandon": State.ABANDONED,
    "take_back": State.IN_ATTENTION,
    "not_held": State.NOT_HELD,
}


class Desk(RuleBasedStateMachine):
    """Two consultores, four citizens, a clock."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="citas-desk-"))
        shutil.copyfile(self.template, self.folder / "portal.db")
        self.loop = asyncio.new_event_loop()
        self.node = open_node("portal", f"sqlite:///{self.folder / 'portal.db'}")
        set_default_node(self.node)
        self.run(self.node.start())
        self.now: datetime = START - timedelta(minutes=9)
        self.done: Counter[tuple[UUID, EventKind]] = Counter()
        self.citas: list[UUID] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.node.stop())
        set_default_node(None)
        self.loop.close()
        shutil.rmtree(self.folder)

    @initialize()
    def open_the_desk(self) -> None:
        world = self.run(build_world(self.now - timedelta(days=3), opens=time(8), closes=time(18)))
        self.staff = world.consultants
        for person in range(4):
            slot = slot_at(START + timedelta(minutes=30 * (person // 2)))
            self.citas.append(self.run(reserve(citizen_number(person), slot, now=self.now - timedelta(days=3))).id)

    def row(self, cita: UUID) -> dict[str, Any]:
        [row] = self.run(fetch('SELECT * FROM "appointment" WHERE "id" = {}', cita))
        return row

    async def take(self, step: str, cita: UUID, staff: UUID) -> bool:
        """Press a button; whether it was taken. What is no ordinary refusal ends the test."""
        now = self.now
        [row] = await fetch('SELECT "consultant" FROM "appointment" WHERE "id" = {}', cita)
        others = [one for one in self.staff if one != row["consultant"]]
        work: dict[str, Coroutine[Any, Any, object]] = {
            "invite": invite(cita, staff, now, RULES),
            "start": start(cita, staff, now),
            "finish": finish(cita, staff, now, 15),
            "abandon": abandon(cita, staff, AbandonMotive.NO_CONTACT, "No contesta", now),
            "take_back": take_back(cita, staff, now),
            "not_held": record_not_held(cita, staff, NotHeldReason.TECHNICAL_FAULT, "Sin luz", now, RULES),
            "transfer": transfer(cita, staff, row["consultant"], others[0], now, although_busy=True),
            "contact": log_contact(cita, staff, ContactChannel.PHONE, ContactOutcome.NO_ANSWER, "", now),
            "switch": switch_channel(cita, staff, Modality.PHONE, now),
            "notes": save_notes(cita, Written((), str(now), "", 0), now),
        }
        wanted = work.pop(step)
        for other in work.values():
            other.close()
        try:
            await wanted
        except DomainError:
            return False
        return True

    def note(self, step: str, cita: UUID) -> None:
        if step in RECORDED:
            self.done[cita, RECORDED[step]] += 1

    @rule(person=CONSULTORES, number=st.integers(0, 5), step=st.sampled_from(STEPS))
    def press(self, person: int, number: int, step: str) -> None:
        cita = self.citas[number % len(self.citas)]
        before = self.row(cita)
        taken = self.run(self.take(step, cita, self.staff[person]))
        after = self.row(cita)
        if step in FROM and taken:
            assert before["state"] in FROM[step]
            assert after["state"] == TO[step]
        else:
            assert after["state"] == before["state"]
        if taken:
            self.note(step, cita)
        elif step == "finish":
            assert before["state"] != State.IN_ATTENTION, "a Final was refused during the attention"
        elif step == "start" and before["state"] == State.RESERVED:
            assert not timedelta(minutes=-10) <= self.now - before["starts_at"] < timedelta(hours=15)

    @rule(number=st.integers(0, 5), steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=4))
    def press_at_once(self, number: int, steps: list[str]) -> None:
        cita = self.citas[number % len(self.citas)]
        staff = [self.staff[turn % 2] for turn in range(len(steps))]

        async def all_at_once() -> list[bool]:
            return await asyncio.gather(*(self.take(step, cita, one) for step, one in zip(steps, staff, strict=True)))

        for step, taken in zip(steps, self.run(all_at_once()), strict=True):
            if taken:
                self.note(step, cita)

    @rule(minutes=st.sampled_from([1, 2, 4, 5, 5, 6, 6, 11, 30, 61, 600]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(person=st.integers(0, 3), hours=st.integers(1, 6))
    def book_again(self, person: int, hours: int) -> None:
        try:
            booked = self.run(
                reserve(citizen_number(person), slot_at(START + timedelta(days=1, hours=hours)), now=self.now)
            )
        except DomainError:
            return
        self.citas.append(booked.id)

    @rule(number=st.integers(0, 5))
    def cancel_it(self, number: int) -> None:
        cita = self.citas[number % len(self.citas)]
        try:
            self.run(cancel(self.row(cita)["code"], self.now, RULES))
        except DomainError:
            return
        self.done[cita, EventKind.CANCELLED] = 1

    @rule(number=st.integers(0, 5), choice=st.integers(0, 2))
    def choose(self, number: int, choice: int) -> None:
        cita = self.citas[number % len(self.citas)]
        offered = self.run(offered_times(cita, self.now))
        if not offered:
            return
        try:
            booked = self.run(choose_offered(cita, offered[choice % len(offered)].id, self.now, RULES))
        except AlreadyReserved:
            return
        assert not booked.repeated  # what is kept for somebody can be had by them
        self.citas.append(booked.id)
        assert self.run(offered_times(cita, self.now)) == ()

    @invariant()
    def each_transition_is_recorded_once(self) -> None:
        rows = self.run(fetch('SELECT "appointment", "kind" FROM "appointment_event"'))
        counted = Counter((row["appointment"], EventKind(row["kind"])) for row in rows)
        for cita in self.citas:
            for kind in (*RECORDED.values(), EventKind.CANCELLED):
                assert counted[cita, kind] == self.done[cita, kind], kind
            assert counted[cita, EventKind.INVITED] == (self.row(cita)["invited_at"] is not None)
            assert counted[cita, EventKind.CHANNEL_CHANGED] <= 1

    @invariant()
    def no_state_is_impossible(self) -> None:
        for cita in self.citas:
            row = self.row(cita)
            state, invited, started = State(row["state"]), row["invited_at"], row["started_at"]
            assert (row["finished_at"] is not None) == (state is State.ATTENDED)
            assert (row["ended_at"] is not None) == (
                state in (State.ABANDONED, State.NOT_HELD, State.CANCELLED, State.RESCHEDULED)
            )
            if state in (State.IN_ATTENTION, State.ATTENDED):
                assert started is not None
            if state is State.RESERVED:
                assert started is None
            if state is State.ABANDONED:
                assert row["ended_at"] >= max(row["starts_at"], invited) + timedelta(minutes=5)
            if state is State.ATTENDED:
                assert row["finished_at"] >= started

    @invariant()
    def seats_and_people_agree(self) -> None:
        rows = self.run(
            fetch(
                'SELECT "appointment"."id", "appointment"."citizen", "appointment"."state", '
                '"appointment"."unrecorded", "seat"."appointment" AS "named" FROM "appointment" '
                'JOIN "seat" ON "seat"."id" = "appointment"."seat"'
            )
        )
        for row in rows:
            gone = row["state"] in (State.CANCELLED, State.RESCHEDULED)
            assert gone or row["named"] == row["id"], "a cita's seat names another"
        active = Counter(
            row["citizen"]
            for row in rows
            if row["state"] in (State.RESERVED, State.IN_ATTENTION) and not row["unrecorded"]
        )
        assert all(number == 1 for number in active.values())

    @invariant()
    def what_is_due_was_sent_once(self) -> None:
        rows = self.run(fetch('SELECT "appointment", "kind" FROM "outbox_message"'))
        sent = Counter((row["appointment"], row["kind"]) for row in rows)
        for cita in self.citas:
            state = self.row(cita)["state"]
            assert sent[cita, "links"] == (state == State.ATTENDED)
            assert sent[cita, "not_held"] == (state == State.NOT_HELD)
            assert sent[cita, "abandonment"] == (self.done[cita, EventKind.ABANDONED] > 0)
            assert sent[cita, "invitation"] <= 1


def test_no_order_of_clicks_leaves_an_impossible_state(sqlite_url: str) -> None:
    Desk.template = Path(sqlite_url.removeprefix("sqlite:///"))
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
