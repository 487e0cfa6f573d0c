"""The ledger of messages: each with its fate, for the staff of the sede that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.outbox import STILL_TRUE
from portal.domain.permissions import sees_all_centers
from portal.domain.spanish_dates import LIMA
from portal.domain.staff import StaffView
from portal.domain.vocabulary import MessageKind, MessageState, State

PAGE: Final = 100
LAST_PAGE: Final = 2_000


class Fate(StrEnum):
    """What became of a message; in doubt: its sender died while it was on its way, and it is sent once more."""

    WAITING = "waiting"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Messages queued on a local day; ``center`` among those that the reader may see. Pages count from 1."""

    day: date
    fate: Fate | None = None
    kind: MessageKind | None = None
    center: UUID | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A message. ``about`` is the person of the cita, or of the staff; ``error`` a short code. Times are UTC."""

    id: UUID
    kind: MessageKind
    fate: Fate
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    error: str
    recipient: str
    about: str
    appointment: UUID | None
    code: str
    starts_at: datetime | None
    may_resend: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """A page of the ledger, newest first, and how many of the day's messages met each fate."""

    lines: tuple[LedgerLine, ...]
    counts: dict[Fate, int]
    more: bool


RESENT_UNTIL_START: Final = frozenset(
    {MessageKind.CONFIRMATION, MessageKind.MOVE, MessageKind.CODE_AGAIN, MessageKind.REMINDER}
)
RESENT_UNTIL_END: Final = frozenset({MessageKind.INVITATION, MessageKind.TRANSFER})
RESENT: Final = (
    RESENT_UNTIL_START
    | RESENT_UNTIL_END
    | {
        MessageKind.CANCELLATION,
        MessageKind.ABANDONMENT,
        MessageKind.NOT_HELD,
        MessageKind.LINKS,
        MessageKind.QUESTION_RECEIVED,
        MessageKind.QUESTION_ANSWERED,
    }
)
"""What may be sent again by hand: what is written to citizens, but for the one reminder of the survey."""

_IN_DOUBT: Final = '"outbox_message"."state" = \'sending\' AND "outbox_message"."claimed_until" <= {}'
_WAITING: Final = (
    '("outbox_message"."state" = \'queued\' OR "outbox_message"."state" = \'sending\' '
    'AND "outbox_message"."claimed_until" > {})'
)
_JOINED: Final = (
    'FROM "outbox_message" LEFT JOIN "appointment" ON "appointment"."id" = "outbox_message"."appointment" '
    'LEFT JOIN "staff" ON "staff"."id" = "outbox_message"."staff"'
)


async def read_ledger(staff: StaffView, query: LedgerQuery, now: datetime) -> Ledger:
    """What somebody of the staff may see of a day: of their sede, a consultor of mails about work only the own."""
    whose, values = _scope(staff, query)
    conditions, filters = [whose], list(values)
    if query.kind is not None:
        conditions.append('"outbox_message"."kind" = {}')
        filters.append(query.kind.value)
    if query.fate is not None:
        condition, given = _of_fate(query.fate, now)
        conditions.append(condition)
        filters += given
    rows = await fetch(
        'SELECT "outbox_message"."id", "outbox_message"."kind", "outbox_message"."state", '
        '"outbox_message"."claimed_until", "outbox_message"."created_at", "outbox_message"."due_at", '
        '"outbox_message"."sent_at", "outbox_message"."attempts", "outbox_message"."last_error", '
        '"outbox_message"."recipient", "outbox_message"."appointment", "appointment"."code", '
        '"appointment"."state" AS "cita_state", "appointment"."starts_at", "appointment"."ends_at", '
        '"appointment"."consultant", "appointment"."email", "appointment"."given_names", '
        '"appointment"."first_surname", "appointment"."second_surname", "staff"."name" '
        f"{_JOINED} WHERE {' AND '.join(conditions)} "
        'ORDER BY "outbox_message"."created_at" DESC, "outbox_message"."id" LIMIT {} OFFSET {}',
        *(*filters, PAGE + 1, PAGE * (query.page - 1)),
    )
    lines = tuple(_line(row, staff, now) for row in rows[:PAGE])
    return Ledger(lines, await _count(whose, values, now), more=len(rows) > PAGE)


