"""The link for a forgotten password: signed, good for half an hour and once, mailed or handed over by an administrador.

Its token is a random number with our signature; the row holds the hash of the token, the outbox the number alone, so
neither of them opens anything without the installation's secret.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.errors import DomainError
from portal.domain.new_password import SamePassword, set_password
from portal.domain.notices import queue_staff_message
from portal.domain.passwords import fits, hash_password
from portal.domain.sessions import SessionRules, Stage
from portal.domain.signing_in import SignedIn, open_after
from portal.domain.staff import StaffView, find_staff
from portal.domain.vocabulary import MessageKind

LINK_LASTS: Final = timedelta(minutes=30)
_REMEMBERED: Final = timedelta(days=30)
_LONGEST_TOKEN: Final = 120


class LinkSpent(DomainError):
    """The link was used, is too old, or never was one; always told with the same words."""


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """Whose password a link sets."""

    id: UUID
    username: str


async def ask_link(username: str, origin: str, key: bytes, now: datetime) -> None:
    """Mail a link to the person of that name, if there is one who works here and has an address."""
    rows = await fetch('SELECT "id" FROM "staff" WHERE "username" = {} AND "active" AND "email" <> \'\'', username)
    person = await find_staff(rows[0]["id"]) if rows else None
    if person is not None:
        await make_link(person, Actor(None, origin), key, now)


@transactional
async def make_link(person: StaffView, actor: Actor, key: bytes, now: datetime) -> str:
    """Make a link for somebody and mail it; returns its token for whoever hands it over to a person without e-mail."""
    number = secrets.token_urlsafe(16)
    token = sign_number(number, key)
    await fetch(
        'INSERT INTO "password_link" ("key", "staff", "made_at", "expires_at") VALUES ({}, {}, {}, {})',
        *(_name(token), person.id, now, now + LINK_LASTS),
    )
    await queue_staff_message(person.id, MessageKind.PASSWORD_LINK, person.email, now, now + LINK_LASTS, number)
    await write_audit(actor, Action.PASSWORD_LINK_MADE, now, subject=person.username)
    return token


def sign_number(number: str, key: bytes) -> str:
    """The token of a link's number; ``key`` is our own for access."""
    signature = hmac.digest(key, b"citas/password link/" + number.encode(), "sha256")
    return f"{number}.{signature.hex()[:40]}"


async def find_link(token: str, key: bytes, now: datetime) -> LinkOwner:
    """Whose link it is. Raises LinkSpent."""
    number = token.partition(".")[0]
    known = len(token) <= _LONGEST_TOKEN and token.isascii() and hmac.compare_digest(token, sign_number(number, key))
    rows = await fetch(
        'SELECT "staff"."id", "staff"."username" FROM "password_link" '
        'JOIN "staff" ON "staff"."id" = "password_link"."staff" WHERE "password_link"."key" = {} '
        'AND "password_link"."used_at" IS NULL AND "password_link"."expires_at" > {} AND "staff"."active"',
        *(_name(token), now),
    )
    if not known or not rows:
        raise LinkSpent
    return LinkOwner(rows[0]["id"], str(rows[0]["username"]))


async def use_link(token: str, new: str, origin: str, key: bytes, now: datetime, rules: SessionRules) -> SignedIn:
    """Set the password and sign in with it; a second factor is still asked for. Raises LinkSpent, SamePassword."""
    owner = await find_link(token, key, now)
    rows = await fetch('SELECT "password_hash" FROM "staff" WHERE "id" = {}', owner.id)
    kept = str(rows[0]["password_hash"])
    if await fits(new, kept):
        raise SamePassword
    return await _spend(token, owner, kept, await hash_password(new), Actor(None, origin), now, rules)


@transactional
async def _spend(
    token: str, owner: LinkOwner, kept: str, hashed: str, actor: Actor, now: datetime, rules: SessionRules
) -> SignedIn:
    spent = await fetch(
        'UPDATE "password_link" SET "used_at" = {} WHERE "key" = {} AND "used_at" IS NULL AND "expires_at" > {} '
        'RETURNING "key"',
        *(now, _name(token), now),
    )
    if not spent or not await set_password(owner.id, hashed, kept, now):
        raise LinkSpent
    # Other links of the same person were asked for the same reason.
    await fetch('UPDATE "password_link" SET "used_at" = {} WHERE "staff" = {} AND "used_at" IS NULL', now, owner.id)
    by_owner = Actor(owner.id, actor.origin)
    await write_audit(by_owner, Action.PASSWORD_CHANGED, now, subject=owner.username, by="link")
    rows = await fetch('SELECT "totp_confirmed_at" FROM "staff" WHERE "id" = {}', owner.id)
    stage = Stage.CODE if rows[0]["totp_confirmed_at"] else Stage.FULL
    return await open_after("", owner.id, stage, by_owner, now, rules)


async def purge_links(now: datetime) -> None:
    """Forget links that have been over for a month."""
    await fetch('DELETE FROM "password_link" WHERE "expires_at" <= {}', now - _REMEMBERED)


def _name(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
