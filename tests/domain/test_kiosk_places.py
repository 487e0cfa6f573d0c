"""What a kiosk printed comes in, also at a portal that has forgotten the seat or the people (ARCHITECTURE, rules 2, 6
and 10).
"""

from __future__ import annotations

from uuid import UUID, uuid4

import msgspec
import pytest

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.epochs import begin_epoch, resume
from portal.domain.exchange import Cancellation, LeaseView, Move, Sale, SignedEntry, chain_hash
from portal.domain.schedule import open_seats
from tests.domain.kiosking import HandKiosk, add_kiosk
from tests.people import NOW, RULES, World, build_world, citizen_number, reserve, slot_at

AS_FIRST_RELEASED = (
    '{"format":1,"number":1,"at":"2026-11-23T14:00:00Z","offset":0,"deed":{"type":"sale",'
    '"lease":"0b0ea32e-5b3c-4c5c-8f0c-0d6f3c0e8a01","seat":"0b0ea32e-5b3c-4c5c-8f0c-0d6f3c0e8a02",'
    '"appointment":"0b0ea32e-5b3c-4c5c-8f0c-0d6f3c0e8a03","code":"ABCDEFGX","service":"bolsa","modality":"presencial",'
    '"starts_at":"2026-11-25T14:00:00Z","person":{"document_type":"01","document_number":"10117410",'
    '"given_names":"Rosa","first_surname":"Ñahui","second_surname":"","birth_date":null,"email":"","phone":"",'
    '"ubigeo":"","preference":"","language":"es","motive":""},"consent":{"privacy_version":"2026-11",'
    '"privacy_accepted_at":"2026-11-23T14:00:00Z","promotions":false},'
    '"sold_by":"0b0ea32e-5b3c-4c5c-8f0c-0d6f3c0e8a04"}}'
)
"""The bytes of an entry as the first kiosks write them, which nothing writes anew."""


@pytest.fixture
async def world(node: object) -> World:
    assert node
    return await build_world()


@pytest.fixture
async def kiosk(world: World) -> HandKiosk:
    return await add_kiosk(world)


async def restore(*forgotten: UUID) -> None:
    """The portal comes back from a copy in which these seats do not exist."""
    await begin_epoch(NOW, "restored")
    for seat in forgotten:
        await fetch('DELETE FROM "lease" WHERE "seat" = {}', seat)
        await fetch('DELETE FROM "seat" WHERE "id" = {}', seat)


async def cita_of(sale: Sale) -> Row:
    rows = await fetch('SELECT * FROM "appointment" WHERE "id" = {}', sale.appointment)
    assert rows, "the printed cita was lost"
    return rows[0]


async def remarks() -> list[tuple[str, str]]:
    rows = await fetch('SELECT "outcome", "remark" FROM "kiosk_entry" ORDER BY "number"')
    return [(row["outcome"], row["remark"]) for row in rows]


async def lend(kiosk: HandKiosk) -> LeaseView:
    return (await kiosk.speak()).leases[-1]


async def test_a_seat_that_was_forgotten_is_opened_for_what_was_sold_on_it(kiosk: HandKiosk) -> None:
    lease = await lend(kiosk)
    sale = kiosk.sell(lease, "10117410")
    await restore(lease.seat)
    await kiosk.speak()
    cita = await cita_of(sale)
    assert (cita["seat"], cita["displaced"], cita["consultant"]) == (lease.seat, False, lease.consultant)
    [seat] = await fetch('SELECT * FROM "seat" WHERE "id" = {}', lease.seat)
    assert (seat["appointment"], seat["starts_at"], seat["ends_at"]) == (cita["id"], lease.starts_at, lease.ends_at)
    assert await remarks() == [("applied", "")]
    await open_seats(NOW, RULES)  # the calendar opens none beside it
    [row] = await fetch(
        'SELECT count(*) AS "n" FROM "seat" WHERE "consultant" = {} AND "starts_at" = {}',
        *(lease.consultant, lease.starts_at),
    )
    assert row["n"] == 1


