"""The whole line: a machine is paired, exchanges, claims and asks by HTTP with the portal's own application."""

from __future__ import annotations

import secrets
import shutil
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import process_time
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from kiosk.claiming import claim_and_sell
from kiosk.joining import become
from kiosk.link import HttpPortal, PairingFailed
from kiosk.offering import whole_offer
from kiosk.selling import Order, sell, soonest
from kiosk.state import read_status
from kiosk.sync import Sync
from portal.app import create_app
from portal.database.node import Node, fetch, open_node, use_node
from portal.documents.slip import Paper
from portal.domain.appointments import find_appointment
from portal.domain.exchange import PairRequest, Standing
from portal.domain.kiosks import make_kiosk, make_pairing_code, revoke
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import SlotKey
from portal.domain.spanish_dates import local_day
from portal.settings import read_settings
from tests.databases import NewDatabase
from tests.kiosk.desk import ALL
from tests.people import CONSENT, NOW, ROSA, build_world, citizen_number

_BOOKINGS = 300


class AtPortal(httpx.AsyncBaseTransport):
    """Whatever arrives is handled where the portal's data are, as in its own process."""

    def __init__(self, app: Litestar, node: Node) -> None:
        self._inner = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar's own types
        self._node = node

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with use_node(self._node):
            return await self._inner.handle_async_request(request)


async def test_from_the_code_to_the_cita(sqlite_node: Node, kiosk_template: Path, tmp_path: Path) -> None:
    settings = read_settings(data=tmp_path / "data", DATABASE_URL="", PORTAL_PORT=8000, worker=False)
    app = create_app(settings, clock=lambda: NOW, node=sqlite_node)
    world = await build_world()
    made = await make_kiosk("Mesa 1", world.center)
    code = await make_pairing_code(made, None, NOW)
    path = tmp_path / "kiosk.db"
    shutil.copyfile(kiosk_template, path)
    kiosk = open_node("kiosk", f"sqlite:///{path}")
    await kiosk.start()
    token = secrets.token_urlsafe(32)
    transport = AtPortal(app, sqlite_node)
    request = PairRequest(code=code, token_hash=sha256(token.encode()).hexdigest(), public_key=secrets.token_hex(32))
    unpaired = HttpPortal("http://127.0.0.1:8000", transport=transport)
    line = HttpPortal("http://127.0.0.1:8000", token, transport)
    try:
        with use_node(kiosk):
            await become(await unpaired.pair(request))
            with pytest.raises(PairingFailed):
                await unpaired.pair(PairRequest(code="WRONGONE", token_hash="0" * 64, public_key="0" * 64))
            sync = Sync(line, lambda: NOW)
            assert await sync.exchange()
            held = {slot.starts_at for slot in await soonest("bolsa", Modality.IN_PERSON, NOW, 100)}
            offer = await whole_offer(line, "bolsa", Modality.IN_PERSON, local_day(NOW), 7, NOW)
            assert offer.whole
            assert held <= {time.starts_at for time in offer.times if time.at_hand}
            wanted = next(time for time in offer.times if not time.at_hand and time.to_claim)
            key = SlotKey("bolsa", "central", Modality.IN_PERSON, wanted.starts_at)
            order = Order(secrets.token_hex(8), key, ROSA, CONSENT, world.consultants[0])
            sold = await claim_and_sell(order, sync, Paper.TICKET)
            assert await sync.exchange()
            status = await read_status(NOW)
            assert (status.standing, status.unsent, status.online) == (Standing.GOOD, 0, True)
        cita = await find_appointment(sold.code)
        assert cita is not None
        assert (cita.id, cita.starts_at) == (sold.appointment, wanted.starts_at)
        await revoke(made, NOW)
        with use_node(kiosk):
            assert await sync.exchange()
            assert (await read_status(NOW)).standing is Standing.REVOKED
            assert not (await whole_offer(line, "bolsa", Modality(ALL[0]), local_day(NOW), 1, NOW)).whole
    finally:
        await line.close()
        await unpaired.close()
        await kiosk.stop()


async def test_a_day_without_a_cable_goes_in_at_once_and_in_order(
    sqlite_node: Node, new_database: NewDatabase, kiosk_template: Path, tmp_path: Path
) -> None:
    world = await build_world(consultants=8, rules=BookingRules(horizon_days=7))
    await fetch(
        'INSERT INTO "lease_policy" ("id", "center", "service", "per_consultant", "days", "share", "minimum") '
        "VALUES ({}, {}, {}, 8, 5, 100, 0)",
        *(uuid4(), world.center, world.service),
    )
    evening = NOW + timedelta(hours=8)
    clock = [NOW]
    settings = read_settings(data=tmp_path / "data", DATABASE_URL="", PORTAL_PORT=8000, worker=False)
    app = create_app(settings, clock=lambda: clock[-1], node=sqlite_node)
    code = await make_pairing_code(await make_kiosk("Mesa 1", world.center), None, NOW)
    kiosk = open_node("kiosk", new_database("sqlite", migrated=False))
    shutil.copyfile(kiosk_template, kiosk.engine.path)  # type: ignore[union-attr]  # a file in memory
    await kiosk.start()
    token, transport = secrets.token_urlsafe(32), AtPortal(app, sqlite_node)
    line = HttpPortal("http://127.0.0.1:8000", token, transport)
    token_hash = sha256(token.encode()).hexdigest()
    try:
        with use_node(kiosk):
            await become(await line.pair(PairRequest(code=code, token_hash=token_hash, public_key="1" * 64)))
            assert await Sync(line, lambda: NOW).exchange()
            slots = await soonest("bolsa", Modality.IN_PERSON, NOW, 600)
            keys = [slot.key for slot in slots for _ in range(slot.free)]
            for number in range(_BOOKINGS):
                at = NOW + number * (evening - NOW) / _BOOKINGS
                order = Order(f"form-{number}", keys[number], citizen_number(number), CONSENT, world.consultants[0])
                await sell(order, at, Paper.TICKET)
            sold = await fetch('SELECT "code", "seat", "created_at" FROM "appointment" ORDER BY "created_at"')
            clock.append(evening)
            began = process_time()
            assert await Sync(line, lambda: evening).exchange()
            took = process_time() - began
            assert (await read_status(evening)).unsent == 0
    finally:
        await line.close()
        await kiosk.stop()
    applied = await fetch(
        'SELECT "appointment"."code", "seat"."id" AS "seat", "kiosk_entry"."made_at" AS "created_at" '
        'FROM "kiosk_entry" '
        'JOIN "seat" ON "seat"."appointment" = "kiosk_entry"."appointment" '
        'JOIN "appointment" ON "appointment"."id" = "kiosk_entry"."appointment" '
        'WHERE "kiosk_entry"."outcome" = \'applied\' ORDER BY "kiosk_entry"."number"'
    )
    assert len(applied) == _BOOKINGS
    assert applied == sold
    assert took < 5, "seconds of work, on both sides together; python -m tests.bench measures how long it takes"
