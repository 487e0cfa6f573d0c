"""The optional second factor: codes of a telephone's app (TOTP, RFC 6238), and recovery codes that stand in for it.

Each code is taken once: its step of thirty seconds must be later than that of the last one taken, in one conditional
update. The secret is kept sealed; recovery codes are kept as keyed hashes.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import pyotp

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.errors import DomainError
from portal.domain.passwords import CLEAR
from portal.domain.seal import Unsealable, seal, unseal
from portal.domain.staff import StaffView

RECOVERY_CODES = 10
_STEP_SECONDS = 30
_DRIFT = (0, -1, 1)
"""Clocks of telephones are a little off: the step before and the one after are taken too."""
_SECRET_BYTES = 20
_CODE_DIGITS = 6
_RECOVERY_LENGTH = 10


class CodeRefused(DomainError):
    """The code is wrong, too old, or was taken already."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that waits for its first code, as apps take it: base32."""

    secret: str

    def address(self, username: str, issuer: str) -> str:
        """What the QR holds (otpauth://), under which names the app shows it."""
        return pyotp.TOTP(self.secret).provisioning_uri(name=username, issuer_name=issuer)


async def has_second_factor(staff: UUID) -> bool:
    """Whether a code is asked of this person when they sign in."""
    rows = await fetch('SELECT "totp_confirmed_at" FROM "staff" WHERE "id" = {}', staff)
    return bool(rows) and rows[0]["totp_confirmed_at"] is not None


async def count_recovery_codes(staff: UUID) -> int:
    """How many recovery codes are left."""
    return len(await fetch('SELECT "id" FROM "recovery_code" WHERE "staff" = {} AND "used_at" IS NULL', staff))


async def begin_enrolment(staff: UUID, session: str, key: bytes) -> None:
    """Make a new secret that waits for its first code; one that is in use stays as it is.

    Until then it opens in this session alone (its key): one that was forgotten halfway is of no use to anybody else.
    """
    sealed = seal(secrets.token_bytes(_SECRET_BYTES), _waiting(staff, session), key)
    await fetch(
        'UPDATE "staff" SET "totp_secret" = {}, "totp_last_step" = NULL '
        'WHERE "id" = {} AND "totp_confirmed_at" IS NULL',
        *(sealed, staff),
    )


async def find_enrolment(staff: UUID, session: str, key: bytes) -> Enrolment | None:
    """The secret that this session made and that waits for its first code, or None."""
    rows = await fetch('SELECT "totp_secret" FROM "staff" WHERE "id" = {} AND "totp_confirmed_at" IS NULL', staff)
    secret = _open(rows[0]["totp_secret"], _waiting(staff, session), key) if rows else b""
    return Enrolment(b32encode(secret).decode()) if secret else None


