"""What a locked kiosk hands in by file is applied once, whatever the portal did meanwhile (ARCHITECTURE, rule 6)."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.database.node import fetch
from portal.domain.exchange import (
    Cancellation,
    FormerLog,
    LeaseView,
    Move,
    PairRequest,
    SignedEntry,
    Standing,
)
from portal.domain.keys import name_key
from portal.domain.kiosk_export import Export, signed_part
from portal.domain.kiosk_import import ExportRefused, Imported, WhyRefused, import_export, which_are_kept
from portal.domain.kiosks import make_kiosk, make_pairing_code, note_kept, pair, read_applied, revoke
from tests.domain.kiosking import HandKiosk
from tests.people import JULIO, NOW, ROSA, RULES, World, reserve, slot_at


@dataclass
class SigningKiosk:
    """A kiosk with its key."""

    kiosk: HandKiosk
    key: Ed25519PrivateKey

    def export(self, *entries: SignedEntry) -> Export:
        """What it hands in: those entries, or all that the portal is not known to have."""
        key_id = name_key(self.key.public_key().public_bytes_raw())
        told = entries or tuple(self.kiosk.log[self.kiosk.applied :])
        export = Export(kiosk=self.kiosk.id, key_id=key_id, entries=told, signature="")
        return msgspec.structs.replace(export, signature=self.key.sign(signed_part(export)).hex())


@pytest.fixture
async def signing(world: World) -> SigningKiosk:
    key = Ed25519PrivateKey.generate()
    kiosk = await make_kiosk("Módulo 1", world.center)
    token = secrets.token_urlsafe(16)
    await pair(
        PairRequest(
            code=await make_pairing_code(kiosk, None, NOW),
            token_hash=sha256(token.encode()).hexdigest(),
            public_key=key.public_key().public_bytes_raw().hex(),
        ),
        NOW,
    )
    return SigningKiosk(HandKiosk(kiosk, token, world.consultants[0]), key)


async def cita(code: str) -> tuple[str, bool, bool]:
    [row] = await fetch('SELECT "state", "displaced", "seat" FROM "appointment" WHERE "code" = {}', code)
    return row["state"], bool(row["displaced"]), row["seat"] is not None


async def take_seat(lease: LeaseView) -> None:
    """Somebody else books the seat of a lease online."""
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "starts_at" = {}', *(False, lease.starts_at))
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "id" = {}', *(True, lease.seat))
    await reserve(JULIO, slot_at(lease.starts_at))


async def test_what_a_revoked_kiosk_printed_comes_in_once(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    leases = (await kiosk.speak()).leases
    free = leases[-1]
    taken = next(lease for lease in leases if lease.starts_at != free.starts_at)
    sales = [kiosk.sell(lease, f"{40_000_000 + number}") for number, lease in enumerate((free, taken))]
    await revoke(kiosk.id, NOW)
    await take_seat(taken)
    export = signing.export()
    assert await import_export(export, NOW, RULES) == Imported("Módulo 1", applied=1, flagged=1)
    assert await cita(sales[0].code) == ("reserved", False, True)
    assert await cita(sales[1].code) == ("reserved", True, False)
    assert await import_export(export, NOW, RULES) == Imported("Módulo 1", known=2)
    [row] = await fetch('SELECT "applied" FROM "kiosk"')
    assert row["applied"] == 2
    events = await fetch('SELECT "kind" FROM "appointment_event" WHERE "appointment" = {}', sales[0].appointment)
    assert len(events) == 1


async def test_two_who_read_the_file_at_once_apply_it_once(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    for number, lease in enumerate((await kiosk.speak()).leases[:6]):
        kiosk.sell(lease, f"{40_000_000 + number}")
    await revoke(kiosk.id, NOW)
    one, two = await asyncio.gather(*(import_export(signing.export(), NOW, RULES) for _ in range(2)))
    assert one.applied + two.applied >= 6
    assert one.quarantined == two.quarantined == 0
    [row] = await fetch('SELECT count(*) AS "n" FROM "appointment"')
    assert row["n"] == 6
    [row] = await fetch('SELECT count(*) AS "n" FROM "kiosk_entry"')
    assert row["n"] == 6


async def test_of_a_trusted_kiosk_what_is_in_already_may_be_handed_in(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    leases = (await kiosk.speak()).leases
    kiosk.sell(leases[0], "10117410")
    await kiosk.speak()
    assert await import_export(signing.export(*kiosk.log), NOW, RULES) == Imported("Módulo 1", known=1)
    kiosk.sell(leases[1], "42388604")
    with pytest.raises(ExportRefused):
        await import_export(signing.export(*kiosk.log), NOW, RULES)


async def test_both_copies_of_a_kiosk_keep_their_promises(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    leases = (await kiosk.speak()).leases
    copy = HandKiosk(**{**vars(kiosk), "log": list(kiosk.log)})
    kiosk.sell(leases[0], "10117410")
    assert (await kiosk.speak()).standing is Standing.GOOD
    theirs = copy.sell(leases[0], "42388604")
    other = copy.sell(leases[1], "40000001")
    copy.write(Cancellation(code=theirs.code, cancelled_by=copy.seller))
    assert (await copy.speak()).standing is Standing.FORKED
    copied = SigningKiosk(copy, signing.key)
    export = copied.export(*copy.log)
    # In two files, as it may come: the cancellation knows the cita by the code that was printed.
    first = await import_export(copied.export(*copy.log[:2]), NOW, RULES)
    assert (first.flagged, first.quarantined) == (1, 0)
    [row] = await fetch('SELECT "code", "displaced" FROM "appointment" WHERE "id" = {}', theirs.appointment)
    assert bool(row["displaced"])
    assert row["code"] != theirs.code
    assert await cita(leases[0].code) == ("reserved", False, True)
    assert await cita(other.code) == ("reserved", False, True)
    again = await import_export(export, NOW, RULES)
    assert (again.known, again.applied) == (2, 1)
    assert await cita(row["code"]) == ("cancelled", True, False)
    assert await cita(leases[0].code) == ("reserved", False, True)
    numbers = await fetch('SELECT "number" FROM "kiosk_entry" ORDER BY "number"')
    assert [entry["number"] for entry in numbers] == [-3, -2, -1, 1]


async def test_what_follows_in_the_log_but_was_sold_by_the_other_copy_gets_a_new_code(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    leases = (await kiosk.speak()).leases
    copy = HandKiosk(**{**vars(kiosk), "log": list(kiosk.log)})
    kiosk.sell(leases[0], "10117410")
    copy.sell(leases[1], "40000001")
    assert (await copy.speak()).standing is Standing.GOOD
    assert (await kiosk.speak()).standing is Standing.FORKED
    assert (await import_export(signing.export(*kiosk.log), NOW, RULES)).quarantined == 0
    late = copy.sell(leases[0], "42388604")
    done = await import_export(SigningKiosk(copy, signing.key).export(*copy.log), NOW, RULES)
    assert (done.known, done.flagged, done.quarantined) == (1, 1, 0)
    assert await fetch('SELECT "code" FROM "appointment" WHERE "id" = {}', late.appointment)


async def test_each_copy_means_its_own_cita_by_the_code_that_both_printed(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    leases = (await kiosk.speak()).leases
    copy = HandKiosk(**{**vars(kiosk), "log": list(kiosk.log)})
    ours = kiosk.sell(leases[0], ROSA.document_number)
    assert (await kiosk.speak()).standing is Standing.GOOD
    theirs = copy.sell(leases[0], JULIO.document_number)
    copy.sell(leases[1], "40000001")
    assert (await copy.speak()).standing is Standing.FORKED
    assert (await import_export(SigningKiosk(copy, signing.key).export(*copy.log), NOW, RULES)).quarantined == 0
    moved = kiosk.sell(leases[1], ROSA.document_number)
    del kiosk.log[-1]
    kiosk.write(Move(code=leases[0].code, sale=moved))
    assert (await import_export(signing.export(*kiosk.log), NOW, RULES)).quarantined == 0
    rows = await fetch(
        'SELECT "appointment"."id", "state", "document_number" FROM "appointment" '
        'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen"'
    )
    told = {row["id"]: (row["state"], row["document_number"]) for row in rows}
    assert told[ours.appointment] == ("rescheduled", ROSA.document_number)
    assert told[moved.appointment] == ("reserved", ROSA.document_number)
    assert told[theirs.appointment] == ("reserved", JULIO.document_number)


async def test_a_machine_may_forget_what_it_handed_in_once_that_is_in_a_backup(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    leases = (await kiosk.speak()).leases
    copy = HandKiosk(**{**vars(kiosk), "log": list(kiosk.log)})
    kiosk.sell(leases[0], ROSA.document_number)
    assert (await kiosk.speak()).standing is Standing.GOOD
    copy.sell(leases[1], JULIO.document_number)
    assert (await copy.speak()).standing is Standing.FORKED
    in_log, beside, never = (
        FormerLog(kiosk=kiosk.id, hash=end) for end in (kiosk.log[-1].hash, copy.log[-1].hash, "0" * 64)
    )
    asked = (in_log, beside, never)
    assert await which_are_kept(asked) == ()
    await note_kept(await read_applied())
    assert await which_are_kept(asked) == (in_log,)
    await import_export(SigningKiosk(copy, signing.key).export(*copy.log), NOW, RULES)
    assert await which_are_kept(asked) == (in_log,)
    await note_kept(await read_applied())
    assert await which_are_kept(asked) == (in_log, beside)


async def test_what_makes_no_sense_is_set_aside_and_the_rest_is_applied(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    leases = (await kiosk.speak()).leases
    await revoke(kiosk.id, NOW)
    kiosk.sell(leases[0], "10117410")
    kiosk.sell(leases[1], "42388604")
    spoilt = SignedEntry(number=3, hash="0" * 64, text="{")
    done = await import_export(signing.export(*kiosk.log, spoilt), NOW, RULES)
    assert (done.applied, done.quarantined) == (2, 1)


async def test_a_forged_a_foreign_and_a_trusted_file_are_refused(signing: SigningKiosk) -> None:
    kiosk = signing.kiosk
    kiosk.sell((await kiosk.speak()).leases[0], "10117410")
    good = signing.export()

    async def refused(export: Export) -> WhyRefused:
        with pytest.raises(ExportRefused) as refusal:
            await import_export(export, NOW, RULES)
        return refusal.value.why

    assert await refused(good) is WhyRefused.STILL_TRUSTED
    await revoke(kiosk.id, NOW)
    altered = msgspec.structs.replace(good.entries[0], text=good.entries[0].text.replace("Rosa", "Rita"))
    assert await refused(msgspec.structs.replace(good, entries=(altered,))) is WhyRefused.WRONG_SIGNATURE
    assert await refused(msgspec.structs.replace(good, signature="00")) is WhyRefused.WRONG_SIGNATURE
    assert await refused(msgspec.structs.replace(good, signature="ñ")) is WhyRefused.WRONG_SIGNATURE
    foreign = SigningKiosk(kiosk, Ed25519PrivateKey.generate())
    assert await refused(foreign.export()) is WhyRefused.WRONG_SIGNATURE
    assert await refused(msgspec.structs.replace(good, kiosk=kiosk.seller)) is WhyRefused.UNKNOWN_KIOSK
    assert await fetch('SELECT "id" FROM "appointment"') == []
