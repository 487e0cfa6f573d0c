"""How somebody of the staff signs in at their sede's kiosk: a secret and a PIN, neither of them the portal's password
(ARCHITECTURE, rule 13). Kiosks get the hashes with the next exchange, also of what was taken away.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.errors import DomainError
from portal.domain.new_password import check_password
from portal.domain.passwords import fits, hash_password
from portal.domain.staff import StaffView

SHORTEST_SECRET: Final = 8
PIN_DIGITS: Final = 6
_RUN: Final = "01234567890"


class SecretIsPassword(DomainError):
    """The kiosk's secret is the portal's password: whoever steals a kiosk would work on both."""


class PinFault(StrEnum):
    """Why a PIN may not be used."""

    MALFORMED = "malformed"
    SIMPLE = "simple"


def judge_pin(pin: str) -> PinFault | None:
    """Why a PIN may not be used, or None: six digits, neither all alike nor in a row."""
    if not (pin.isascii() and pin.isdecimal() and len(pin) == PIN_DIGITS):
        return PinFault.MALFORMED
    return PinFault.SIMPLE if len(set(pin)) == 1 or pin in _RUN or pin[::-1] in _RUN else None


async def find_secret(staff: UUID) -> datetime | None:
    """When somebody set their secret and PIN (UTC); None when they have none."""
    rows = await fetch('SELECT "set_at" FROM "kiosk_secret" WHERE "staff" = {}', staff)
    return rows[0]["set_at"] if rows else None


async def set_secret(staff: StaffView, password: str, secret: str, pin: str, actor: Actor, now: datetime) -> None:
    """Set one's own secret and PIN, after one's password. Raises WrongPassword, SecretIsPassword."""
    await check_password(staff.id, password)
    if await fits(secret, await _password_of(staff.id)):
        raise SecretIsPassword
    await _keep(staff, await hash_password(secret), await hash_password(pin), actor, now)


@transactional
async def _keep(staff: StaffView, secret_hash: str, pin_hash: str, actor: Actor, now: datetime) -> None:
    await fetch(
        'INSERT INTO "kiosk_secret" ("staff", "secret_hash", "pin_hash", "set_at") VALUES ({}, {}, {}, {}) '
        'ON CONFLICT ("staff") DO UPDATE SET "secret_hash" = "excluded"."secret_hash", '
        '"pin_hash" = "excluded"."pin_hash", "set_at" = "excluded"."set_at"',
        *(staff.id, secret_hash, pin_hash, now),
    )
    await write_audit(actor, Action.KIOSK_SECRET_SET, now, subject=staff.username, state="on")


@transactional
async def remove_secret(staff: UUID, username: str, actor: Actor, now: datetime) -> bool:
    """Let somebody sign in at no kiosk any more, from its next exchange on. False when they could not before."""
    rows = await fetch('DELETE FROM "kiosk_secret" WHERE "staff" = {} RETURNING "staff"', staff)
    if rows:
        await write_audit(actor, Action.KIOSK_SECRET_SET, now, subject=username, state="off")
    return bool(rows)


async def _password_of(staff: UUID) -> str:
    rows = await fetch('SELECT "password_hash" FROM "staff" WHERE "id" = {}', staff)
    return str(rows[0]["password_hash"]) if rows else ""
