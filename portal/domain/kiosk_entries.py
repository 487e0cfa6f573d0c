"""Entries of kiosks' logs that somebody has to look at, and what they say beside the person that they are about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.kiosk_log import Outcome
from portal.domain.kiosk_sales import Remark
from portal.domain.permissions import sees_all_centers
from portal.domain.staff import StaffView

_MOST_SETTLED: Final = 30
_SHOWN_BY_THE_CITA: Final = (Remark.DISPLACED.value, Remark.DUPLICATE.value)
"""Such entries are dealt with by their cita, which is listed as long as it is so."""


class DeedKind(StrEnum):
    """What an entry does, as it says itself."""

    SALE = "sale"
    CANCELLATION = "cancel"
    MOVE = "move"
    RELEASE = "release"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """The raw facts of an entry without its person: texts as they came, cut; empty where it says nothing.

    ``printed_code`` stands on the paper of what it sold, if it sold.
    """

    kind: DeedKind
    code: str
    lease: str
    seat: str
    service: str
    modality: str
    starts_at: str
    printed_code: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as the office sees it. ``number`` is below 0 for one that was handed in beside the kiosk's own log."""

    id: UUID
    kiosk_name: str
    center_name: str
    number: int
    hash: str
    made_at: datetime
    received_at: datetime
    outcome: Outcome
    remark: Remark | None
    appointment: UUID | None
    facts: EntryFacts
    settled_at: datetime | None
    settled_by: str


_SELECT = (
    'SELECT "kiosk_entry"."id", "kiosk"."name" AS "kiosk_name", "center"."name" AS "center_name", '
    '"kiosk_entry"."number", "kiosk_entry"."hash", "kiosk_entry"."body", "kiosk_entry"."made_at", '
    '"kiosk_entry"."received_at", "kiosk_entry"."outcome", "kiosk_entry"."remark", "kiosk_entry"."appointment", '
    '"kiosk_entry"."settled_at", "staff"."name" AS "settled_by" FROM "kiosk_entry" '
    'JOIN "kiosk" ON "kiosk"."id" = "kiosk_entry"."kiosk" JOIN "center" ON "center"."id" = "kiosk"."center" '
    'LEFT JOIN "staff" ON "staff"."id" = "kiosk_entry"."settled_by"'
)
_LISTED = '"kiosk_entry"."outcome" <> \'applied\''


async def count_entries(staff: StaffView) -> int:
    """How many entries nobody has dealt with yet, of the sedes that this person sees."""
    where, values = _of(staff)
    [row] = await fetch(
        'SELECT count(*) AS "number" FROM "kiosk_entry" JOIN "kiosk" ON "kiosk"."id" = "kiosk_entry"."kiosk" '
        f'WHERE {_LISTED} AND "kiosk_entry"."settled_at" IS NULL '
        f'AND "kiosk_entry"."remark" NOT IN ({{}}, {{}}) {where}',
        *(*_SHOWN_BY_THE_CITA, *values),
    )
    return int(row["number"])


async def list_waiting(staff: StaffView) -> list[EntryView]:
    """The entries that nobody has dealt with yet, of the sedes that this person sees, the oldest first."""
    where, values = _of(staff)
    rows = await fetch(
        f'{_SELECT} WHERE {_LISTED} AND "kiosk_entry"."settled_at" IS NULL '
        f'AND "kiosk_entry"."remark" NOT IN ({{}}, {{}}) {where} '
        'ORDER BY "kiosk_entry"."received_at", "kiosk_entry"."number"',
        *(*_SHOWN_BY_THE_CITA, *values),
    )
    return [_view(row) for row in rows]


async def list_settled(staff: StaffView) -> list[EntryView]:
    """The latest that somebody has dealt with."""
    where, values = _of(staff)
    rows = await fetch(
        f'{_SELECT} WHERE {_LISTED} AND "kiosk_entry"."settled_at" IS NOT NULL {where} '
        f'ORDER BY "kiosk_entry"."settled_at" DESC LIMIT {_MOST_SETTLED:d}',
        *values,
    )
    return [_view(row) for row in rows]


