"""Sign in: a name and a password, then what is still asked for: a code, a new password.

The same answer, after the same time, for a wrong name and a wrong password. Every step opens a new session in place of
the former one, so that what somebody knew of a browser before is worth nothing after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.errors import DomainError
from portal.domain.passwords import fits
from portal.domain.second_factor import CodeRefused, take_code
from portal.domain.sessions import Session, SessionRules, Stage, end_session, open_session, session_key


class SignInRefused(DomainError):
    """The name, the password, or both are wrong, or the person no longer works here."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that was opened: the value for its cookie, and what is still asked for."""

    value: str
    stage: Stage


async def sign_in(username: str, password: str, origin: str, now: datetime, rules: SessionRules) -> SignedIn:
    """Open a session. ``origin`` is where the browser is, for the audit. Raises SignInRefused."""
    rows = await fetch(
        'SELECT "id", "username", "password_hash", "must_change", "totp_confirmed_at" FROM "staff" '
        'WHERE "username" = {} AND "active"',
        username,
    )
    if not await fits(password, rows[0]["password_hash"] if rows else ""):
        # A name that nobody has may be a password in the wrong field: it is not written down.
        subject = str(rows[0]["username"]) if rows else ""
        await write_audit(Actor(None, origin), Action.SIGN_IN_REFUSED, now, subject=subject)
        raise SignInRefused
    row = rows[0]
    stage = Stage.CODE if row["totp_confirmed_at"] else stage_after_code(must_change=row["must_change"])
    return await open_after("", row["id"], stage, Actor(None, origin), now, rules)


async def pass_code(
    session: Session, typed: str, key: bytes, actor: Actor, now: datetime, rules: SessionRules
) -> SignedIn:
    """Go on with a code of the app or a recovery code, taken once. Raises CodeRefused."""
    try:
        await take_code(session.staff.id, typed, key, now)
    except CodeRefused:
        await write_audit(actor, Action.SIGN_IN_REFUSED, now, subject=session.staff.username, step="code")
        raise
    rows = await fetch('SELECT "must_change" FROM "staff" WHERE "id" = {}', session.staff.id)
    stage = stage_after_code(must_change=rows[0]["must_change"])
    return await open_after(session.key, session.staff.id, stage, actor, now, rules)


@transactional
async def open_after(
    former: str, staff: UUID, stage: Stage, actor: Actor, now: datetime, rules: SessionRules
) -> SignedIn:
    """Open a session in place of ``former`` (its key, or empty) and write down that somebody came in."""
    await end_session(former)
    value = await open_session(staff, stage, now, rules)
    await write_audit(Actor(staff, actor.origin, session_key(value)), Action.SIGNED_IN, now, stage=stage.value)
    return SignedIn(value, stage)


async def sign_out(session: Session, actor: Actor, now: datetime) -> None:
    """End this session."""
    await end_session(session.key)
    await write_audit(actor, Action.SIGNED_OUT, now)


def stage_after_code(*, must_change: bool) -> Stage:
    """What is still asked for once nobody doubts who it is."""
    return Stage.NEW_PASSWORD if must_change else Stage.FULL
