"""Whom no mail has told of a cita that comes up: "no se pudo avisar, llama a …" (PE-BT-01, activity 02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.database.node import fetch
from portal.domain.desk import DeskCita, select_desk_citas
from portal.domain.permissions import may_act, may_see, sees_all_centers
from portal.domain.staff import StaffView
from portal.domain.vocabulary import ContactOutcome, MessageKind

LONGEST_LIST: Final = 200
_LONGEST_SEARCH: Final = 600
"""Several mails to one person may have failed."""

_OVERDUE: Final = timedelta(minutes=30)
_SOON: Final = timedelta(hours=2)
"""A mail that still waits after so long is told of where its cita starts so soon."""

_TO_STAFF: Final = (MessageKind.QUESTION_FOR_STAFF, MessageKind.QUESTION_FORWARDED, MessageKind.UNATTENDED)


class Unreachable(StrEnum):
    """Why no mail told them."""

    NO_EMAIL = "no_email"
    FAILED = "failed"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Unreached:
    """A reserved cita whose owner has to be called. ``tries`` of calling that reached nobody, the last at that time."""

    cita: DeskCita
    why: Unreachable
    tries: int
    tried_at: datetime | None
    may_act: bool


async def list_unreached(staff: StaffView, now: datetime, center: UUID | None = None) -> list[Unreached]:
    """The citas ahead of the sedes that somebody may see, soonest first, until a call has reached their owner.

    Without e-mail they are on the list from when their reminder was due; otherwise from when a mail failed or came
    back, until a later one got through.
    """
    if center is None and not sees_all_centers(staff):
        center = staff.center
    reasons = await _find_reasons(now, center) if center is not None or sees_all_centers(staff) else {}
    if not reasons:
        return []
    citas = await select_desk_citas(f'"appointment"."id" IN ({", ".join("{}" for _ in reasons)})', *reasons)
    citas = [cita for cita in citas if may_see(staff, cita)][:LONGEST_LIST]
    tries = await _count_tries([cita.id for cita in citas])
    return [
        Unreached(
            cita,
            reasons[cita.id],
            len(tries.get(cita.id, ())),
            tries[cita.id][-1] if cita.id in tries else None,
            may_act(staff, cita, now),
        )
        for cita in citas
    ]


async def _find_reasons(now: datetime, center: UUID | None) -> dict[UUID, Unreachable]:
    """Who was not told, soonest first, and why; of several reasons the gravest. ``center`` None: over all sedes."""
    scope = 'AND "appointment"."center" = {} ' if center is not None else ""
    scope_values = [center] if center is not None else []
    without = await fetch(
        'SELECT "appointment"."id" FROM "appointment" WHERE "appointment"."state" = \'reserved\' '
        'AND "appointment"."starts_at" > {} AND "appointment"."email" = \'\' '
        f'AND "appointment"."reminded_at" IS NOT NULL AND NOT {_reached("reminded_at", "appointment")} '
        f'{scope}ORDER BY "appointment"."starts_at" LIMIT {LONGEST_LIST}',
        *(now, *scope_values),
    )
    failed = await fetch(
        'SELECT "appointment"."id", "outbox_message"."state" FROM "outbox_message" '
        'JOIN "appointment" ON "appointment"."id" = "outbox_message"."appointment" '
        "WHERE (\"outbox_message\".\"state\" IN ('failed', 'bounced') "
        'OR "outbox_message"."state" = \'expired\' AND "outbox_message"."last_error" = \'deadline\' '
        'OR "outbox_message"."state" IN (\'queued\', \'sending\') AND "outbox_message"."created_at" < {} '
        'AND "appointment"."starts_at" < {}) '
        f'AND "outbox_message"."kind" NOT IN ({_TO_STAFF_LIST}) '
        'AND "appointment"."state" = \'reserved\' AND "appointment"."starts_at" > {} '
        'AND NOT EXISTS (SELECT 1 FROM "outbox_message" "later" WHERE "later"."appointment" = "appointment"."id" '
        'AND "later"."state" = \'sent\' AND "later"."created_at" > "outbox_message"."created_at" '
        f'AND "later"."kind" NOT IN ({_TO_STAFF_LIST})) AND NOT {_reached("created_at", "outbox_message")} '
        f'{scope}ORDER BY "appointment"."starts_at" LIMIT {_LONGEST_SEARCH}',
        *(now - _OVERDUE, now + _SOON, now, *scope_values),
    )
    reasons = {row["id"]: Unreachable.NO_EMAIL for row in without}
    for row in sorted(failed, key=lambda row: _GRAVITY[row["state"]]):
        reasons[row["id"]] = _REASONS[row["state"]]
    return reasons


def _reached(since: str, table: str) -> str:
    """That a call has reached the owner since then, or showed that none ever will."""
    return (
        '(EXISTS (SELECT 1 FROM "contact_attempt" WHERE "contact_attempt"."appointment" = "appointment"."id" '
        f'AND "contact_attempt"."outcome" <> \'{ContactOutcome.NO_ANSWER}\' '
        f'AND "contact_attempt"."at" >= "{table}"."{since}"))'
    )


_TO_STAFF_LIST: Final = ", ".join(repr(kind.value) for kind in _TO_STAFF)
_REASONS: Final = {
    "queued": Unreachable.LATE,
    "sending": Unreachable.LATE,
    "expired": Unreachable.EXPIRED,
    "failed": Unreachable.FAILED,
    "bounced": Unreachable.BOUNCED,
}
_GRAVITY: Final = {state: place for place, state in enumerate(_REASONS)}


async def _count_tries(citas: list[UUID]) -> dict[UUID, list[datetime]]:
    """When each was tried in vain, oldest first."""
    if not citas:
        return {}
    rows = await fetch(
        'SELECT "appointment", "at" FROM "contact_attempt" '
        f'WHERE "outcome" = \'{ContactOutcome.NO_ANSWER}\' AND "appointment" IN ({", ".join("{}" for _ in citas)}) '
        'ORDER BY "at"',
        *citas,
    )
    tries: dict[UUID, list[datetime]] = {}
    for row in rows:
        tries.setdefault(row["appointment"], []).append(row["at"])
    return tries
