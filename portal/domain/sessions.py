"""Sessions of the staff: opened anew at every sign-in, ended by idling, by age, or by whoever revokes them."""

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


class Stage(StrEnum):
    """What is still asked for before a session may do anything."""

    CODE = "code"
    NEW_PASSWORD = "new_password"  # noqa: S105  # a stage, no password
    FULL = "full"


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


async def open_session(staff: UUID, stage: Stage, now: datetime, rules: SessionRules) -> str:
    """Open a session; returns the value for the cookie, which is kept nowhere else."""
    value = secrets.token_urlsafe(32)
    await fetch(
        'INSERT INTO "staff_session" ("key", "staff", "stage", "opened_at", "seen_at", "ends_at") '
        "VALUES ({}, {}, {}, {}, {}, {})",
        *(session_key(value), staff, stage.value, now, now, now + rules.longest),
    )
    return value


async def find_session(value: str, now: datetime, rules: SessionRules) -> Session | None:
    """The session of a cookie's value, if it is still one and its person still works here."""
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
    if row["seen_at"] <= now - _NOTED_EVERY:
        await fetch('UPDATE "staff_session" SET "seen_at" = {} WHERE "key" = {}', now, row["key"])
    return Session(row["key"], Stage(row["stage"]), view_staff(row))


async def end_session(key: str) -> None:
    """End one session; again does nothing."""
    await fetch('DELETE FROM "staff_session" WHERE "key" = {}', key)


async def end_sessions_of(staff: UUID, but: str = "") -> None:
    """End all sessions of a person, except the one of that key."""
    await fetch('DELETE FROM "staff_session" WHERE "staff" = {} AND "key" <> {}', staff, but)


async def purge_sessions(now: datetime) -> None:
    """Forget sessions that are over."""
    await fetch('DELETE FROM "staff_session" WHERE "ends_at" <= {}', now)


def session_key(value: str) -> str:
    """Under which name a cookie's value is kept: its hash, so that a stolen database opens no session."""
    return sha256(value.encode()).hexdigest()
