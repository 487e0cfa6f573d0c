"""Visits: a browser on its way to a cita, with the seat it holds and what was typed so far.

The browser knows its visit by a random cookie; the database keeps the cookie's hash, so that who reads the database
cannot take over a visit. A visit begins when a seat is held, lasts two hours from the last step, and every worker and
machine sees it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from portal.database.engine import Row
from portal.database.node import Write, fetch, write_along
from portal.domain.modality import Modality
from portal.domain.people import Person
from portal.domain.slots import SlotKey

LASTS: Final = timedelta(hours=2)
_COOKIE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Sent:
    """The form as it was read when it was sent whole, so that the steps after it need not read it again.

    ``at`` (UTC) is also when the privacy notice was accepted.
    """

    at: datetime
    person: Person
    promotions: bool
    document_looks_mistyped: bool

    @property
    def version(self) -> str:
        """Another one each time that the form is sent."""
        return self.at.isoformat()


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed into the form of ``/reservar/datos``, as it was typed; fields are named as in the form.

    ``sent`` is None until the form is complete and right.
    """

    tipo_documento: str = ""
    numero_documento: str = ""
    nombres: str = ""
    apellido_paterno: str = ""
    apellido_materno: str = ""
    fecha_nacimiento: str = ""
    correo: str = ""
    celular: str = ""
    ubigeo: str = ""
    atencion_preferente: str = ""
    idioma: str = ""
    motivo: str = ""
    aviso_privacidad: str = ""
    acepta_promociones: str = ""
    sent: Sent | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A seat kept for a browser. Past ``until`` (UTC) the seat is anybody's, but still ours while nobody took it."""

    token: str
    key: SlotKey
    service_name: str
    center_name: str
    center_address: str
    until: datetime
    extensions: int

    def has_run_out(self, now: datetime) -> bool:
        """Whether its time is over."""
        return now >= self.until


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as it was found. ``expires_at`` is aware UTC.

    ``key`` is the time of its seat, None when there is no such seat; ``hold`` is None once the seat is somebody else's
    or closed.
    """

    hold_token: str
    seat: UUID
    modality: Modality
    draft: Draft
    expires_at: datetime
    key: SlotKey | None
    hold: Hold | None


_decode_draft = msgspec.json.Decoder(Draft).decode
_encode_draft = msgspec.json.Encoder().encode


def new_cookie() -> str:
    """A value for the cookie of a visit that is about to begin; nobody can guess it."""
    return secrets.token_urlsafe(_COOKIE_BYTES)


async def find_visit(cookie: str, now: datetime) -> Visit | None:
    """The visit that a cookie names, with its seat, unless there is none or it is over. Changes nothing."""
    if not cookie:
        return None
    # One question for every page of the walk: the visit, whose seat it is by now, and where that is.
    rows = await fetch(
        'SELECT "visit"."hold_token", "visit"."seat", "visit"."modality", "visit"."draft", "visit"."expires_at", '
        '"seat"."hold_token" AS "holder", "seat"."is_open", "seat"."starts_at", "seat"."held_until", '
        '"seat"."hold_extensions", "service"."code" AS "service", "service"."name" AS "service_name", '
        '"center"."code" AS "center", "center"."name" AS "center_name", "center"."address" AS "center_address" '
        'FROM "visit" LEFT JOIN "seat" ON "seat"."id" = "visit"."seat" '
        'LEFT JOIN "center" ON "center"."id" = "seat"."center" '
        'LEFT JOIN "service" ON "service"."id" = "seat"."service" '
        'WHERE "visit"."key" = {} AND "visit"."expires_at" > {}',
        _key(cookie),
        now,
    )
    if not rows or rows[0]["seat"] is None:
        return None
    row = rows[0]
    modality = Modality(row["modality"])
    key = SlotKey(row["service"], row["center"], modality, row["starts_at"]) if row["starts_at"] else None
    return Visit(
        hold_token=row["hold_token"],
        seat=row["seat"],
        modality=modality,
        draft=_decode_draft(row["draft"]),
        expires_at=row["expires_at"],
        key=key,
        hold=_read_hold(row, key) if key and row["is_open"] and row["holder"] == row["hold_token"] else None,
    )


def _read_hold(row: Row, key: SlotKey) -> Hold:
    return Hold(
        token=row["hold_token"],
        key=key,
        service_name=row["service_name"],
        center_name=row["center_name"],
        center_address=row["center_address"],
        until=row["held_until"],
        extensions=row["hold_extensions"],
    )


_BEGIN = 'INSERT INTO "visit" ("key", "hold_token", "modality", "draft", "expires_at", "seat") '


async def remember_hold(cookie: str, hold_token: str, seat: UUID, modality: Modality, now: datetime) -> None:
    """Begin the visit with the seat that is held, or note that it holds another one now; what was typed stays."""
    await fetch(
        f"{_BEGIN} VALUES ({{}}, {{}}, {{}}, {{}}, {{}}, {{}}) "
        'ON CONFLICT ("key") DO UPDATE SET "hold_token" = excluded."hold_token", "seat" = excluded."seat", '
        '"modality" = excluded."modality", "expires_at" = excluded."expires_at"',
        *(_key(cookie), hold_token, modality.value, "{}", now + LASTS, seat),
    )


def visit_begun(cookie: str, hold_token: str, modality: Modality, now: datetime, *, held: str, name: str) -> Write:
    """The write of a new visit whose seat is what the write named ``held`` returns; returns the seat."""
    return Write(
        f'{_BEGIN} SELECT {{}}, {{}}, {{}}, {{}}, {{}}, "{held}"."id" FROM "{held}" RETURNING "seat"',
        (_key(cookie), hold_token, modality.value, "{}", now + LASTS),
        name,
    )


async def save_draft(cookie: str, draft: Draft, now: datetime) -> None:
    """Keep what was typed, and the visit for two more hours."""
    await fetch(
        'UPDATE "visit" SET "draft" = {}, "expires_at" = {} WHERE "key" = {} AND "expires_at" > {}',
        _encode_draft(draft).decode(),
        now + LASTS,
        _key(cookie),
        now,
    )


async def send_draft(cookie: str, draft: Draft, now: datetime) -> bool:
    """Keep a draft, and the visit for two more hours, if its seat is still held; whether it is."""
    # The commonest step of the walk, therefore one statement.
    rows = await fetch(
        'UPDATE "visit" SET "draft" = {}, "expires_at" = {} WHERE "key" = {} AND "expires_at" > {} '
        'AND EXISTS (SELECT 1 FROM "seat" WHERE "seat"."id" = "visit"."seat" AND "seat"."is_open" '
        'AND "seat"."hold_token" = "visit"."hold_token") RETURNING "key"',
        *(_encode_draft(draft).decode(), now + LASTS, _key(cookie), now),
    )
    return bool(rows)


async def drop_draft(cookie: str) -> None:
    """Forget what was typed. Belongs into the transaction that writes it elsewhere."""
    write = draft_dropped(cookie)
    await write_along(write.sql, *write.values)


def draft_dropped(cookie: str) -> Write:
    """The write of ``drop_draft``."""
    return Write('UPDATE "visit" SET "draft" = {} WHERE "key" = {}', ("{}", _key(cookie)))


async def stay(cookie: str, now: datetime) -> None:
    """Keep the visit for two more hours from now, e.g. when somebody asks for more time."""
    await fetch(
        'UPDATE "visit" SET "expires_at" = {} WHERE "key" = {} AND "expires_at" > {}', now + LASTS, _key(cookie), now
    )


async def purge_visits(now: datetime) -> None:
    """Delete visits that are over, with what was typed in them."""
    await fetch('DELETE FROM "visit" WHERE "expires_at" <= {}', now)


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