async def read_printed_codes(citas: Collection[UUID]) -> dict[UUID, str]:
    """Of these citas, those that got a new code, with the one on their paper, which is another cita's; empty where it
    cannot be read.
    """
    if not citas:
        return {}
    rows = await fetch(
        f'SELECT "appointment", "body" FROM "kiosk_entry" WHERE "appointment" IN ({", ".join("{}" for _ in citas)}) '
        'AND "remark" = {}',
        *(*citas, Remark.NEW_CODE.value),
    )
    return {row["appointment"]: read_facts(bytes(row["body"])).printed_code for row in rows}


async def find_center_of_entry(entry: UUID) -> UUID | None:
    """The sede of an entry's kiosk, or None."""
    rows = await fetch(
        'SELECT "kiosk"."center" FROM "kiosk_entry" JOIN "kiosk" ON "kiosk"."id" = "kiosk_entry"."kiosk" '
        f'WHERE "kiosk_entry"."id" = {{}} AND {_LISTED}',
        entry,
    )
    found: UUID | None = rows[0]["center"] if rows else None
    return found


@transactional
async def settle(entry: UUID, actor: Actor, now: datetime) -> bool:
    """Somebody has dealt with it. False when somebody else did before."""
    rows = await fetch(
        'UPDATE "kiosk_entry" SET "settled_at" = {}, "settled_by" = {} WHERE "id" = {} AND "settled_at" IS NULL '
        f'AND {_LISTED} RETURNING "id"',
        *(now, actor.staff, entry),
    )
    if rows:
        await write_audit(actor, Action.ENTRY_SETTLED, now, subject=str(entry))
    return bool(rows)


async def settle_entries_of(appointment: UUID, actor: Actor, now: datetime) -> None:
    """Inside a transaction: the cita has a seat again, so what was listed for it is dealt with."""
    await fetch(
        'UPDATE "kiosk_entry" SET "settled_at" = {}, "settled_by" = {} WHERE "appointment" = {} '
        f'AND "settled_at" IS NULL AND {_LISTED} AND "remark" = {{}}',
        *(now, actor.staff, appointment, Remark.DISPLACED.value),
    )


def read_facts(body: bytes) -> EntryFacts:
    """What an entry says of itself, however spoilt, without the person."""
    try:
        raw = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raw = None
    deed = _dict(_dict(raw).get("deed"))
    sale = _dict(deed.get("sale")) or deed
    try:
        kind = DeedKind(str(deed.get("type")))
    except ValueError:
        kind = DeedKind.UNKNOWN
    return EntryFacts(
        kind=kind,
        code=_text(deed.get("code")),
        lease=_text(sale.get("lease")),
        seat=_text(sale.get("seat")),
        service=_text(sale.get("service")),
        modality=_text(sale.get("modality")),
        starts_at=_text(sale.get("starts_at")),
        printed_code=_text(sale.get("code")) if sale.get("lease") else "",
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """Ids, codes and times only: whatever else stands in their place is not shown."""
    short = isinstance(value, str) and len(value) <= 40
    return value if short and all(letter.isalnum() or letter in "-:.+_" for letter in value) else ""


def _of(staff: StaffView) -> tuple[str, tuple[object, ...]]:
    return ("", ()) if sees_all_centers(staff) else ('AND "kiosk"."center" = {}', (staff.center,))


def _view(row: Row) -> EntryView:
    values = {name: value for name, value in row.items() if name != "body"}
    return EntryView(
        **{
            **values,
            "outcome": Outcome(row["outcome"]),
            "remark": Remark(row["remark"]) if row["remark"] else None,
            "settled_by": row["settled_by"] or "",
        },
        facts=read_facts(bytes(row["body"])),
    )