def _scope(staff: StaffView, query: LedgerQuery) -> tuple[str, list[object]]:
    begins = datetime.combine(query.day, time(), LIMA)
    condition = '"outbox_message"."created_at" >= {} AND "outbox_message"."created_at" < {}'
    values: list[object] = [begins, begins + timedelta(days=1)]
    if not sees_all_centers(staff):
        condition += ' AND ("appointment"."center" = {} OR "outbox_message"."staff" = {}'
        condition += ' OR "staff"."center" = {})' if staff.steers else ")"
        values += [staff.center, staff.id, *([staff.center] if staff.steers else [])]
    if query.center is not None:
        condition += ' AND ("appointment"."center" = {} OR "staff"."center" = {})'
        values += [query.center, query.center]
    return condition, values


def _of_fate(fate: Fate, now: datetime) -> tuple[str, list[object]]:
    match fate:
        case Fate.WAITING:
            return _WAITING, [now]
        case Fate.IN_DOUBT:
            return _IN_DOUBT, [now]
        case _:
            return '"outbox_message"."state" = {}', [fate.value]


async def _count(whose: str, values: list[object], now: datetime) -> dict[Fate, int]:
    rows = await fetch(
        f"SELECT CASE WHEN {_IN_DOUBT} THEN 'in_doubt' WHEN \"outbox_message\".\"state\" IN ('queued', 'sending') "
        f'THEN \'waiting\' ELSE "outbox_message"."state" END AS "fate", count(*) AS "number" {_JOINED} '
        f"WHERE {whose} GROUP BY 1",
        *(now, *values),
    )
    found = {Fate(row["fate"]): int(row["number"]) for row in rows}
    return {fate: found[fate] for fate in Fate if fate in found}


def _line(row: Row, staff: StaffView, now: datetime) -> LedgerLine:
    names = (row["given_names"], row["first_surname"], row["second_surname"])
    fate = _fate(row, now)
    return LedgerLine(
        id=row["id"],
        kind=MessageKind(row["kind"]),
        fate=fate,
        created_at=row["created_at"],
        due_at=row["due_at"],
        sent_at=row["sent_at"],
        attempts=row["attempts"],
        error=row["last_error"],
        recipient=row["recipient"],
        about=" ".join(name for name in names if name) or row["name"] or "",
        appointment=row["appointment"],
        code=row["code"] or "",
        starts_at=row["starts_at"],
        may_resend=_may_resend(row, fate, now) and (staff.steers or row["consultant"] == staff.id),
    )


def _fate(row: Row, now: datetime) -> Fate:
    state = MessageState(row["state"])
    if state is MessageState.SENDING and row["claimed_until"] <= now:
        return Fate.IN_DOUBT
    return Fate.WAITING if state in (MessageState.QUEUED, MessageState.SENDING) else Fate(state.value)


def _may_resend(row: Row, fate: Fate, now: datetime) -> bool:
    kind = MessageKind(row["kind"])
    if kind not in RESENT or fate in (Fate.WAITING, Fate.IN_DOUBT) or not row["email"]:
        return False
    return State(row["cita_state"]) in STILL_TRUE[kind] and now < resent_until(
        kind, row["starts_at"], row["ends_at"], now
    )


def resent_until(kind: MessageKind, starts_at: datetime, ends_at: datetime, now: datetime) -> datetime:
    """Until when a message of that kind is worth sending again; what is no news of a time always is."""
    if kind in RESENT_UNTIL_START:
        return starts_at
    return ends_at if kind in RESENT_UNTIL_END else now + timedelta(days=3)
