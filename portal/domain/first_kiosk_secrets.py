"""The kiosk secrets of a first start: random for this installation, told once, kept as hashes alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.kiosk_secrets import PIN_DIGITS, judge_pin
from portal.domain.passwords import CLEAR, hash_password
from portal.domain.vocabulary import Role

_NOBODY_THERE: Final = Actor(None, "setup")


@dataclass(frozen=True, slots=True)
class KioskSignIn:
    """What somebody signs in with at the kiosks of their sede."""

    username: str
    secret: str
    pin: str


async def add_first_kiosk_secrets(now: datetime) -> tuple[KioskSignIn, ...]:
    """Where nobody has a kiosk secret yet: one for everybody who may sign in at a sede's kiosk."""
    if await fetch('SELECT "staff" FROM "kiosk_secret" LIMIT 1'):
        return ()
    rows = await fetch(
        'SELECT "id", "username" FROM "staff" WHERE "active" AND "center" IS NOT NULL AND "role" <> {} '
        'ORDER BY "role", "username"',
        Role.ADMINISTRATOR.value,
    )
    made = [(row["id"], KioskSignIn(row["username"], make_secret(), make_pin())) for row in rows]
    hashed = [(staff, each, await hash_password(each.secret), await hash_password(each.pin)) for staff, each in made]
    return await _keep(hashed, now)


def make_secret() -> str:
    """A random secret that can be read off a paper: 12 characters in groups of four, 59 bits."""
    return "-".join("".join(secrets.choice(CLEAR) for _ in range(4)) for _ in range(3))


def make_pin() -> str:
    """A random PIN that nobody would have chosen."""
    while judge_pin(pin := f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}") is not None:
        pass
    return pin


@transactional
async def _keep(hashed: list[tuple[UUID, KioskSignIn, str, str]], now: datetime) -> tuple[KioskSignIn, ...]:
    """Of several processes that start at once, each secret is told by the one that set it."""
    kept = []
    for staff, sign_in, secret_hash, pin_hash in hashed:
        rows = await fetch(
            'INSERT INTO "kiosk_secret" ("staff", "secret_hash", "pin_hash", "set_at") VALUES ({}, {}, {}, {}) '
            'ON CONFLICT ("staff") DO NOTHING RETURNING "staff"',
            *(staff, secret_hash, pin_hash, now),
        )
        if rows:
            await write_audit(_NOBODY_THERE, Action.KIOSK_SECRET_SET, now, subject=sign_in.username, state="on")
            kept.append(sign_in)
    return tuple(kept)
