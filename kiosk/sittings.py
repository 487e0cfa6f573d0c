"""Who is at the desk (ARCHITECTURE, rule 13): signed in by a kiosk secret, also offline; after some idle minutes the
screen is locked and the PIN opens it. Whoever the portal no longer lists is out from the next exchange on.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from kiosk.state import secrets_hold
from portal.database.node import fetch, transactional
from portal.domain.attempts import Attempt, AttemptKind, Limit, count_attempts
from portal.domain.errors import DomainError, TooManyAttempts
from portal.domain.passwords import fits

SITTING_LASTS: Final = timedelta(hours=12)
_WINDOW: Final = timedelta(minutes=15)
SECRET_TRIES: Final = Limit(AttemptKind.KIOSK_SECRET, 10, _WINDOW)
PIN_TRIES: Final = Limit(AttemptKind.KIOSK_PIN, 5, _WINDOW)
_NOTED_EVERY: Final = timedelta(seconds=10)


class SignInRefused(DomainError):
    """The name or the secret is wrong; always told with the same words."""


class SecretsExpired(DomainError):
    """The portal has not answered for too many days: no secret opens this kiosk until it does."""


class PinRefused(DomainError):
    """The PIN is wrong."""


class SittingOver(DomainError):
    """Too many wrong PINs, or nobody sits there any more: the secret is asked for."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """Somebody at the desk. ``locked``: the screen shows nothing personal until the PIN is typed."""

    key: str
    staff: UUID
    username: str
    name: str
    locked: bool


async def sign_in(username: str, secret: str, now: datetime, limits_key: bytes) -> str:
    """The value of the cookie that names the new sitting.

    Raises TooManyAttempts, SecretsExpired, SignInRefused.
    """
    name = username.strip().lower()
    await count_attempts(Attempt(SECRET_TRIES, name), now=now, secret=limits_key)
    rows = await fetch(
        'SELECT "staff"."id", "kiosk_secret"."secret_hash" FROM "staff" JOIN "kiosk_secret" '
        'ON "kiosk_secret"."staff" = "staff"."id" WHERE "staff"."username" = {} AND "staff"."active"',
        name,
    )
    right = await fits(secret, rows[0]["secret_hash"] if rows else "")
    if not await secrets_hold(now):
        raise SecretsExpired
    if not right:
        raise SignInRefused
    return await _open(rows[0]["id"], now)


@transactional
async def _open(staff: UUID, now: datetime) -> str:
    value = secrets.token_urlsafe(32)
    await fetch('DELETE FROM "sitting" WHERE "ends_at" <= {}', now)
    await fetch(
        'INSERT INTO "sitting" ("key", "staff", "locked", "opened_at", "seen_at", "ends_at", "typed") '
        "VALUES ({}, {}, {}, {}, {}, {}, '')",
        *(_hash(value), staff, False, now, now, now + SITTING_LASTS),
    )
    return value


async def find_sitting(value: str, now: datetime, idle: timedelta) -> Sitting | None:
    """The sitting that a cookie names; None when it is over, or its person may sign in no more."""
    rows = await fetch(
        'SELECT "sitting"."key", "sitting"."staff", "sitting"."locked", "sitting"."seen_at", "staff"."username", '
        '"staff"."name" FROM "sitting" JOIN "staff" ON "staff"."id" = "sitting"."staff" AND "staff"."active" '
        'JOIN "kiosk_secret" ON "kiosk_secret"."staff" = "staff"."id" '
        'WHERE "sitting"."key" = {} AND "sitting"."ends_at" > {}',
        *(_hash(value), now),
    )
    if not rows:
        return None
    row = rows[0]
    locked = bool(row["locked"]) or now - row["seen_at"] >= idle
    return Sitting(row["key"], row["staff"], row["username"], row["name"], locked)


async def note_presence(sitting: Sitting, now: datetime, idle: timedelta) -> None:
    """Somebody touched the page. It opens nothing that is locked."""
    await fetch(
        'UPDATE "sitting" SET "seen_at" = {} WHERE "key" = {} AND NOT "locked" AND "seen_at" <= {} AND "seen_at" > {}',
        *(now, sitting.key, now - _NOTED_EVERY, now - idle),
    )


async def lock(sitting: Sitting) -> None:
    """Lock the screen now."""
    await fetch('UPDATE "sitting" SET "locked" = {} WHERE "key" = {}', True, sitting.key)


async def unlock(sitting: Sitting, pin: str, now: datetime, limits_key: bytes) -> None:
    """Open a locked screen. Raises PinRefused; SittingOver after too many wrong ones, SecretsExpired."""
    try:
        await count_attempts(Attempt(PIN_TRIES, sitting.key), now=now, secret=limits_key)
    except TooManyAttempts:
        await leave(sitting)
        raise SittingOver from None
    rows = await fetch('SELECT "pin_hash" FROM "kiosk_secret" WHERE "staff" = {}', sitting.staff)
    right = await fits(pin, rows[0]["pin_hash"] if rows else "")
    if not await secrets_hold(now):
        await leave(sitting)
        raise SecretsExpired
    if not right:
        raise PinRefused
    await fetch('UPDATE "sitting" SET "locked" = {}, "seen_at" = {} WHERE "key" = {}', False, now, sitting.key)


async def leave(sitting: Sitting) -> None:
    """Sign out."""
    await fetch('DELETE FROM "sitting" WHERE "key" = {}', sitting.key)


def _hash(value: str) -> str:
    return sha256(value.encode()).hexdigest()