@pytest.mark.parametrize("taken", [False, True])
async def test_a_seat_that_was_opened_anew_is_the_one_that_was_sold_unless_it_is_taken(
    kiosk: HandKiosk, world: World, taken: bool
) -> None:
    leases = (await kiosk.speak()).leases
    lease = next(each for each in leases if each.starts_at != leases[0].starts_at)
    sale = kiosk.sell(lease, "10117410")
    await restore(lease.seat)
    await open_seats(NOW, RULES)
    [seat] = await fetch(
        'SELECT "id" FROM "seat" WHERE "consultant" = {} AND "starts_at" = {}', *(lease.consultant, lease.starts_at)
    )
    assert seat["id"] != lease.seat
    if taken:
        await resume(world.center)  # a responsable waived
        await fetch(
            'UPDATE "seat" SET "is_open" = {} WHERE "starts_at" = {} AND "id" <> {}',
            *(False, lease.starts_at, seat["id"]),
        )
        await reserve(citizen_number(7), slot_at(lease.starts_at))
    await kiosk.speak()
    cita = await cita_of(sale)
    assert (cita["seat"], cita["displaced"]) == ((None, True) if taken else (seat["id"], False))
    assert await remarks() == [("flagged", "displaced") if taken else ("applied", "")]


async def test_what_is_sold_while_the_portal_hears_the_declaration_comes_in_too(kiosk: HandKiosk) -> None:
    lease = await lend(kiosk)
    await restore(lease.seat)
    await kiosk.speak()
    await kiosk.speak(leases=())  # an unknown seat cannot be lent; the kiosk has sold it by now
    sale = kiosk.sell(lease, "10117410")
    await kiosk.speak()
    assert (await cita_of(sale))["seat"] == lease.seat


async def test_people_who_were_forgotten_keep_no_sale_out(kiosk: HandKiosk) -> None:
    leases = (await kiosk.speak()).leases
    newcomer = uuid4()
    kiosk.seller = newcomer
    sold = [kiosk.sell(lease, f"1011741{number}") for number, lease in enumerate(leases[:3])]
    kiosk.log.clear()
    unknown = msgspec.structs.replace(sold[0], consultant=newcomer)
    kiosk.write(unknown)
    kiosk.write(sold[1])
    kiosk.write(Move(code=sold[1].code, sale=sold[2]))
    kiosk.write(Cancellation(code=sold[2].code, cancelled_by=newcomer))
    await restore(unknown.seat)
    await kiosk.speak()
    assert await remarks() == [
        ("flagged", "displaced"),
        ("flagged", "seller_revoked"),
        ("flagged", "seller_revoked"),
        ("applied", ""),
    ]
    cita = await cita_of(unknown)
    assert (cita["consultant"], cita["booked_by"], cita["displaced"]) == (newcomer, newcomer, True)
    [row] = await fetch('SELECT "active", "center" FROM "staff" WHERE "id" = {}', newcomer)
    assert (bool(row["active"]), row["center"]) == (False, None)


async def test_an_entry_as_first_released_comes_in(kiosk: HandKiosk, world: World) -> None:
    kiosk.log.append(SignedEntry(number=1, hash=chain_hash("", AS_FIRST_RELEASED), text=AS_FIRST_RELEASED))
    await restore()
    await kiosk.speak()
    assert await remarks() == [("flagged", "displaced")]
    [cita] = await fetch('SELECT * FROM "appointment" WHERE "code" = \'ABCDEFGX\'')
    assert (cita["displaced"], cita["service"]) == (True, world.service)
    assert cita["consultant"] in world.consultants


async def test_a_portal_that_was_never_restored_takes_no_sale_of_what_it_never_lent(kiosk: HandKiosk) -> None:
    lease = await lend(kiosk)
    kiosk.sell(msgspec.structs.replace(lease, id=uuid4(), seat=uuid4()), "10117410")
    kiosk.sell(msgspec.structs.replace(lease, id=uuid4()), "10117411")
    await kiosk.speak()
    assert await remarks() == [("quarantined", "unreadable")] * 2
