"""The people who work here, as an administrador keeps them: added, changed, and gone without losing their history.

At least one administrador can always sign in: whoever takes the last one's role or place away is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.errors import DomainError
from portal.domain.kiosk_secrets import remove_secret
from portal.domain.passwords import hash_password, make_password
from portal.domain.rules import BookingRules
from portal.domain.schedule import open_seats_of
from portal.domain.sessions import end_sessions_of
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import Role, State


class UsernameTaken(DomainError):
    """Somebody has, or had, that name: names stay in the audit and are never given twice."""


class LastAdministrator(DomainError):
    """Nobody would be left who can let people in."""


class CitasAhead(DomainError):
    """The consultor has citas ahead, which their present sede and role belong to."""

    def __init__(self, number: int) -> None:
        super().__init__("the consultor has citas ahead")
        self.number = number


@dataclass(frozen=True, slots=True)
class Particulars:
    """What an administrador may change of a person; ``center`` is their sede, which a consultor must have."""

    name: str
    role: Role
    center: UUID | None
    email: str
    meet_link: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person of the staff, active or not, with how they get in."""

    id: UUID
    username: str
    particulars: Particulars
    center_code: str
    center_name: str
    active: bool
    has_password: bool
    must_change: bool
    second_factor: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """The citas that a consultor still has: how many, and the day of the first (local)."""

    number: int
    first: date | None


_SELECT = (
    'SELECT "staff"."id", "staff"."username", "staff"."name", "staff"."role", "staff"."center", "staff"."email", '
    '"staff"."meet_link", "staff"."active", "staff"."password_hash", "staff"."must_change", '
    '"staff"."totp_confirmed_at", "center"."code" AS "center_code", "center"."name" AS "center_name" '
    'FROM "staff" LEFT JOIN "center" ON "center"."id" = "staff"."center"'
)


async def list_personnel() -> list[PersonView]:
    """Everybody, those who work here first, by role and name."""
    rows = await fetch(f'{_SELECT} ORDER BY "staff"."active" DESC, "staff"."role", "staff"."name", "staff"."username"')
    return [_view(row) for row in rows]


async def find_person(person: UUID) -> PersonView | None:
    """A person of the staff, active or not, or None."""
    rows = await fetch(f'{_SELECT} WHERE "staff"."id" = {{}}', person)
    return _view(rows[0]) if rows else None


async def find_person_named(username: str) -> PersonView | None:
    """The person of that name, active or not, or None."""
    rows = await fetch(f'{_SELECT} WHERE "staff"."username" = {{}}', username)
    return _view(rows[0]) if rows else None


async def count_ahead(person: UUID, now: datetime) -> Ahead:
    """The citas that are still to be attended by this person."""
    rows = await fetch(
        'SELECT "starts_at" FROM "appointment" WHERE "consultant" = {} AND "state" = {} AND "starts_at" > {} '
        'ORDER BY "starts_at"',
        *(person, State.RESERVED.value, now),
    )
    return Ahead(len(rows), local_day(rows[0]["starts_at"]) if rows else None)


async def add_person(username: str, particulars: Particulars, actor: Actor, now: datetime) -> str:
    """Add somebody; returns the password to hand over, which they must change. Raises UsernameTaken."""
    password = make_password()
    if not await insert_person(username, particulars, await hash_password(password), actor, now):
        raise UsernameTaken
    return password


@transactional
async def insert_person(username: str, particulars: Particulars, hashed: str, actor: Actor, now: datetime) -> bool:
    """Add somebody with a password that was made for them (its hash). False when the name is taken."""
    rows = await fetch(
        'INSERT INTO "staff" ("id", "username", "name", "role", "center", "email", "meet_link", "active", '
        '"password_hash", "password_set_at", "must_change", "schedule_version") '
        'VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 0) ON CONFLICT ("username") DO NOTHING RETURNING "id"',
        *(uuid4(), username, particulars.name, particulars.role.value, particulars.center, particulars.email),
        *(particulars.meet_link, True, hashed, now, True),
    )
    if rows:
        role = particulars.role.value
        await write_audit(actor, Action.STAFF_CHANGED, now, subject=username, change="added", role=role)
    return bool(rows)


