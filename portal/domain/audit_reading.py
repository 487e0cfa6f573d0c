"""Read the audit: who did what, when and from where, newest first, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.audit import Action
from portal.domain.spanish_dates import LIMA

PAGE: Final = 50
_ABOUT_KIOSKS: Final = (Action.KIOSK_CHANGED, Action.LEASES_CHANGED, Action.PAUSE_WAIVED, Action.ENTRY_SETTLED)


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry. ``cita`` is the id of the cita that it is about, with its code. ``subject`` is what else it is about:
    a kiosk or a sede by its name as it is now.
    """

    id: UUID
    at: datetime
    staff_name: str
    action: Action
    cita: UUID | None
    cita_code: str
    subject: str
    origin: str
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the audit ends: the moment and the id of its last entry."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries: of these local days, both included, of one person or action where given, older than ``after``."""

    first: date
    last: date
    staff: UUID | None = None
    action: Action | None = None
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries; ``older`` is where the next page begins, None on the last one."""

    lines: tuple[AuditLine, ...]
    older: Place | None


async def read_audit(query: AuditQuery) -> AuditPage:
    """A page of the audit."""
    conditions = ['"audit_entry"."at" >= {}', '"audit_entry"."at" < {}']
    values: list[object] = [
        datetime.combine(query.first, time(), tzinfo=LIMA),
        datetime.combine(query.last + timedelta(days=1), time(), tzinfo=LIMA),
    ]
    for column, value in (("staff", query.staff), ("action", query.action and query.action.value)):
        if value is not None:
            conditions.append(f'"audit_entry"."{column}" = {{}}')
            values.append(value)
    if query.after is not None:
        conditions.append('("audit_entry"."at" < {} OR ("audit_entry"."at" = {} AND "audit_entry"."id" < {}))')
        values += [query.after.at, query.after.at, query.after.id]
    rows = await fetch(
        'SELECT "audit_entry"."id", "audit_entry"."at", "audit_entry"."action", "audit_entry"."appointment", '
        '"audit_entry"."subject", "audit_entry"."origin", "audit_entry"."details", "staff"."name" AS "staff_name", '
        '"appointment"."code" FROM "audit_entry" LEFT JOIN "staff" ON "staff"."id" = "audit_entry"."staff" '
        'LEFT JOIN "appointment" ON "appointment"."id" = "audit_entry"."appointment" '
        f'WHERE {" AND ".join(conditions)} ORDER BY "audit_entry"."at" DESC, "audit_entry"."id" DESC LIMIT {PAGE + 1}',
        *values,
    )
    names = await _name_places(rows[:PAGE])
    lines = tuple(_view(row, names) for row in rows[:PAGE])
    return AuditPage(lines, Place(lines[-1].at, lines[-1].id) if len(rows) > PAGE else None)


async def _name_places(rows: Sequence[Row]) -> dict[str, str]:
    """The names of the kiosks and sedes that these entries have as ids: kiosks, sedes, entries of a kiosk's log."""
    ids = sorted({row["subject"] for row in rows if row["action"] in _ABOUT_KIOSKS and row["subject"]})
    if not ids:
        return {}
    given = [UUID(id_) for id_ in ids]
    marks = ", ".join("{}" for _ in given)
    of_kiosk = 'JOIN "center" ON "center"."id" = "kiosk"."center"'
    found = await fetch(
        'SELECT "kiosk"."id", "kiosk"."name" AS "kiosk_name", "center"."name" AS "center_name" '
        f'FROM "kiosk" {of_kiosk} WHERE "kiosk"."id" IN ({marks}) '
        f'UNION ALL SELECT "id", \'\', "name" FROM "center" WHERE "id" IN ({marks}) '
        'UNION ALL SELECT "kiosk_entry"."id", "kiosk"."name", "center"."name" FROM "kiosk_entry" '
        f'JOIN "kiosk" ON "kiosk"."id" = "kiosk_entry"."kiosk" {of_kiosk} WHERE "kiosk_entry"."id" IN ({marks})',
        *(given * 3),
    )
    return {
        str(row["id"]): f"{row['kiosk_name']} ({row['center_name']})" if row["kiosk_name"] else row["center_name"]
        for row in found
    }


def _view(row: Row, names: Mapping[str, str]) -> AuditLine:
    details = row["details"]
    read = json.loads(details) if isinstance(details, str) else details
    return AuditLine(
        id=row["id"],
        at=row["at"],
        staff_name=str(row["staff_name"] or ""),
        action=Action(row["action"]),
        cita=row["appointment"] if row["code"] else None,
        cita_code=str(row["code"] or ""),
        subject=names.get(row["subject"], str(row["subject"])),
        origin=str(row["origin"]),
        details=tuple((str(name), str(value)) for name, value in read.items()),
    )
