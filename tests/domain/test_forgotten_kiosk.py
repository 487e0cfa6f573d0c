"""A kiosk that was paired after the copy was made from which the portal was restored (ARCHITECTURE, rules 6, 10 and
14).
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch, open_node, use_node
from portal.domain.exchange import HeldLease, LeaseView, PairRequest, Sale, Standing, read_text
from portal.domain.kiosks import (
    KioskUnknown,
    PairingRefused,
    find_kiosk_by_token,
    list_kiosks,
    make_kiosk,
    make_pairing_code,
    pair,
    revoke,
)
from tests.databases import NewDatabase
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import NOW, World, build_world


@dataclass(frozen=True)
class Restored:
    """A portal that was restored, and a kiosk that it does not know; one of its two sales was in before."""

    world: World
    kiosk: HandKiosk
    held: tuple[LeaseView, ...]


@pytest.fixture
async def restored(new_database: NewDatabase) -> AsyncIterator[Restored]:
    url = new_database("sqlite")
    path = Path(url.removeprefix("sqlite:///"))
    node: Node = open_node("portal", url)
    await node.start()
    with use_node(node):
        world = await build_world()
        await node.stop()
        shutil.copyfile(path, path.with_suffix(".copy"))
        await node.start()
        kiosk = await add_kiosk(world)
        leases = (await kiosk.speak()).leases
        kiosk.sell(leases[0], "10117410")
        held = (await kiosk.speak()).leases
        kiosk.sell(leases[1], "10117411")
        await node.stop()
        shutil.copyfile(path.with_suffix(".copy"), path)
        await node.start()
        yield Restored(world, kiosk, held)
    await node.stop()


async def ask(kiosk: HandKiosk, code: str, center: UUID) -> PairRequest:
    return PairRequest(
        code=code,
        token_hash=sha256(kiosk.token.encode()).hexdigest(),
        public_key=secrets.token_hex(32),
        kiosk=kiosk.id,
        center=center,
    )


async def make_code(world: World) -> str:
    return await make_pairing_code(await make_kiosk("Módulo nuevo", world.center), None, NOW)


async def test_it_stays_the_kiosk_that_it_is_and_hands_in_all_it_has(restored: Restored) -> None:
    world, kiosk = restored.world, restored.kiosk
    with pytest.raises(KioskUnknown):
        await find_kiosk_by_token(kiosk.token)
    request = await ask(kiosk, await make_code(world), world.center)
    answer = await pair(request, NOW)
    assert answer == await pair(request, NOW)
    assert (answer.kiosk, await find_kiosk_by_token(kiosk.token)) == (kiosk.id, kiosk.id)
    [view] = await list_kiosks()
    assert (view.id, view.name, view.declared) == (kiosk.id, "Módulo nuevo", False)
    assert (await kiosk.speak()).declare
    sold = read_text(kiosk.log[1]).deed
    assert isinstance(sold, Sale)
    held = tuple(HeldLease(id=it.id, seat=it.seat, code=it.code, sold=it.id == sold.lease) for it in restored.held)
    told = await kiosk.speak(leases=held)
    assert (told.applied, told.standing) == (2, Standing.GOOD)
    citas = await fetch('SELECT "displaced", "state" FROM "appointment"')
    assert [(bool(row["displaced"]), row["state"]) for row in citas] == [(False, "reserved")] * 2
    assert {lease.id for lease in told.leases} >= {lease.id for lease in held if not lease.sold}


async def test_of_another_sede_or_revoked_it_is_refused(restored: Restored) -> None:
    world, kiosk = restored.world, restored.kiosk
    with pytest.raises(PairingRefused):
        await pair(await ask(kiosk, await make_code(world), uuid4()), NOW)
    await pair(await ask(kiosk, await make_code(world), world.center), NOW)
    await revoke(kiosk.id, NOW)
    with pytest.raises(PairingRefused):
        await pair(await ask(kiosk, await make_code(world), world.center), NOW)
