"""Kiosks as the portal knows them: made, paired by a one-time code, revoked (ARCHITECTURE, rules 8, 13, 14)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final
from uuid import UUID, uuid4

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.codes import ALPHABET, normalise_code
from portal.domain.epochs import current_epoch
from portal.domain.errors import DomainError
from portal.domain.exchange import PairAnswer, PairRequest, Standing
from portal.domain.key_ring import add_key
from portal.domain.keys import name_key
from portal.domain.leases import take_away_all

PAIRING_LASTS: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
_NAME_LENGTH: Final = 3
_CODE_LENGTH: Final = 8
_HEX_OF_KEY: Final = 64


class PairingRefused(DomainError):
    """The code is wrong, used, too old or tried too often; always told with the same words."""


class KioskUnknown(DomainError):
    """No kiosk answers to that id or token."""


class KioskNotTrusted(DomainError):
    """The kiosk is revoked or forked: it is told nothing of the sede."""


@dataclass(frozen=True, slots=True)
class KioskView:
    """A kiosk as its administrador sees it. Times are UTC; ``behind`` entries wait to be sent, as it last said."""

    id: UUID
    name: str
    center: UUID
    center_name: str
    standing: Standing
    paired_at: datetime | None
    revoked_at: datetime | None
    seen_at: datetime | None
    offset_seconds: int
    on_hand: int
    behind: int
    applied: int
    kept: int
    declared: bool
    copy_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class LentSeat:
    """A seat that a kiosk may have sold by now."""

    lease: UUID
    starts_at: datetime
    consultant_name: str


async def make_kiosk(name: str, center: UUID) -> UUID:
    """A kiosk of a sede, which no machine is yet. Returns its id."""
    kiosk = uuid4()
    await _insert(kiosk, name, center)
    return kiosk


async def _insert(kiosk: UUID, name: str, center: UUID) -> None:
    await fetch(
        'INSERT INTO "kiosk" ("id", "name", "center", "standing", "epoch", "applied", "kept", "exchange", '
        '"offset_seconds", "protocol", "on_hand", "waiting") VALUES ({}, {}, {}, {}, 0, 0, 0, 0, 0, 0, 0, 0)',
        *(kiosk, name, center, Standing.UNPAIRED.value),
    )


async def make_pairing_code(kiosk: UUID, staff: UUID | None, now: datetime) -> str:
    """A code that makes a machine this kiosk, for ten minutes; earlier ones are void. Raises KioskUnknown when there
    is no such kiosk or a machine is it already.

    Its first three characters name it, and are no secret: tries count against the code that they name.
    """
    if not await fetch('SELECT "id" FROM "kiosk" WHERE "id" = {} AND "standing" = \'unpaired\'', kiosk):
        raise KioskUnknown
    await fetch('DELETE FROM "pairing_code" WHERE "kiosk" = {} AND "used_by" = \'\'', kiosk)
    rows = await fetch('SELECT "key" FROM "pairing_code" WHERE "expires_at" > {}', now)
    names = {row["key"][:_NAME_LENGTH] for row in rows}
    while (code := "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH)))[:_NAME_LENGTH] in names:
        pass
    await fetch(
        'INSERT INTO "pairing_code" ("key", "kiosk", "made_by", "expires_at", "tries", "used_by") '
        "VALUES ({}, {}, {}, {}, 0, '')",
        *(_key(code), kiosk, staff, now + PAIRING_LASTS),
    )
    return code


async def pair(request: PairRequest, now: datetime) -> PairAnswer:
    """Make a machine the kiosk that its code stands for; the same request again gets the same answer.

    A kiosk that was paired after the copy was made from which this portal was restored stays the kiosk that it is, and
    hands in its log. Five wrong tries kill the code that they name, and no other. Raises PairingRefused, always in the
    same way.
    """
    if len(request.public_key) != _HEX_OF_KEY or len(request.token_hash) != _HEX_OF_KEY:
        raise PairingRefused
    try:
        public_key = bytes.fromhex(request.public_key)
    except ValueError:
        raise PairingRefused from None
    kiosk = await _pair(request, public_key, now)
    if kiosk is None:
        raise PairingRefused
    return kiosk


@transactional
async def _pair(request: PairRequest, public_key: bytes, now: datetime) -> PairAnswer | None:
    key = _key(request.code)
    # Counted before it is compared: of any number of machines that try at once, five are heard.
    tried = await fetch(
        'UPDATE "pairing_code" SET "tries" = "tries" + 1 WHERE substr("key", 1, {}) = {} AND "expires_at" > {} '
        'AND "tries" < {} AND "used_by" = \'\' RETURNING "key"',
        *(_NAME_LENGTH, key[:_NAME_LENGTH], now, MOST_TRIES),
    )
    # The machine that has used one may have been stopped before it heard so, for however long.
    used = await fetch('SELECT "key" FROM "pairing_code" WHERE "used_by" = {}', request.token_hash)
    # All of them, each in the same time, whichever is right; and one where there is none.
    known = [row["key"] for row in (*tried, *used)] or [_key("")]
    if not sum([compare_digest(each, key) for each in known]):
        return None
    codes = await fetch(
        'UPDATE "pairing_code" SET "used_by" = {} WHERE "key" = {} AND ("used_by" = \'\' OR "used_by" = {}) '
        'RETURNING "kiosk"',
        *(request.token_hash, key, request.token_hash),
    )
    if not codes:
        return None
    kiosk, epoch = codes[0]["kiosk"], await current_epoch()
    if request.kiosk is not None:
        # What it declares is believed, what its log tells comes in, as of any kiosk that a restored portal forgot.
        kiosk, epoch = await _recognise(kiosk, request), 0
    rows = await fetch(
        'UPDATE "kiosk" SET "token_hash" = {}, "key_id" = {}, "paired_at" = COALESCE("paired_at", {}), '
        '"epoch" = CASE WHEN "standing" = \'unpaired\' THEN {} ELSE "epoch" END, "standing" = \'good\' '
        'WHERE "id" = {} AND ("standing" = \'unpaired\' OR ("standing" = \'good\' AND "token_hash" = {})) '
        'RETURNING "id", "name", "center"',
        *(request.token_hash, name_key(public_key), now, epoch, kiosk, request.token_hash),
    )
    if not rows:
        return None
    await add_key(public_key, node_name(rows[0]["id"]), now)
    return await _tell_paired(rows[0], now)


async def _recognise(kiosk: UUID, request: PairRequest) -> UUID | None:
    """The row of a kiosk that says who it is: its own, or the one that its code was made for, under its id from now on.
    None for a kiosk of another sede.
    """
    rows = await fetch('SELECT "name", "center" FROM "kiosk" WHERE "id" = {}', kiosk)
    own = await fetch('SELECT "center" FROM "kiosk" WHERE "id" = {}', request.kiosk)
    if request.kiosk is None or any(row["center"] != request.center for row in (*rows, *own)):
        return None
    if not own:
        await _insert(request.kiosk, rows[0]["name"], rows[0]["center"])
        await fetch('UPDATE "pairing_code" SET "kiosk" = {} WHERE "kiosk" = {}', request.kiosk, kiosk)
        await fetch('DELETE FROM "kiosk" WHERE "id" = {}', kiosk)
    return request.kiosk


async def find_paired(token_hash: str, now: datetime) -> PairAnswer | None:
    """What the machine with that token was answered when it was paired; for one that was stopped before it heard so."""
    rows = await fetch(
        'SELECT "id", "name", "center" FROM "kiosk" WHERE "token_hash" = {} AND "standing" = \'good\'', token_hash
    )
    return await _tell_paired(rows[0], now) if rows else None


async def _tell_paired(kiosk: Row, now: datetime) -> PairAnswer:
    centers = await fetch('SELECT "name" FROM "center" WHERE "id" = {}', kiosk["center"])
    return PairAnswer(
        kiosk=kiosk["id"],
        name=kiosk["name"],
        center=kiosk["center"],
        center_name=centers[0]["name"],
        portal_time=now,
    )


def node_name(kiosk: UUID) -> str:
    """What slips call the kiosk that signed them; at most 16 characters."""
    return f"k-{kiosk.hex[:12]}"


async def find_kiosk_by_token(token: str) -> UUID:
    """The kiosk of a bearer token, whatever its standing. Raises KioskUnknown."""
    rows = await fetch('SELECT "id" FROM "kiosk" WHERE "token_hash" = {}', sha256(token.encode()).hexdigest())
    if not rows:
        raise KioskUnknown
    kiosk: UUID = rows[0]["id"]
    return kiosk


async def center_of_trusted(kiosk: UUID) -> UUID:
    """The sede of a kiosk in good standing. Raises KioskNotTrusted."""
    rows = await fetch('SELECT "center" FROM "kiosk" WHERE "id" = {} AND "standing" = \'good\'', kiosk)
    if not rows:
        raise KioskNotTrusted
    center: UUID = rows[0]["center"]
    return center


async def list_kiosks(center: UUID | None = None) -> list[KioskView]:
    """The kiosks of a sede, or of all, by sede and name."""
    whose, values = ('WHERE "kiosk"."center" = {} ', (center,)) if center else ("", ())
    rows = await fetch(
        'SELECT "kiosk"."id", "kiosk"."name", "kiosk"."center", "kiosk"."standing", "kiosk"."paired_at", '
        '"kiosk"."revoked_at", "kiosk"."seen_at", "kiosk"."offset_seconds", "kiosk"."on_hand", '
        '"kiosk"."waiting" AS "behind", "kiosk"."applied", "kiosk"."kept", "kiosk"."epoch", "kiosk"."copy_seen_at", '
        '"center"."name" AS "center_name" FROM "kiosk" JOIN "center" ON "center"."id" = "kiosk"."center" '
        f'{whose}ORDER BY "center"."name", "kiosk"."name"',
        *values,
    )
    epoch = await current_epoch()
    return [
        KioskView(
            **{
                **{name: value for name, value in row.items() if name != "epoch"},
                "standing": Standing(row["standing"]),
                "declared": row["epoch"] == epoch,
            }
        )
        for row in rows
    ]


async def what_may_collide(kiosk: UUID, now: datetime) -> list[LentSeat]:
    """The seats that a kiosk holds and may have sold without our knowing: what revoking it would put on offer."""
    rows = await fetch(
        'SELECT "lease"."id" AS "lease", "seat"."starts_at", "staff"."name" AS "consultant_name" FROM "lease" '
        'JOIN "seat" ON "seat"."id" = "lease"."seat" JOIN "staff" ON "staff"."id" = "seat"."consultant" '
        'WHERE "lease"."kiosk" = {} AND "lease"."state" = \'granted\' AND "seat"."starts_at" > {} '
        'ORDER BY "seat"."starts_at"',
        *(kiosk, now),
    )
    return [LentSeat(row["lease"], row["starts_at"], row["consultant_name"]) for row in rows]


@transactional
async def revoke(kiosk: UUID, now: datetime) -> bool:
    """Trust a kiosk no more: its seats are on offer again, its key is closed. False when it was revoked already.

    Slips that it has printed and not sent may collide; they come in by hand and are displaced if so (rule 6).
    """
    rows = await fetch(
        'UPDATE "kiosk" SET "standing" = \'revoked\', "revoked_at" = {} WHERE "id" = {} AND "standing" <> \'revoked\' '
        'RETURNING "key_id", "center"',
        *(now, kiosk),
    )
    if not rows:
        return False
    await take_away_all(kiosk, rows[0]["center"], now)
    await fetch(
        'UPDATE "signing_key" SET "closed_at" = {} WHERE "key_id" = {} AND "closed_at" IS NULL',
        *(now, rows[0]["key_id"]),
    )
    return True


@transactional
async def revoke_again(kiosk: UUID, now: datetime) -> None:
    """Revoke a kiosk that says it was: this portal has forgotten it, since it was restored from an older copy."""
    if await revoke(kiosk, now):
        [row] = await fetch('SELECT "name" FROM "kiosk" WHERE "id" = {}', kiosk)
        actor = Actor(None, row["name"])
        await write_audit(actor, Action.KIOSK_CHANGED, now, subject=str(kiosk), change="revoked_again")


async def read_applied() -> dict[UUID, tuple[int, int]]:
    """How far each kiosk's log is in, and the lowest number beside it: read before a backup, which then holds at least
    that much.
    """
    rows = await fetch(
        'SELECT "id", "applied", (SELECT COALESCE(min("number"), 0) FROM "kiosk_entry" '
        'WHERE "kiosk_entry"."kiosk" = "kiosk"."id" AND "number" < 0) AS "beside" FROM "kiosk"'
    )
    return {row["id"]: (row["applied"], row["beside"]) for row in rows}


@transactional
async def note_kept(applied: Mapping[UUID, tuple[int, int]]) -> None:
    """A backup holds so much of each log, and beside it: what kiosks may forget (rule 10)."""
    for kiosk, (number, beside) in applied.items():
        await fetch('UPDATE "kiosk" SET "kept" = {} WHERE "id" = {} AND "kept" < {}', *(number, kiosk, number))
        await fetch(
            'UPDATE "kiosk" SET "kept_beside" = {} WHERE "id" = {} AND "kept_beside" > {}', *(beside, kiosk, beside)
        )


def _key(code: str) -> str:
    """What is kept of a code: its name, and a hash of all of it."""
    normal = normalise_code(code)
    name = normal[:_NAME_LENGTH] if set(normal) <= set(ALPHABET) else ""
    return f"{name:-<{_NAME_LENGTH}}{sha256(normal.encode()).hexdigest()[: _HEX_OF_KEY - _NAME_LENGTH]}"
