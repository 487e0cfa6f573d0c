"""The staff of the small world: a responsable and an administrador beside its consultores, and browsers they sign in
with.

    page = await (await sign_in(visitor, staffed.supervisor)).open("/agenda")
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from portal.database.node import fetch
from portal.domain import passwords
from portal.domain.sessions import SessionRules, Stage, open_session
from portal.domain.vocabulary import Role
from portal.web.admission import COOKIE
from tests.browser import Visitor
from tests.people import NOW, World

CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
_NOBODYS = CHEAP.hash("nobody's")


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords of this process are hashed in no time; test_passwords.py sees to the real hasher."""
    monkeypatch.setattr(passwords, "_hasher", lambda: CHEAP)
    monkeypatch.setattr(passwords, "_nobodys", lambda: _NOBODYS)


@dataclass(frozen=True, slots=True)
class Staffed:
    """Who works in the world's sede. ``elsewhere`` is a consultor of another sede."""

    world: World
    consultant: UUID
    colleague: UUID
    supervisor: UUID
    administrator: UUID
    other_center: UUID
    elsewhere: UUID


@pytest.fixture
async def staffed(world: World) -> Staffed:
    """The world's staff, with nobody signed in."""
    return await add_staff(world)


async def add_staff(world: World) -> Staffed:
    """A responsable, an administrador, and another sede with a consultor of its own."""
    other = uuid4()
    await fetch(
        'INSERT INTO "center" ("id", "code", "name", "address", "reference", "ubigeo", "phone", "email", "active", '
        "\"version\") VALUES ({}, {}, {}, {}, '', {}, '', '', {}, 0)",
        *(other, "callao", "Centro de Empleo – Callao", "Av. Guardia Chalaca 101", "070101", True),
    )
    consultant, colleague = world.consultants[:2]
    supervisor = await add_person("responsable", "Elena Ríos", Role.SUPERVISOR, world.center)
    administrator = await add_person("administrador", "Óscar Núñez", Role.ADMINISTRATOR, None)
    elsewhere = await add_person("consultor9", "Consultor 9", Role.CONSULTANT, other)
    return Staffed(world, consultant, colleague, supervisor, administrator, other, elsewhere)


async def add_person(username: str, name: str, role: Role, center: UUID | None) -> UUID:
    """Somebody of the staff, without a password."""
    person = uuid4()
    await fetch(
        'INSERT INTO "staff" ("id", "username", "name", "role", "center", "email", "meet_link", "active", '
        "\"schedule_version\") VALUES ({}, {}, {}, {}, {}, {}, '', {}, 0)",
        *(person, username, name, role.value, center, f"{username}@example.org", True),
    )
    return person


async def sign_in(
    visitor: Visitor, staff: UUID, now: datetime = NOW, *, stage: Stage = Stage.FULL, rules: SessionRules | None = None
) -> Visitor:
    """The visitor's browser with a session of that person, as if they had just signed in."""
    value = await open_session(staff, stage, now, rules or SessionRules())
    visitor.client.cookies.set(COOKIE, value)
    return visitor


async def give_password(staff: UUID, password: str, *, must_change: bool = False) -> None:
    """Let somebody sign in with a password."""
    await fetch(
        'UPDATE "staff" SET "password_hash" = {}, "must_change" = {} WHERE "id" = {}',
        *(CHEAP.hash(password), must_change, staff),
    )