@transactional
async def confirm_enrolment(staff: StaffView, code: str, key: bytes, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Switch the second factor on with its first code; returns the recovery codes. Raises CodeRefused."""
    enrolment = await find_enrolment(staff.id, actor.session, key)
    step = _find_step(enrolment.secret, read_code(code), now) if enrolment else None
    if enrolment is None or step is None:
        raise CodeRefused
    sealed = seal(b32decode(enrolment.secret), staff.id.bytes, key)
    rows = await fetch(
        'UPDATE "staff" SET "totp_secret" = {}, "totp_confirmed_at" = {}, "totp_last_step" = {} '
        'WHERE "id" = {} AND "totp_confirmed_at" IS NULL AND "totp_secret" <> \'\' RETURNING "id"',
        *(sealed, now, step, staff.id),
    )
    if not rows:
        raise CodeRefused
    await write_audit(actor, Action.SECOND_FACTOR_CHANGED, now, subject=staff.username, state="on")
    return await _make_recovery_codes(staff.id, key)


@transactional
async def renew_recovery_codes(staff: StaffView, key: bytes, actor: Actor, now: datetime) -> tuple[str, ...]:
    """New recovery codes in place of all former ones; none when there is no second factor."""
    if not await has_second_factor(staff.id):
        return ()
    await write_audit(actor, Action.SECOND_FACTOR_CHANGED, now, subject=staff.username, state="new_codes")
    return await _make_recovery_codes(staff.id, key)


@transactional
async def remove_second_factor(staff: UUID, username: str, actor: Actor, now: datetime) -> bool:
    """Ask no codes of this person any more. False when none were asked."""
    rows = await fetch(
        'UPDATE "staff" SET "totp_secret" = \'\', "totp_confirmed_at" = NULL, "totp_last_step" = NULL '
        'WHERE "id" = {} AND "totp_confirmed_at" IS NOT NULL RETURNING "id"',
        staff,
    )
    await fetch('DELETE FROM "recovery_code" WHERE "staff" = {}', staff)
    if rows:
        await write_audit(actor, Action.SECOND_FACTOR_CHANGED, now, subject=username, state="off")
    return bool(rows)


async def take_code(staff: UUID, typed: str, key: bytes, now: datetime) -> None:
    """Take a code of the app or a recovery code, once. Raises CodeRefused."""
    code = read_code(typed)
    if not await _take_step(staff, code, key, now) and not await _take_recovery_code(staff, code, key, now):
        raise CodeRefused


def read_code(typed: str) -> str:
    """A code as it is compared: apps show a space in its middle, papers a hyphen."""
    return "".join(letter for letter in typed.casefold() if letter.isalnum())[: _RECOVERY_LENGTH + 1]


async def _take_step(staff: UUID, code: str, key: bytes, now: datetime) -> bool:
    rows = await fetch('SELECT "totp_secret" FROM "staff" WHERE "id" = {} AND "totp_confirmed_at" IS NOT NULL', staff)
    secret = _open(rows[0]["totp_secret"], staff.bytes, key) if rows else b""
    step = _find_step(b32encode(secret).decode(), code, now) if secret else None
    if step is None:
        return False
    taken = await fetch(
        'UPDATE "staff" SET "totp_last_step" = {} WHERE "id" = {} AND "totp_confirmed_at" IS NOT NULL '
        'AND ("totp_last_step" IS NULL OR "totp_last_step" < {}) RETURNING "id"',
        *(step, staff, step),
    )
    return bool(taken)


async def _take_recovery_code(staff: UUID, code: str, key: bytes, now: datetime) -> bool:
    rows = await fetch(
        'UPDATE "recovery_code" SET "used_at" = {} WHERE "staff" = {} AND "code_hash" = {} AND "used_at" IS NULL '
        'RETURNING "id"',
        *(now, staff, _hash_recovery(staff, code, key)),
    )
    return bool(rows)


async def _make_recovery_codes(staff: UUID, key: bytes) -> tuple[str, ...]:
    await fetch('DELETE FROM "recovery_code" WHERE "staff" = {}', staff)
    codes = ["".join(secrets.choice(CLEAR) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        await fetch(
            'INSERT INTO "recovery_code" ("id", "staff", "code_hash") VALUES ({}, {}, {})',
            *(uuid4(), staff, _hash_recovery(staff, code, key)),
        )
    half = _RECOVERY_LENGTH // 2
    return tuple(f"{code[:half]}-{code[half:]}" for code in codes)


def _hash_recovery(staff: UUID, code: str, key: bytes) -> str:
    return hmac.digest(key, b"recovery/" + staff.bytes + code.encode(), "sha256").hex()


def _waiting(staff: UUID, session: str) -> bytes:
    """What a secret is sealed for until its first code."""
    return staff.bytes + session.encode()


def _open(sealed: str, purpose: bytes, key: bytes) -> bytes:
    """The secret; empty when there is none, or the installation's own secret was changed since."""
    try:
        return unseal(sealed, purpose, key) if sealed else b""
    except Unsealable:
        return b""


def _find_step(secret: str, code: str, now: datetime) -> int | None:
    """Which step of thirty seconds a code belongs to, if to one of about now."""
    if len(code) != _CODE_DIGITS or not code.isascii():
        return None
    generator, current = pyotp.HOTP(secret), int(now.timestamp()) // _STEP_SECONDS
    for drift in _DRIFT:
        if hmac.compare_digest(generator.at(current + drift), code):
            return current + drift
    return None
