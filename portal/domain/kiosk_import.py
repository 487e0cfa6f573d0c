"""What a locked kiosk hands in by file (ARCHITECTURE, rules 6 and 10): applied once, however often the file is read.

What follows on the entries that are in is applied as if it had been sent. What does not, because two machines were one
kiosk or this portal was restored, is applied beside the log, under numbers below 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from portal.database.engine import Row
from portal.database.errors import ConstraintError
from portal.database.node import fetch, transactional
from portal.domain.codes import make_code
from portal.domain.errors import DomainError
from portal.domain.exchange import (
    Cancellation,
    Deed,
    Entry,
    FormerLog,
    Move,
    Sale,
    SignedEntry,
    Standing,
    chain_hash,
    read_text,
)
from portal.domain.kiosk_export import Export, signed_part
from portal.domain.kiosk_log import Outcome, Sender, apply_or_set_aside, do_deed, keep_entry
from portal.domain.kiosk_sales import Applied, Remark
from portal.domain.rules import BookingRules

_HANDED_IN: Final = (Standing.REVOKED.value, Standing.FORKED.value)


class WhyRefused(StrEnum):
    """Why an export is not taken."""

    UNKNOWN_KIOSK = "unknown_kiosk"
    STILL_TRUSTED = "still_trusted"
    WRONG_SIGNATURE = "wrong_signature"


class ExportRefused(DomainError):
    """Nothing of the export was taken, and why."""

    def __init__(self, why: WhyRefused) -> None:
        super().__init__(f"the export is refused: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an export's entries; ``known`` were in before."""

    kiosk_name: str
    applied: int = 0
    flagged: int = 0
    quarantined: int = 0
    known: int = 0


async def import_export(export: Export, now: datetime, rules: BookingRules) -> Imported:
    """Apply what a revoked or forked kiosk could not send. Raises ExportRefused.

    Of one that is trusted only what is in already is taken: an old copy of it that locked has nothing else.
    """
    rows = await fetch('SELECT "id", "name", "center", "standing", "key_id" FROM "kiosk" WHERE "id" = {}', export.kiosk)
    if not rows or rows[0]["standing"] == Standing.UNPAIRED:
        raise ExportRefused(WhyRefused.UNKNOWN_KIOSK)
    await _check_signature(export, rows[0]["key_id"])
    if rows[0]["standing"] not in _HANDED_IN:
        for signed in export.entries:
            if not await _find(export.kiosk, signed):
                raise ExportRefused(WhyRefused.STILL_TRUSTED)
    sender = Sender(export.kiosk, rows[0]["center"], forgotten=True)
    printed = _citas_by_printed_code(export)
    counted: Counter[str] = Counter()
    former: SignedEntry | None = None
    for signed in sorted(export.entries, key=lambda entry: entry.number):
        counted[await _take(sender, signed, former, printed, now, rules)] += 1
        former = signed
    return Imported(
        kiosk_name=rows[0]["name"],
        applied=counted[Outcome.APPLIED],
        flagged=counted[Outcome.FLAGGED],
        quarantined=counted[Outcome.QUARANTINED],
        known=counted[_KNOWN],
    )


async def which_are_kept(former: Sequence[FormerLog]) -> tuple[FormerLog, ...]:
    """Those whose last entry is in, and in a backup. With it all before it, since a file is applied in its order."""
    kept = []
    for log in former:
        rows = await fetch(
            'SELECT "number", "kept", "kept_beside" FROM "kiosk_entry" '
            'JOIN "kiosk" ON "kiosk"."id" = "kiosk_entry"."kiosk" '
            'WHERE "kiosk_entry"."kiosk" = {} AND "kiosk_entry"."hash" = {}',
            *(log.kiosk, log.hash),
        )
        kept += [log for row in rows if row["kept_beside"] <= row["number"] <= row["kept"]]
    return tuple(kept)


_KNOWN: Final = "known"


async def _check_signature(export: Export, key_id: str) -> None:
    """By the key that the kiosk was paired with; a closed one proves as much (rule 15)."""
    keys = await fetch('SELECT "public_key" FROM "signing_key" WHERE "key_id" = {}', key_id)
    if not keys or export.key_id != key_id:
        raise ExportRefused(WhyRefused.WRONG_SIGNATURE)
    try:
        public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[0]["public_key"]))
        public_key.verify(bytes.fromhex(export.signature), signed_part(export))
    except (ValueError, InvalidSignature):
        raise ExportRefused(WhyRefused.WRONG_SIGNATURE) from None


def _citas_by_printed_code(export: Export) -> dict[str, UUID]:
    """Which cita this copy of the kiosk means by a code that it sold under; another copy's may bear it here."""
    sales = [sale for signed in export.entries if (sale := _sale_of(signed)) is not None]
    return {sale.code: sale.appointment for sale in sales}


def _sale_of(signed: SignedEntry) -> Sale | None:
    try:
        deed = read_text(signed).deed
    except ValueError:
        return None
    sale = deed.sale if isinstance(deed, Move) else deed
    return sale if isinstance(sale, Sale) else None


