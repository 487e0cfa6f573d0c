"""The first people who can sign in: made at the first start, and the administrador that the command line makes.

Passwords are random for this installation, told once, and good for choosing another one alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.errors import DomainError
from portal.domain.passwords import hash_password, make_password
from portal.domain.personnel import Particulars, find_person_named, insert_person
from portal.domain.sessions import end_sessions_of
from portal.domain.start_words import ADMINISTRATOR_NAME, SUPERVISOR_NAME
from portal.domain.vocabulary import Role

_NOBODY_THERE = Actor(None, "setup")
_BY_COMMAND = Actor(None, "command")


class NotAnAdministrator(DomainError):
    """Somebody of another role has that name; an administrador changes roles on the pages."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What to sign in with, once."""

    username: str
    password: str


async def add_first_accounts(now: datetime) -> tuple[SignIn, ...]:
    """Where nobody can sign in yet: add a responsable and an administrador, and give everybody a password.

    The same for installations that were set up before there were passwords. Nothing where somebody has one.
    """
    if await _somebody_has_a_password():
        return ()
    await _add_who_is_missing(now)
    rows = await fetch('SELECT "id", "username" FROM "staff" WHERE "active" ORDER BY "role", "username"')
    made = [(row["id"], SignIn(str(row["username"]), make_password())) for row in rows]
    hashed = [(person, sign_in, await hash_password(sign_in.password)) for person, sign_in in made]
    return await _give_first_passwords(hashed, now)


async def make_administrator(username: str, now: datetime) -> SignIn:
    """Make an administrador of that name, or let the one there is in again: a new password, no second factor.

    Raises NotAnAdministrator.
    """
    made = SignIn(username, make_password())
    hashed = await hash_password(made.password)
    person = await find_person_named(username)
    particulars = Particulars(ADMINISTRATOR_NAME, Role.ADMINISTRATOR, None, "", "")
    if person is not None and person.particulars.role is Role.ADMINISTRATOR:
        await _let_in_again(person.id, username, hashed, now)
    elif person is not None or not await insert_person(username, particulars, hashed, _BY_COMMAND, now):
        raise NotAnAdministrator
    return made


async def _somebody_has_a_password() -> bool:
    return bool(await fetch('SELECT "id" FROM "staff" WHERE "password_hash" <> \'\' LIMIT 1'))


@transactional
async def _add_who_is_missing(now: datetime) -> None:
    centers = await fetch('SELECT "id" FROM "center" WHERE "active" ORDER BY "code"')
    # Of one sede they are its own; of several the first responsable sees all.
    center: UUID | None = centers[0]["id"] if len(centers) == 1 else None
    for role, username, name in (
        (Role.SUPERVISOR, "responsable", SUPERVISOR_NAME),
        (Role.ADMINISTRATOR, "administrador", ADMINISTRATOR_NAME),
    ):
        if await fetch('SELECT "id" FROM "staff" WHERE "role" = {} LIMIT 1', role.value):
            continue
        particulars = Particulars(name, role, center if role is Role.SUPERVISOR else None, "", "")
        # Without a password until the next step, in which whoever starts first gives them all.
        await insert_person(username, particulars, "", _NOBODY_THERE, now)


@transactional
async def _give_first_passwords(hashed: list[tuple[UUID, SignIn, str]], now: datetime) -> tuple[SignIn, ...]:
    """Of several processes that start at once, each password is told by the one that set it."""
    given = []
    for person, sign_in, password_hash in hashed:
        rows = await fetch(
            'UPDATE "staff" SET "password_hash" = {}, "password_set_at" = {}, "must_change" = {} '
            'WHERE "id" = {} AND "password_hash" = \'\' RETURNING "id"',
            *(password_hash, now, True, person),
        )
        if rows:
            await write_audit(_NOBODY_THERE, Action.PASSWORD_CHANGED, now, subject=sign_in.username, by="start")
            given.append(sign_in)
    return tuple(given)


@transactional
async def _let_in_again(person: UUID, username: str, hashed: str, now: datetime) -> None:
    await fetch(
        'UPDATE "staff" SET "password_hash" = {}, "password_set_at" = {}, "must_change" = {}, "active" = {}, '
        '"totp_secret" = \'\', "totp_confirmed_at" = NULL, "totp_last_step" = NULL WHERE "id" = {}',
        *(hashed, now, True, True, person),
    )
    await fetch('DELETE FROM "recovery_code" WHERE "staff" = {}', person)
    await end_sessions_of(person)
    await write_audit(_BY_COMMAND, Action.PASSWORD_CHANGED, now, subject=username, by="command")