@transactional
async def change_person(person: PersonView, particulars: Particulars, actor: Actor, now: datetime) -> None:
    """Change what is kept of somebody. Raises LastAdministrator, and CitasAhead for another sede or role."""
    former = person.particulars
    changed = [field for field in Particulars.__slots__ if getattr(former, field) != getattr(particulars, field)]
    if not changed:
        return
    if former.role is Role.ADMINISTRATOR and particulars.role is not Role.ADMINISTRATOR:
        await _keep_an_administrator(person.id)
    if former.role is Role.CONSULTANT and {"role", "center"} & set(changed):
        ahead = await count_ahead(person.id, now)
        if ahead.number:
            raise CitasAhead(ahead.number)
    await fetch(
        'UPDATE "staff" SET "name" = {}, "role" = {}, "center" = {}, "email" = {}, "meet_link" = {} WHERE "id" = {}',
        *(particulars.name, particulars.role.value, particulars.center, particulars.email, particulars.meet_link),
        person.id,
    )
    # Which, not what: the audit holds nothing personal.
    fields = " ".join(changed)
    await write_audit(actor, Action.STAFF_CHANGED, now, subject=person.username, change="edited", fields=fields)


@transactional
async def change_meet_link(staff: UUID, username: str, link: str, actor: Actor, now: datetime) -> None:
    """Change one's own link; the empty one takes it away."""
    await fetch('UPDATE "staff" SET "meet_link" = {} WHERE "id" = {}', link, staff)
    await write_audit(actor, Action.STAFF_CHANGED, now, subject=username, change="edited", fields="meet_link")


@transactional
async def deactivate(person: PersonView, actor: Actor, now: datetime, rules: BookingRules) -> int:
    """Let nobody in under this name any more, here or at a kiosk, end its sessions, take its free seats off the offer.

    Returns how many sessions ended; citas stay, to be moved or transferred. Raises LastAdministrator.
    """
    if person.particulars.role is Role.ADMINISTRATOR:
        await _keep_an_administrator(person.id)
    rows = await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {} AND "active" RETURNING "id"', False, person.id)
    ended = await end_sessions_of(person.id)
    if rows:
        await write_audit(actor, Action.STAFF_CHANGED, now, subject=person.username, change="deactivated")
        await remove_secret(person.id, person.username, actor, now)
        await open_seats_of(person.id, now, rules)
    return ended


@transactional
async def reactivate(person: PersonView, actor: Actor, now: datetime, rules: BookingRules) -> None:
    """Let somebody in again, with the password that they had."""
    rows = await fetch(
        'UPDATE "staff" SET "active" = {} WHERE "id" = {} AND NOT "active" RETURNING "id"', True, person.id
    )
    if rows:
        await write_audit(actor, Action.STAFF_CHANGED, now, subject=person.username, change="reactivated")
        await open_seats_of(person.id, now, rules)


@transactional
async def revoke_sessions(staff: UUID, username: str, actor: Actor, now: datetime, but: str = "") -> int:
    """End all sessions of a person, except the one of that key; returns how many ended."""
    ended = await end_sessions_of(staff, but)
    await write_audit(actor, Action.SESSIONS_REVOKED, now, subject=username, number=str(ended))
    return ended


async def _keep_an_administrator(leaving: UUID) -> None:
    """See that another administrador stays. Raises LastAdministrator."""
    # Written though nothing changes: two administradores who remove each other wait here, one for the other.
    rows = await fetch(
        'UPDATE "staff" SET "schedule_version" = "schedule_version" WHERE "role" = {} AND "active" RETURNING "id"',
        Role.ADMINISTRATOR.value,
    )
    if not any(row["id"] != leaving for row in rows):
        raise LastAdministrator


def _view(row: Row) -> PersonView:
    particulars = Particulars(
        str(row["name"]), Role(row["role"]), row["center"], str(row["email"]), str(row["meet_link"])
    )
    return PersonView(
        id=row["id"],
        username=str(row["username"]),
        particulars=particulars,
        center_code=str(row["center_code"] or ""),
        center_name=str(row["center_name"] or ""),
        active=bool(row["active"]),
        has_password=bool(row["password_hash"]),
        must_change=bool(row["must_change"]),
        second_factor=row["totp_confirmed_at"] is not None,
    )
