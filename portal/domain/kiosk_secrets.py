"""Kiosk secrets: how the staff signs in at a kiosk, and the PIN that unlocks it (ARCHITECTURE, rule 13).

They are not the portal's passwords: their hashes lie on machines that stand at a desk.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.passwords import CLEAR, hash_password
from portal.domain.vocabulary import Role

PIN_DIGITS: Final = 6
_NOBODY_THERE: Final = Actor(None, "setup")


@dataclass(frozen=True, slots=True)
class KioskSignIn:
    """What somebody signs in with at the kiosks of their sede."""

    username: str
    secret: str
    pin: str


def make_secret() -> str:
    """A random secret that can be read off a paper: 12 characters in groups of four, 59 bits."""
    return "-".join("".join(secrets.choice(CLEAR) for _ in range(4)) for _ in range(3))


def make_pin() -> str:
    """A random PIN."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"


async def set_kiosk_secret(staff: UUID, secret: str, pin: str, actor: Actor, now: datetime) -> None:
    """Give somebody another secret and PIN; the kiosks of their sede learn them at their next exchange."""
    await _keep(staff, await hash_password(secret), await hash_password(pin), actor, now)


async def add_first_kiosk_secrets(now: datetime) -> tuple[KioskSignIn, ...]:
    """Where nobody has a kiosk secret yet: one for everybody who may sign in at a sede's kiosk. Told once."""
    if await fetch('SELECT "staff" FROM "kiosk_secret" LIMIT 1'):
        return ()
    rows = await fetch(
        'SELECT "id", "username" FROM "staff" WHERE "active" AND "center" IS NOT NULL AND "role" <> {} '
        'ORDER BY "role", "username"',
        Role.ADMINISTRATOR.value,
    )
    made = []
    for row in rows:
        sign_in = KioskSignIn(row["username"], make_secret(), make_pin())
        await set_kiosk_secret(row["id"], sign_in.secret, sign_in.pin, _NOBODY_THERE, now)
        made.append(sign_in)
    return tuple(made)


@transactional
async def _keep(staff: UUID, secret_hash: str, pin_hash: str, actor: Actor, now: datetime) -> None:
    await fetch(
        'INSERT INTO "kiosk_secret" ("staff", "secret_hash", "pin_hash", "set_at") VALUES ({}, {}, {}, {}) '
        'ON CONFLICT ("staff") DO UPDATE SET "secret_hash" = "excluded"."secret_hash", '
        '"pin_hash" = "excluded"."pin_hash", "set_at" = "excluded"."set_at"',
        *(staff, secret_hash, pin_hash, now),
    )
    [person] = await fetch('SELECT "username" FROM "staff" WHERE "id" = {}', staff)
    await write_audit(actor, Action.KIOSK_SECRET_SET, now, subject=person["username"])