async def _take(
    sender: Sender,
    signed: SignedEntry,
    former: SignedEntry | None,
    printed: Mapping[str, UUID],
    now: datetime,
    rules: BookingRules,
) -> str:
    """One entry: applied in the log's order where it follows, else beside it; returns its outcome, or _KNOWN."""
    if await _find(sender.kiosk, signed):
        return _KNOWN
    [kiosk] = await fetch('SELECT "applied", "chain" FROM "kiosk" WHERE "id" = {}', sender.kiosk)
    follows = signed.number == kiosk["applied"] + 1 and chain_hash(kiosk["chain"], signed.text) == signed.hash
    # What the other copy has sold under the same code would be set aside in the log: beside it, it gets a new code.
    follows = follows and not await _was_sold(signed)
    if not (follows and await apply_or_set_aside(sender, signed, kiosk["chain"], now, rules)):
        try:
            taken = await _apply_beside(sender, signed, former, printed, now, rules)
        except (ValueError, DomainError, ConstraintError):
            taken = await _set_aside(sender, signed, now)
        if not taken:
            return _KNOWN
    found = await _find(sender.kiosk, signed)
    return str(found[0]["outcome"])


async def _find(kiosk: UUID, signed: SignedEntry) -> list[Row]:
    return await fetch('SELECT "outcome" FROM "kiosk_entry" WHERE "kiosk" = {} AND "hash" = {}', *(kiosk, signed.hash))


@transactional
async def _apply_beside(
    sender: Sender,
    signed: SignedEntry,
    former: SignedEntry | None,
    printed: Mapping[str, UUID],
    now: datetime,
    rules: BookingRules,
) -> bool:
    """Apply what is not the log's next entry. False when somebody else has imported it meanwhile."""
    number = await _next_number(sender.kiosk)
    if await _find(sender.kiosk, signed):
        return False
    if former is not None and chain_hash(former.hash, signed.text) != signed.hash:
        raise ValueError("the entry does not follow on the one before it")
    entry = read_text(signed)
    deed, renamed = await _without_collisions(entry, printed)
    done = await do_deed(sender, msgspec.structs.replace(entry, deed=deed), now, rules)
    if renamed:
        done = Applied(done.appointment, Remark.NEW_CODE)
    outcome = Outcome.FLAGGED if done.remark else Outcome.APPLIED
    await keep_entry(sender.kiosk, signed, entry.at, now, outcome, done, number)
    return True


@transactional
async def _set_aside(sender: Sender, signed: SignedEntry, now: datetime) -> bool:
    number = await _next_number(sender.kiosk)
    if await _find(sender.kiosk, signed):
        return False
    done = Applied(remark=Remark.UNREADABLE)
    await keep_entry(sender.kiosk, signed, now, now, Outcome.QUARANTINED, done, number)
    return True


async def _next_number(kiosk: UUID) -> int:
    """The number for an entry beside the log. Holds the kiosk's row, so that files are read one after the other."""
    await fetch('UPDATE "kiosk" SET "standing" = "standing" WHERE "id" = {}', kiosk)
    rows = await fetch('SELECT "number" FROM "kiosk_entry" WHERE "kiosk" = {} ORDER BY "number" LIMIT 1', kiosk)
    return min(int(rows[0]["number"]) if rows else 0, 0) - 1


async def _without_collisions(entry: Entry, printed: Mapping[str, UUID]) -> tuple[Deed, bool]:
    """What the entry does, under codes of its own: the other copy of the kiosk has sold under the same ones.

    A sale gets a new code; what a copy did to a cita of its own later means that one, whatever its code is here.
    """
    match entry.deed:
        case Sale() as sale:
            return await _own_sale(sale)
        case Cancellation() as cancellation:
            code = await _code_here(cancellation.code, printed)
            return msgspec.structs.replace(cancellation, code=code), False
        case Move() as move:
            sale, renamed = await _own_sale(move.sale)
            return msgspec.structs.replace(move, code=await _code_here(move.code, printed), sale=sale), renamed
        case release:
            return release, False


async def _was_sold(signed: SignedEntry) -> bool:
    sale = _sale_of(signed)
    return sale is not None and await _is_taken(sale)


async def _is_taken(sale: Sale) -> bool:
    return bool(
        await fetch(
            'SELECT "id" FROM "appointment" WHERE "code" = {} OR "hold_token" = {}', *(sale.code, f"lease:{sale.lease}")
        )
    )


async def _own_sale(sale: Sale) -> tuple[Sale, bool]:
    if not await _is_taken(sale):
        return sale, False
    lease = uuid5(sale.lease, str(sale.appointment))
    return msgspec.structs.replace(sale, lease=lease, code=make_code()), True


async def _code_here(code: str, printed: Mapping[str, UUID]) -> str:
    """The code that a cita has here which this copy calls so; "" for one of its own that did not come in."""
    if code not in printed:
        return code
    rows = await fetch('SELECT "code" FROM "appointment" WHERE "id" = {}', printed[code])
    return str(rows[0]["code"]) if rows else ""
