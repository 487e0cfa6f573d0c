"""The audit of what is done and looked at where a kiosk stands. Its name is the origin; details stay codes and ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from portal.database.node import fetch
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.exchange import Look, LookKind

_ACTIONS: Final[Mapping[str, Action]] = {
    LookKind.AGENDA: Action.AGENDA_SEEN,
    LookKind.SEARCH: Action.KIOSK_SEARCHED,
    LookKind.CITA: Action.CITA_SEEN,
    LookKind.SLIP: Action.SLIP_PRINTED,
    LookKind.SHEET: Action.REPORT_MADE,
}


async def audit_booking(kiosk: UUID, staff: UUID, at: datetime, appointment: UUID) -> None:
    """Inside the transaction that applies an entry of the log: who booked at the desk, and when."""
    await write_audit(Actor(staff, await _name_of(kiosk)), Action.CITA_BOOKED, at, appointment=appointment)


async def audit_change(kiosk: UUID, staff: UUID, at: datetime, appointment: UUID, step: str) -> None:
    """The same of who cancelled or moved a cita."""
    await write_audit(Actor(staff, await _name_of(kiosk)), Action.CITA_CHANGED, at, appointment=appointment, step=step)


async def take_looks(kiosk: UUID, looks: Sequence[Look], now: datetime) -> int:
    """Put looks on record, inside the exchange's transaction; told again they stay what they are.

    Returns the number of the last one, 0 without any.
    """
    if not looks:
        return 0
    name = await _name_of(kiosk)
    people = {row["id"] for row in await fetch('SELECT "id" FROM "staff"')}
    for look in looks:
        # A restored portal may not know somebody yet; that something was looked at is on record all the same.
        known = look.staff in people
        actor = Actor(look.staff if known else None, name, session=f"{kiosk.hex[:16]}{look.staff.hex[:16]}")
        await write_audit(
            actor,
            _ACTIONS.get(look.kind, Action.KIOSK_SEARCHED),  # a kind of a later version
            min(look.at, now),
            appointment=look.appointment,
            subject="" if known else str(look.staff),
            once=look.kind in (LookKind.AGENDA, LookKind.CITA),
            entry=look.id,
        )
    return max(look.number for look in looks)


async def _name_of(kiosk: UUID) -> str:
    rows = await fetch('SELECT "name" FROM "kiosk" WHERE "id" = {}', kiosk)
    return str(rows[0]["name"]) if rows else ""
