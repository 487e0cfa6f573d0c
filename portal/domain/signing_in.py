"""Sign in: a name and a password; the same answer for a wrong name and a wrong password."""

from __future__ import annotations

from datetime import datetime

from portal.database.node import fetch
from portal.domain.errors import DomainError
from portal.domain.passwords import fits
from portal.domain.sessions import SessionRules, Stage, open_session


class SignInRefused(DomainError):
    """The name, the password, or both are wrong, or the person no longer works here."""


async def sign_in(username: str, password: str, now: datetime, rules: SessionRules) -> str:
    """Open a session; returns the value for its cookie. Raises SignInRefused."""
    rows = await fetch(
        'SELECT "id", "password_hash", "must_change", "totp_confirmed_at" FROM "staff" '
        'WHERE "username" = {} AND "active"',
        username,
    )
    if not await fits(password, rows[0]["password_hash"] if rows else ""):
        raise SignInRefused
    row = rows[0]
    stage = Stage.CODE if row["totp_confirmed_at"] else Stage.NEW_PASSWORD if row["must_change"] else Stage.FULL
    return await open_session(row["id"], stage, now, rules)
