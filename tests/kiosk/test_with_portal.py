"""Kiosk and portal in one process, each in its own file: what the two sides make of each other's words."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from kiosk.changing import MoveOrder, cancel_offline, move_offline
from kiosk.claiming import ClaimUnanswered, claim_and_sell
from kiosk.joining import become
from kiosk.selling import Order, Sold, sell, soonest
from kiosk.state import KioskLocked, count_on_hand, read_status
from kiosk.sync import PortalAway, PortalRefused, Sync
from portal.database.engine import Row
from portal.database.node import Node, fetch, open_node, use_node
from portal.documents.slip import Paper
from portal.domain.changing import cancel
from portal.domain.epochs import begin_epoch
from portal.domain.errors import SeatTaken
from portal.domain.exchange import Answer, PairRequest, Request, Standing
from portal.domain.kiosk_exchange import StaleRequest, Terms, answer_request
from portal.domain.kiosks import make_kiosk, make_pairing_code, pair, revoke
from portal.domain.leases import recall
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.people import Person
from portal.domain.slots import SlotKey
from tests.databases import NewDatabase
from tests.people import CONSENT, JULIO, MEI, NOW, ROSA, RULES, World, build_world, citizen_number, reserve

TERMS = Terms(RULES, "https://citas.example.org", "2026-11")


@dataclass
class Both:
    """A portal, and a kiosk of it whose cable can be pulled."""

    portal: Node
    kiosk: Node
    world: World
    id: UUID
    now: datetime = NOW
    plugged: bool = True
    loses_answers: bool = False
    sync: Sync = field(init=False)

    def __post_init__(self) -> None:
        self.sync = Sync(self, lambda: self.now)

    async def send(self, request: Request) -> Answer:
        """The line between them."""
        if not self.plugged:
            raise PortalAway
        with use_node(self.portal):
            try:
                answer = await answer_request(self.id, request, self.now, TERMS)
            except StaleRequest:
                raise PortalRefused(stale=True) from None
        if self.loses_answers:
            raise PortalAway
        return msgspec.json.decode(answer, type=Answer)

    def at_portal(self) -> AbstractContextManager[Node]:
        return use_node(self.portal)

    async def exchange(self, times: int = 1) -> None:
        for _ in range(times):
            assert await self.sync.exchange() is not None

    async def sell(self, person: Person, number: int = 0) -> Sold:
        """Sell the nth of the soonest times at hand."""
        slot = (await soonest("bolsa", Modality.IN_PERSON, self.now))[number]
        return await sell(self.order(person, slot.key), self.now, Paper.TICKET)

    def order(self, person: Person, key: SlotKey) -> Order:
        return Order(uuid4().hex, key, person, CONSENT, self.world.consultants[0])

    async def free_online(self) -> list[datetime]:
        """When the portal has free seats that it has lent to nobody."""
        with self.at_portal():
            rows = await fetch(
                'SELECT DISTINCT "starts_at" FROM "seat" WHERE "appointment" IS NULL AND "kiosk" IS NULL '
                'AND "held_until" IS NULL AND "is_open" AND "starts_at" > {} ORDER BY "starts_at"',
                self.now + RULES.notice,
            )
        return [row["starts_at"] for row in rows]

    async def reserve_online(self, person: Person) -> Booked:
        """The soonest free time of the portal, for somebody on the web."""
        [first, *_] = await self.free_online()
        with self.at_portal():
            return await reserve(person, SlotKey("bolsa", "central", Modality.IN_PERSON, first), self.now)

    async def cita(self, code: str) -> Row:
        """A cita as the portal has it."""
        with self.at_portal():
            [row] = await fetch('SELECT * FROM "appointment" WHERE "code" = {}', code)
        return row

    async def remarks(self) -> list[str]:
        with self.at_portal():
            rows = await fetch('SELECT "remark" FROM "kiosk_entry" WHERE "remark" <> \'\' ORDER BY "number"')
        return [row["remark"] for row in rows]

    async def agree(self) -> None:
        """After healing, three exchanges suffice: what both know is the same on both sides."""
        await self.exchange(3)
        status = await read_status(self.now)
        assert (status.unsent, status.standing) == (0, Standing.GOOD)
        here = await fetch('SELECT "id", "state", "duplicate" FROM "appointment"')
        held = await fetch('SELECT "id", "seat" FROM "known_lease" WHERE "state" = \'held\'')
        with self.at_portal():
            for row in here:
                [there] = await fetch('SELECT "id", "state", "duplicate" FROM "appointment" WHERE "id" = {}', row["id"])
                assert there == row
            lent = await fetch(
                'SELECT "lease"."id", "lease"."seat" FROM "lease" WHERE "state" = \'granted\' AND "kiosk" = {}', self.id
            )
            wrong = await fetch(
                'SELECT "appointment"."id" FROM "appointment" LEFT JOIN "seat" ON "seat"."id" = "appointment"."seat" '
                'WHERE "appointment"."state" = \'reserved\' AND NOT "appointment"."displaced" '
                'AND ("seat"."id" IS NULL OR "seat"."appointment" <> "appointment"."id")'
            )
        assert wrong == []
        assert {(row["id"], row["seat"]) for row in held} == {(row["id"], row["seat"]) for row in lent}


@pytest.fixture
async def both(new_database: NewDatabase, kiosk_template: Path, tmp_path: Path) -> AsyncIterator[Both]:
    """A portal with the small world, and a kiosk that is paired and has had its first exchange; the kiosk is in use."""
    portal = open_node("portal", new_database("sqlite"))
    path = tmp_path / "kiosk.db"
    shutil.copyfile(kiosk_template, path)
    kiosk = open_node("kiosk", f"sqlite:///{path}")
    await portal.start()
    await kiosk.start()
    try:
        with use_node(portal):
            world = await build_world()
            made = await make_kiosk("Mesa 1", world.center)
            code = await make_pairing_code(made, None, NOW)
            token = sha256(secrets.token_bytes()).hexdigest()
            paired = await pair(PairRequest(code=code, token_hash=token, public_key=secrets.token_hex(32)), NOW)
        with use_node(kiosk):
            await become(paired)
            opened = Both(portal, kiosk, world, made)
            await opened.exchange()
            yield opened
    finally:
        await kiosk.stop()
        await portal.stop()


async def test_sold_without_a_cable_and_in_the_agenda_after_one_exchange(both: Both) -> None:
    assert await count_on_hand(both.now) == 20
    both.plugged = False
    sold = [await both.sell(person) for person in (ROSA, JULIO, MEI)]
    assert await both.sync.exchange() is None
    both.plugged = True
    await both.exchange()
    for each in sold:
        cita = await both.cita(each.code)
        assert (cita["id"], cita["state"], cita["origin"]) == (each.appointment, "reserved", "kiosk")
    assert await both.remarks() == []
    await both.agree()
    assert await count_on_hand(both.now) == 20


async def test_answers_that_are_lost_change_nothing(both: Both) -> None:
    both.loses_answers = True
    sold = await both.sell(ROSA)
    for _ in range(3):
        assert await both.sync.exchange() is None
    both.loses_answers = False
    await both.agree()
    assert (await both.cita(sold.code))["state"] == "reserved"
    with both.at_portal():
        assert len(await fetch('SELECT "number" FROM "kiosk_entry"')) == 1


async def test_what_is_online_is_claimed(both: Both) -> None:
    held = {slot.starts_at for slot in await soonest("bolsa", Modality.IN_PERSON, both.now, 100)}
    moment = next(moment for moment in await both.free_online() if moment not in held)
    key = SlotKey("bolsa", "central", Modality.IN_PERSON, moment)
    sold = [
        await claim_and_sell(both.order(citizen_number(number), key), both.sync, Paper.TICKET) for number in range(2)
    ]
    with pytest.raises(SeatTaken):
        await claim_and_sell(both.order(citizen_number(3), key), both.sync, Paper.TICKET)
    await both.agree()
    assert [(await both.cita(each.code))["starts_at"] for each in sold] == [moment, moment]


async def test_a_claim_whose_answer_was_lost_becomes_a_lease(both: Both) -> None:
    held = {slot.starts_at for slot in await soonest("bolsa", Modality.IN_PERSON, both.now, 100)}
    moment = next(moment for moment in await both.free_online() if moment not in held)
    order = both.order(ROSA, SlotKey("bolsa", "central", Modality.IN_PERSON, moment))
    both.loses_answers = True
    with pytest.raises(ClaimUnanswered):
        await claim_and_sell(order, both.sync, Paper.TICKET)
    both.loses_answers = False
    await both.exchange()
    both.plugged = False
    assert await sell(order, both.now, Paper.TICKET)
    both.plugged = True
    await both.agree()


async def test_a_cita_of_the_web_is_cancelled_and_moved_at_the_desk(both: Both) -> None:
    rosa, julio = await both.reserve_online(ROSA), await both.reserve_online(JULIO)
    await both.exchange()
    both.plugged = False
    await cancel_offline(rosa.code, both.world.consultants[0], both.now)
    key = (await soonest("bolsa", Modality.VIRTUAL, both.now))[2].key
    moved = await move_offline(MoveOrder(uuid4().hex, julio.code, key, both.world.consultants[0]), both.now, Paper.A5)
    both.plugged = True
    await both.agree()
    assert (await both.cita(rosa.code))["state"] == "cancelled"
    assert (await both.cita(julio.code))["state"] == "rescheduled"
    new = await both.cita(moved.code)
    # The portal knows more of the person than the desk did.
    assert (new["email"], new["given_names"], new["starts_at"]) == (JULIO.email, "Julio", key.starts_at)
    assert await both.remarks() == []


async def test_both_sides_changed_it(both: Both) -> None:
    rosa, julio = await both.reserve_online(ROSA), await both.reserve_online(JULIO)
    await both.exchange()
    both.plugged = False
    key = (await soonest("bolsa", Modality.VIRTUAL, both.now))[2].key
    for cita in (rosa, julio):
        with both.at_portal():
            await cancel(cita.code, both.now, RULES)
    await cancel_offline(rosa.code, both.world.consultants[0], both.now)
    moved = await move_offline(MoveOrder(uuid4().hex, julio.code, key, both.world.consultants[0]), both.now, Paper.A5)
    both.plugged = True
    await both.agree()
    assert (await both.cita(moved.code))["state"] == "reserved"
    assert await both.remarks() == ["moved_no_longer_reserved"]


async def test_recalled_seats_come_back_and_a_sale_under_way_holds(both: Both) -> None:
    both.plugged = False
    sold = await both.sell(ROSA)
    with both.at_portal():
        assert await recall(both.id, both.now) == 20
    both.plugged = True
    before = {row["id"] for row in await fetch('SELECT "id" FROM "known_lease"')}
    await both.agree()
    held = {row["id"] for row in await fetch('SELECT "id" FROM "known_lease" WHERE "state" = \'held\'')}
    assert held.isdisjoint(before)
    assert (await both.cita(sold.code))["state"] == "reserved"
    with both.at_portal():
        rows = await fetch('SELECT "state" FROM "lease" WHERE "recalled_at" IS NOT NULL')
    assert sorted(row["state"] for row in rows) == ["released"] * 19 + ["sold"]


async def test_a_revoked_kiosk_locks_itself_and_keeps_what_was_not_sent(both: Both) -> None:
    both.plugged = False
    await both.sell(ROSA)
    with both.at_portal():
        await revoke(both.id, both.now)
    await both.sell(JULIO)
    both.plugged = True
    await both.exchange()
    status = await read_status(both.now)
    assert (status.standing, status.unsent) == (Standing.REVOKED, 2)
    with pytest.raises(KioskLocked):
        await both.sell(MEI)


async def test_a_restore_does_not_undo_a_revocation_that_the_kiosk_has_heard_of(both: Both) -> None:
    with both.at_portal():
        await revoke(both.id, both.now)
    await both.exchange()
    with both.at_portal():  # as its backup knew it
        await fetch('UPDATE "kiosk" SET "standing" = {}, "revoked_at" = NULL', Standing.GOOD.value)
        await begin_epoch(both.now, "restored")
    await both.exchange(2)
    assert (await read_status(both.now)).standing is Standing.REVOKED
    with both.at_portal():
        [row] = await fetch('SELECT "standing" FROM "kiosk"')
        assert row["standing"] == Standing.REVOKED
        assert await fetch('SELECT "id" FROM "seat" WHERE "kiosk" IS NOT NULL') == []
    assert await both.free_online()  # and nobody waits for it


async def test_an_old_copy_locks_alone_and_the_kiosk_goes_on(both: Both, tmp_path: Path) -> None:
    await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    path = tmp_path / "copy.db"
    shutil.copyfile(both.kiosk.engine.path, path)  # type: ignore[union-attr]
    await both.sell(ROSA)
    await both.exchange(2)
    copy = open_node("kiosk", f"sqlite:///{path}")
    await copy.start()
    try:
        with use_node(copy):
            await both.sync.exchange()  # refused as stale: it goes on with higher numbers
            await both.exchange(2)
            assert (await read_status(both.now)).standing is Standing.FORKED
            with pytest.raises(KioskLocked):
                await both.sell(MEI)
        await both.sell(JULIO)
        await both.agree()
        with both.at_portal():  # a portal that was restored, and takes it for the kiosk
            await begin_epoch(both.now, "restored")
        with use_node(copy):
            await both.exchange(2)
            assert (await read_status(both.now)).standing is Standing.FORKED
        await both.agree()
    finally:
        await copy.stop()


async def test_a_portal_of_a_new_epoch_is_told_everything(both: Both) -> None:
    await both.sell(ROSA)
    both.plugged = False
    await both.sell(JULIO)
    with both.at_portal():
        await begin_epoch(both.now, "a test")
    assert await both.free_online() == []
    both.plugged = True
    await both.agree()
    assert await both.free_online()


async def test_a_restored_portal_has_the_log_resent_and_sells_nothing_twice(
    both: Both, new_database: NewDatabase, tmp_path: Path
) -> None:
    copy = tmp_path / "backup.db"
    with both.at_portal():
        await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    engine = both.portal.engine
    shutil.copyfile(engine.path, copy)  # type: ignore[union-attr]
    sold = [await both.sell(person) for person in (ROSA, JULIO)]
    await both.exchange()
    late = await both.sell(MEI)
    await both.portal.stop()
    both.portal = open_node("portal", f"sqlite:///{copy}")
    await both.portal.start()
    await both.agree()
    for each in (*sold, late):
        assert (await both.cita(each.code))["displaced"] in (False, 0)
    assert await both.free_online()
    assert await both.remarks() == []


async def test_a_rewound_kiosk_is_a_fork(both: Both, tmp_path: Path) -> None:
    await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy.db"
    shutil.copyfile(both.kiosk.engine.path, copy)  # type: ignore[union-attr]
    await both.sell(ROSA)
    await both.exchange()
    rewound = open_node("kiosk", f"sqlite:///{copy}")
    await rewound.start()
    try:
        with use_node(rewound):
            await both.exchange()
            assert (await read_status(both.now)).standing is Standing.FORKED
    finally:
        await rewound.stop()


async def test_an_old_copy_with_the_same_log_finds_its_way_back(both: Both, tmp_path: Path) -> None:
    await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy.db"
    shutil.copyfile(both.kiosk.engine.path, copy)  # type: ignore[union-attr]
    await both.exchange(3)
    rewound = open_node("kiosk", f"sqlite:///{copy}")
    await rewound.start()
    try:
        with use_node(rewound):
            assert await both.sync.exchange() is None
            await both.agree()
    finally:
        await rewound.stop()


async def test_days_offline_then_healed(both: Both) -> None:
    both.plugged = False
    for number in range(6):
        await both.sell(citizen_number(number), number)
    both.now += timedelta(days=4, minutes=1)
    await both.sell(citizen_number(7))
    both.plugged = True
    await both.agree()
    assert await both.remarks() == []
