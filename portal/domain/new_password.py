"""A new password of one's own: changed at will, in place of one that was made for somebody, or by a link.

Whichever way, every session of the person ends and a new one is opened, so that whoever had the old password is out.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.errors import DomainError
from portal.domain.passwords import fits, hash_password
from portal.domain.sessions import Session, SessionRules, Stage, end_sessions_of, open_session


class WrongPassword(DomainError):
    """The password that was given as the present one is not."""


class SamePassword(DomainError):
    """The new password is the one that is to be replaced."""


async def check_password(staff: UUID, password: str) -> None:
    """Ask whoever sits there for the password again, before something that a borrowed browser must not do.

    Raises WrongPassword.
    """
    if not await fits(password, await _kept_of(staff)):
        raise WrongPassword


async def change_password(
    session: Session, current: str, new: str, actor: Actor, now: datetime, rules: SessionRules
) -> str:
    """Change one's own password; returns the cookie of the new session. Raises WrongPassword, SamePassword."""
    kept = await _kept_of(session.staff.id)
    if not await fits(current, kept):
        raise WrongPassword
    if new == current:
        raise SamePassword
    return await _replace(session, kept, await hash_password(new), actor, now, rules)


async def replace_made_password(session: Session, new: str, actor: Actor, now: datetime, rules: SessionRules) -> str:
    """The step after a sign-in with a password that was made for somebody; returns the cookie of the new session.

    Raises SamePassword, and WrongPassword when the password was changed meanwhile elsewhere.
    """
    kept = await _kept_of(session.staff.id)
    if await fits(new, kept):
        raise SamePassword
    return await _replace(session, kept, await hash_password(new), actor, now, rules)


async def set_password(staff: UUID, hashed: str, kept: str, now: datetime) -> bool:
    """Keep a password's hash in place of ``kept`` and end every session. False when another one was set meanwhile."""
    rows = await fetch(
        'UPDATE "staff" SET "password_hash" = {}, "password_set_at" = {}, "must_change" = {} '
        'WHERE "id" = {} AND "active" AND "password_hash" = {} RETURNING "id"',
        *(hashed, now, False, staff, kept),
    )
    if rows:
        await end_sessions_of(staff)
    return bool(rows)


@transactional
async def _replace(session: Session, kept: str, hashed: str, actor: Actor, now: datetime, rules: SessionRules) -> str:
    if not await set_password(session.staff.id, hashed, kept, now):
        raise WrongPassword
    await write_audit(actor, Action.PASSWORD_CHANGED, now, subject=session.staff.username)
    return await open_session(session.staff.id, Stage.FULL, now, rules)


async def _kept_of(staff: UUID) -> str:
    rows = await fetch('SELECT "password_hash" FROM "staff" WHERE "id" = {} AND "active"', staff)
    return str(rows[0]["password_hash"]) if rows else ""
