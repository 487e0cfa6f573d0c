"""Read the audit: who did what, when and from where, newest first, a page at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.audit import Action
from portal.domain.spanish_dates import LIMA

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry. ``cita`` is the id of the cita that it is about, with its code."""

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
    lines = tuple(_view(row) for row in rows[:PAGE])
    return AuditPage(lines, Place(lines[-1].at, lines[-1].id) if len(rows) > PAGE else None)


def _view(row: Row) -> AuditLine:
    details = row["details"]
    read = json.loads(details) if isinstance(details, str) else details
    return AuditLine(
        id=row["id"],
        at=row["at"],
        staff_name=str(row["staff_name"] or ""),
        action=Action(row["action"]),
        cita=row["appointment"] if row["code"] else None,
        cita_code=str(row["code"] or ""),
        subject=str(row["subject"]),
        origin=str(row["origin"]),
        details=tuple((str(name), str(value)) for name, value in read.items()),
    )
