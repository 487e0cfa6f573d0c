"""What changes seldom, from the portal: the sede, its services and people, holidays, the nodes' public keys.

It comes whole and is spread over the portal's tables in the kiosk's file, so that the portal's own rules read it there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid4

import msgspec

from portal.database.node import fetch
from portal.domain.exchange import KeyState, Reference, ServiceState, StaffState
from portal.domain.rules import BookingRules
from portal.domain.vocabulary import Role


async def read_reference() -> Reference | None:
    """What the portal sent last, or None before the first exchange."""
    [state] = await fetch('SELECT "reference" FROM "kiosk_state" WHERE "id" = 1')
    return _decode(state["reference"]) if state["reference"] else None


@lru_cache(maxsize=8)
def _decode(text: str) -> Reference:
    return msgspec.json.decode(text, type=Reference)


async def read_rules() -> BookingRules:
    """The rules of booking at the desk: no minimum notice, and the sede's horizon; they bind at the time of sale."""
    reference = await read_reference()
    if reference is None:
        return BookingRules(notice=timedelta(0))
    return BookingRules(horizon_days=reference.horizon_days, notice=timedelta(0))


async def take_reference(reference: Reference, now: datetime) -> None:
    """Keep it and spread it, inside the transaction of the answer that brought it."""
    await fetch(
        'UPDATE "kiosk_state" SET "reference" = {}, "reference_digest" = {} WHERE "id" = 1',
        *(msgspec.json.encode(reference).decode(), reference.digest),
    )
    await _take_center(reference)
    await fetch('UPDATE "service" SET "active" = {}', False)
    for position, service in enumerate(reference.services):
        await _take_service(service, position)
    await fetch('UPDATE "staff" SET "active" = {}', False)
    await fetch('DELETE FROM "kiosk_secret"')
    for person in reference.consultants:
        await _take_person(person, reference.center, now)
    await fetch('DELETE FROM "holiday"')
    for day, name in reference.holidays:
        await fetch('INSERT INTO "holiday" ("day", "name") VALUES ({}, {})', day, name)
    for key in reference.keys:
        await _take_key(key)


async def _take_center(reference: Reference) -> None:
    await _let_go_of("center", "code", reference.center_code, reference.center)
    await fetch(
        'INSERT INTO "center" ("id", "code", "name", "address", "reference", "ubigeo", "phone", "email", "active", '
        '"version") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, 0) ON CONFLICT ("id") DO UPDATE SET '
        '"code" = "excluded"."code", "name" = "excluded"."name", "address" = "excluded"."address", '
        '"reference" = "excluded"."reference", "ubigeo" = "excluded"."ubigeo", "phone" = "excluded"."phone", '
        '"email" = "excluded"."email", "active" = "excluded"."active"',
        *(reference.center, reference.center_code, reference.center_name, reference.center_address),
        *(reference.center_reference, reference.center_ubigeo, reference.center_phone, reference.center_email, True),
    )
    await fetch('UPDATE "center" SET "active" = {} WHERE "id" <> {}', False, reference.center)


async def _take_service(service: ServiceState, position: int) -> None:
    await _let_go_of("service", "code", service.code, service.id)
    await fetch(
        'INSERT INTO "service" ("id", "code", "name", "procedure_code", "summary", "bring", "minutes", "active", '
        '"position") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT ("id") DO UPDATE SET '
        '"code" = "excluded"."code", "name" = "excluded"."name", "procedure_code" = "excluded"."procedure_code", '
        '"summary" = "excluded"."summary", "bring" = "excluded"."bring", "minutes" = "excluded"."minutes", '
        '"active" = "excluded"."active", "position" = "excluded"."position"',
        *(service.id, service.code, service.name, service.procedure_code, service.summary, service.bring),
        *(service.minutes, True, position),
    )


async def _take_person(person: StaffState, center: UUID, now: datetime) -> None:
    await _let_go_of("staff", "username", person.username, person.id)
    await fetch(
        'INSERT INTO "staff" ("id", "username", "name", "role", "center", "email", "meet_link", "active", '
        "\"schedule_version\") VALUES ({}, {}, {}, {}, {}, '', '', {}, 0) ON CONFLICT (\"id\") DO UPDATE SET "
        '"username" = "excluded"."username", "name" = "excluded"."name", "role" = "excluded"."role", '
        '"center" = "excluded"."center", "active" = "excluded"."active"',
        *(person.id, person.username, person.name, person.role, center, True),
    )
    if person.secret_hash:
        await fetch(
            'INSERT INTO "kiosk_secret" ("staff", "secret_hash", "pin_hash", "set_at") VALUES ({}, {}, {}, {})',
            *(person.id, person.secret_hash, person.pin_hash, now),
        )


async def _take_key(key: KeyState) -> None:
    # Keys are closed, never deleted, and what one is cannot change.
    await fetch(
        'INSERT INTO "signing_key" ("key_id", "node", "public_key", "opened_at", "closed_at") '
        'VALUES ({}, {}, {}, {}, {}) ON CONFLICT ("key_id") DO UPDATE SET "closed_at" = "excluded"."closed_at"',
        *(key.key_id, key.node, key.public_key, key.opened_at, key.closed_at),
    )


async def _let_go_of(table: str, column: str, name: str, owner: UUID) -> None:
    """A name that has passed to somebody else: whoever had it is called by the beginning of their id."""
    await fetch(
        f'UPDATE "{table}" SET "{column}" = substr("id", 1, 13) WHERE "{column}" = {{}} AND "id" <> {{}}',
        *(name, owner),
    )


async def find_service(code: str) -> UUID:
    """The service of a code; one that the portal no longer offers, but has citas of, gets a row that says so."""
    rows = await fetch('SELECT "id" FROM "service" WHERE "code" = {}', code)
    if not rows:
        rows = await fetch(
            'INSERT INTO "service" ("id", "code", "name", "procedure_code", "summary", "bring", "minutes", "active", '
            "\"position\") VALUES ({}, {}, {}, '', '', '', 30, {}, 99) RETURNING \"id\"",
            *(uuid4(), code, code, False),
        )
    service: UUID = rows[0]["id"]
    return service


async def know_person(person: UUID) -> None:
    """Somebody who has citas here and is not among those that came: a row without a name, nobody who may sign in."""
    await fetch(
        'INSERT INTO "staff" ("id", "username", "name", "role", "center", "email", "meet_link", "active", '
        "\"schedule_version\") VALUES ({}, {}, '', {}, NULL, '', '', {}, 0) ON CONFLICT (\"id\") DO NOTHING",
        *(person, person.hex, Role.CONSULTANT.value, False),
    )
