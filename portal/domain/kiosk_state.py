"""What a kiosk is told of its sede: what changes seldom, and the citas of today and the next working day (rule 12).

A changed cita gets its version when a kiosk asks: the sede's counter moves, and everything noted so far bears it. What
commits later is noted without a version still, and comes with the next exchange.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.exchange import CitaState, KeyState, Reference, ServiceState, StaffState, State
from portal.domain.rules import BookingRules
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.vocabulary import Language, Role

SECRETS_LAST_DAYS = 7
"""How long after the last exchange people may sign in at a kiosk that hears nothing (rule 13)."""

_CITA = (
    'SELECT "appointment"."id", "appointment"."code", "appointment"."state", "service"."code" AS "service", '
    '"appointment"."modality", "appointment"."starts_at", "appointment"."ends_at", "appointment"."consultant", '
    '"appointment"."given_names", "appointment"."first_surname", "appointment"."second_surname", '
    '"citizen"."document_type", "citizen"."document_number", "appointment"."preference", "appointment"."language", '
    '"appointment"."displaced", "appointment"."duplicate" FROM "appointment" '
    'JOIN "service" ON "service"."id" = "appointment"."service" '
    'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
)


async def read_state(kiosk: UUID, center: UUID, version: int, now: datetime) -> State:
    """What changed since ``version``, inside the exchange's transaction; everything when that is 0.

    Of later days a kiosk hears of the citas that it made itself, so that one which ended elsewhere blocks nobody there.
    """
    current = await _number_news(center)
    first, last = await _window(center, now)
    if version <= 0 or version > current:
        return State(version=current, whole=True, citas=await _citas_between(kiosk, center, first, last))
    news = await fetch(
        'SELECT "appointment" FROM "cita_news" WHERE "center" = {} AND "version" > {}', *(center, version)
    )
    told = await fetch(
        f'{_CITA} WHERE "appointment"."id" IN (SELECT "appointment" FROM "cita_news" WHERE "center" = {{}} '
        'AND "version" > {}) AND "appointment"."starts_at" >= {} AND ("appointment"."starts_at" < {} OR EXISTS '
        '(SELECT 1 FROM "kiosk_entry" WHERE "kiosk_entry"."appointment" = "appointment"."id" '
        'AND "kiosk_entry"."kiosk" = {}))',
        *(center, version, first, last, kiosk),
    )
    changed = {row["id"]: _view(row) for row in told}
    gone = tuple(row["appointment"] for row in news if row["appointment"] not in changed)
    return State(version=current, whole=False, citas=tuple(changed.values()), gone=gone)


async def _number_news(center: UUID) -> int:
    waiting = await fetch(
        'SELECT "appointment" FROM "cita_news" WHERE "center" = {} AND "version" IS NULL LIMIT 1', center
    )
    if not waiting:
        [row] = await fetch('SELECT "version" FROM "center" WHERE "id" = {}', center)
        return max(int(row["version"]), 1)
    # The sede's row is locked from here to the end of the exchange, so that two kiosks number one after the other.
    [row] = await fetch(
        'UPDATE "center" SET "version" = CASE WHEN "version" < 1 THEN 2 ELSE "version" + 1 END '
        'WHERE "id" = {} RETURNING "version"',
        center,
    )
    version = int(row["version"])
    await fetch('UPDATE "cita_news" SET "version" = {} WHERE "center" = {} AND "version" IS NULL', version, center)
    return version


async def _window(center: UUID, now: datetime) -> tuple[datetime, datetime]:
    """From the beginning of today to the end of the next day on which the sede has hours."""
    today = local_day(now)
    rows = await fetch(
        'SELECT "day" FROM "seat" WHERE "center" = {} AND "day" > {} AND "is_open" ORDER BY "day" LIMIT 1',
        *(center, today),
    )
    last = rows[0]["day"] if rows else today
    return _midnight(today), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LIMA).astimezone(UTC)


async def _citas_between(kiosk: UUID, center: UUID, first: datetime, last: datetime) -> tuple[CitaState, ...]:
    near = await fetch(
        f'{_CITA} WHERE "appointment"."center" = {{}} AND "appointment"."starts_at" >= {{}} '
        'AND "appointment"."starts_at" < {} ORDER BY "appointment"."starts_at", "appointment"."id"',
        *(center, first, last),
    )
    own = await fetch(
        f'{_CITA} WHERE "appointment"."starts_at" >= {{}} AND "appointment"."id" IN '
        '(SELECT "appointment" FROM "kiosk_entry" WHERE "kiosk" = {} AND "appointment" IS NOT NULL) '
        'ORDER BY "appointment"."starts_at", "appointment"."id"',
        *(last, kiosk),
    )
    return tuple(_view(row) for row in (*near, *own))


def _view(row: Row) -> CitaState:
    names = (row["given_names"], row["first_surname"], row["second_surname"])
    return CitaState(
        id=row["id"],
        code=row["code"],
        state=row["state"],
        service=row["service"],
        modality=row["modality"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        consultant=row["consultant"],
        name=" ".join(name for name in names if name),
        document_type=row["document_type"],
        document_number=row["document_number"],
        preference=row["preference"],
        interpreter=row["language"] != Language.SPANISH.value,
        displaced=bool(row["displaced"]),
        duplicate=bool(row["duplicate"]),
    )


async def read_reference(
    center: UUID, public_url: str, privacy_version: str, rules: BookingRules, now: datetime
) -> Reference:
    """What changes seldom, with its digest."""
    [place] = await fetch('SELECT * FROM "center" WHERE "id" = {}', center)
    reference = Reference(
        digest="",
        center=center,
        center_code=place["code"],
        center_name=place["name"],
        center_address=place["address"],
        center_reference=place["reference"],
        center_ubigeo=place["ubigeo"],
        center_phone=place["phone"],
        center_email=place["email"],
        public_url=public_url,
        privacy_version=privacy_version,
        horizon_days=rules.horizon_days,
        consultants=await _staff(center),
        services=await _services(),
        keys=await _keys(),
        holidays=await _holidays(now, rules),
        secrets_last_days=SECRETS_LAST_DAYS,
    )
    digest = sha256(msgspec.json.encode(reference)).hexdigest()
    return msgspec.structs.replace(reference, digest=digest)


async def _staff(center: UUID) -> tuple[StaffState, ...]:
    """Who works at the sede, and who attends there; secrets of that sede only."""
    rows = await fetch(
        'SELECT "staff"."id", "staff"."username", "staff"."name", "staff"."role", "kiosk_secret"."secret_hash", '
        '"kiosk_secret"."pin_hash" FROM "staff" LEFT JOIN "kiosk_secret" ON "kiosk_secret"."staff" = "staff"."id" '
        'WHERE "staff"."center" = {} AND "staff"."active" AND "staff"."role" <> {} ORDER BY "staff"."username"',
        *(center, Role.ADMINISTRATOR.value),
    )
    return tuple(
        StaffState(
            id=row["id"],
            username=row["username"],
            name=row["name"],
            role=row["role"],
            secret_hash=row["secret_hash"] or "",
            pin_hash=row["pin_hash"] or "",
        )
        for row in rows
    )


async def _services() -> tuple[ServiceState, ...]:
    rows = await fetch('SELECT * FROM "service" WHERE "active" ORDER BY "position", "code"')
    return tuple(
        ServiceState(
            id=row["id"],
            code=row["code"],
            name=row["name"],
            procedure_code=row["procedure_code"],
            summary=row["summary"],
            bring=row["bring"],
            minutes=row["minutes"],
        )
        for row in rows
    )


async def _keys() -> tuple[KeyState, ...]:
    rows = await fetch('SELECT * FROM "signing_key" ORDER BY "key_id"')
    return tuple(
        KeyState(
            key_id=row["key_id"],
            node=row["node"],
            public_key=row["public_key"],
            opened_at=row["opened_at"],
            closed_at=row["closed_at"],
        )
        for row in rows
    )


async def _holidays(now: datetime, rules: BookingRules) -> tuple[tuple[date, str], ...]:
    first = local_day(now)
    rows = await fetch(
        'SELECT "day", "name" FROM "holiday" WHERE "day" BETWEEN {} AND {} ORDER BY "day"',
        *(first, first + timedelta(days=rules.horizon_days)),
    )
    return tuple((row["day"], row["name"]) for row in rows)
