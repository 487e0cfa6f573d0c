"""Sessions of the staff: opened anew at every step of a sign-in, ended by idling, by age, or by being revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from portal.database.node import fetch
from portal.domain.staff import STAFF_COLUMNS, StaffView, view_staff

_NOTED_EVERY = timedelta(minutes=1)
"""A page that refreshes itself must not write each time; idling is told to the minute."""

_HALF_OPEN_LASTS = timedelta(minutes=15)
"""How long one may take for the code or the new password."""

_REMEMBERED = timedelta(days=2)
"""For how long after its end a session is kept, to tell people why they have to sign in again."""


class Stage(StrEnum):
    """What is still asked for before a session may do anything."""

    CODE = "code"
    NEW_PASSWORD = "new_password"  # noqa: S105  # a stage, no password
    FULL = "full"


class Ended(StrEnum):
    """Why a browser's session is none any more."""

    IDLE = "idle"
    AGE = "age"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long a session lasts without being used, and at most."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=10)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that signed in. ``key`` names the session; it is not what the cookie holds."""

    key: str
    stage: Stage
    staff: StaffView


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One of a person's sessions, for their list: since when, and last used when (UTC)."""

    opened_at: datetime
    seen_at: datetime
    is_this_one: bool


async def open_session(staff: UUID, stage: Stage, now: datetime, rules: SessionRules) -> str:
    """Open a session; returns the value for the cookie, which is kept nowhere else."""
    value = secrets.token_urlsafe(32)
    lasts = rules.longest if stage is Stage.FULL else min(rules.longest, _HALF_OPEN_LASTS)
    await fetch(
        'INSERT INTO "staff_session" ("key", "staff", "stage", "opened_at", "seen_at", "ends_at") '
        "VALUES ({}, {}, {}, {}, {}, {})",
        *(session_key(value), staff, stage.value, now, now, now + lasts),
    )
    return value


async def find_session(value: str, now: datetime, rules: SessionRules, *, by_itself: bool = False) -> Session | None:
    """The session of a cookie's value, if it is still one and its person still works here.

    Looking for it counts as using it, unless a page asks ``by_itself`` whether it is still up to date.
    """
    rows = await fetch(
        f'SELECT "staff_session"."key", "staff_session"."stage", "staff_session"."seen_at", {STAFF_COLUMNS} '
        'FROM "staff_session" JOIN "staff" ON "staff"."id" = "staff_session"."staff" '
        'LEFT JOIN "center" ON "center"."id" = "staff"."center" '
        'WHERE "staff_session"."key" = {} AND "staff_session"."ends_at" > {} AND "staff_session"."seen_at" > {} '
        'AND "staff"."active"',
        *(session_key(value), now, now - rules.idle),
    )
    if not rows:
        return None
    row = rows[0]
    if not by_itself and row["seen_at"] <= now - _NOTED_EVERY:
        await fetch('UPDATE "staff_session" SET "seen_at" = {} WHERE "key" = {}', now, row["key"])
    return Session(row["key"], Stage(row["stage"]), view_staff(row))


async def why_ended(value: str, now: datetime, rules: SessionRules) -> Ended:
    """Why the session of a cookie's value is none any more."""
    rows = await fetch('SELECT "seen_at", "ends_at" FROM "staff_session" WHERE "key" = {}', session_key(value))
    if not rows:
        return Ended.REVOKED
    if rows[0]["seen_at"] <= now - rules.idle:
        return Ended.IDLE
    return Ended.AGE if rows[0]["ends_at"] <= now else Ended.REVOKED


async def list_sessions(staff: UUID, this_one: str, now: datetime, rules: SessionRules) -> list[OpenSession]:
    """The sessions of a person that are open now, the last used first; ``this_one`` is the key of the reader's own."""
    rows = await fetch(
        'SELECT "key", "opened_at", "seen_at" FROM "staff_session" '
        'WHERE "staff" = {} AND "ends_at" > {} AND "seen_at" > {} ORDER BY "seen_at" DESC',
        *(staff, now, now - rules.idle),
    )
    return [OpenSession(row["opened_at"], row["seen_at"], row["key"] == this_one) for row in rows]


async def end_session(key: str) -> None:
    """End one session; again does nothing."""
    await fetch('DELETE FROM "staff_session" WHERE "key" = {}', key)


async def end_sessions_of(staff: UUID, but: str = "") -> int:
    """End all sessions of a person, except the one of that key; returns how many there were."""
    return len(
        await fetch('DELETE FROM "staff_session" WHERE "staff" = {} AND "key" <> {} RETURNING "key"', staff, but)
    )


async def purge_sessions(now: datetime) -> None:
    """Forget sessions that have been over for some days."""
    await fetch('DELETE FROM "staff_session" WHERE "ends_at" <= {}', now - _REMEMBERED)


def session_key(value: str) -> str:
    """Under which name a cookie's value is kept: its hash, so that a stolen database opens no session."""
    return sha256(value.encode()).hexdigest()
