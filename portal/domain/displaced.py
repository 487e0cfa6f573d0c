"""Citas that were printed and lost their seat, and people with two (ARCHITECTURE, rule 6): a printed slip is a promise,
so somebody finds each a seat again, as near as there is one, or ends the one too many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.desk import DeskCita, select_desk_citas
from portal.domain.desk_booking import at_the_desk
from portal.domain.errors import DomainError
from portal.domain.events import record_event
from portal.domain.kiosk_entries import count_entries, settle_entries_of
from portal.domain.modality import Modality
from portal.domain.notices import add_notice, queue_message
from portal.domain.permissions import sees_all_centers
from portal.domain.reminders import told_at_once
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, FREE, SlotKey, last_day_on_offer
from portal.domain.staff import StaffView
from portal.domain.video import new_room
from portal.domain.vocabulary import EventKind, MessageKind

SEATED: Final = "seat"
"""What the mail about a cita that got another seat is queued with: its code stays."""

_SEATS_TRIED: Final = 20
_ACTIVE: Final = "\"appointment\".\"state\" IN ('reserved', 'in_attention')"


class Unseated(StrEnum):
    """Why a cita got no seat; the words are in the pages' catalogue."""

    TAKEN = "taken"
    NONE_FREE = "none_free"
    NO_LONGER = "no_longer"


class NotSeated(DomainError):
    """The cita got no seat, and why."""

    def __init__(self, why: Unseated) -> None:
        super().__init__(f"the cita got no seat: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class Twice:
    """A cita of somebody who has another one for the service; ``other`` is that one, while it is active."""

    cita: DeskCita
    other: DeskCita | None


async def count_to_settle(staff: StaffView) -> int:
    """How many citas and entries of kiosks wait for this person to decide; both counts read small indexes alone."""
    if not staff.steers:
        return 0
    where, values = _of(staff)
    [row] = await fetch(
        'SELECT count(*) AS "number" FROM "appointment" '
        f'WHERE ("appointment"."displaced" OR "appointment"."duplicate") AND {_ACTIVE} {where}',
        *values,
    )
    return int(row["number"]) + await count_entries(staff)


async def list_displaced(staff: StaffView) -> list[DeskCita]:
    """The citas without a seat, of the sedes that this person sees, by start."""
    where, values = _of(staff)
    return await select_desk_citas(f'"appointment"."displaced" AND {_ACTIVE} {where}', *values)


async def list_twice(staff: StaffView) -> list[Twice]:
    """The citas that are one too many, each with the other one."""
    where, values = _of(staff)
    found = await select_desk_citas(f'"appointment"."duplicate" AND {_ACTIVE} {where}', *values)
    return [Twice(cita, await _other_of(cita)) for cita in found]


async def _other_of(cita: DeskCita) -> DeskCita | None:
    others = await select_desk_citas(
        f'{_ACTIVE} AND NOT "appointment"."duplicate" AND "appointment"."id" <> {{}} '
        'AND "appointment"."service" = (SELECT "service" FROM "appointment" WHERE "id" = {}) '
        'AND "appointment"."citizen" = (SELECT "citizen" FROM "appointment" WHERE "id" = {})',
        *(cita.id, cita.id, cita.id),
    )
    return others[0] if others else None


async def seat_again(
    cita: UUID, key: SlotKey | None, actor: Actor, now: datetime, rules: BookingRules
) -> tuple[datetime, str]:
    """Give a displaced cita a free seat: of ``key``, or the nearest to its own time of the same service, sede and
    modality. It keeps its code; its owner is told. Returns the start (UTC) and the consultor's name. Raises NotSeated.
    """
    rows = await fetch(
        'SELECT "service", "center", "modality", "starts_at" FROM "appointment" '
        'WHERE "id" = {} AND "displaced" AND "state" = \'reserved\'',
        cita,
    )
    if not rows:
        raise NotSeated(Unseated.NO_LONGER)
    modality = Modality(rows[0]["modality"]) if key is None else key.modality
    seats = await _candidates(rows[0], modality, key, now, at_the_desk(rules))
    for seat in seats:
        seated = await _seat(cita, seat, modality, actor, now, rules)
        if seated is not None:
            return seated
    raise NotSeated(Unseated.NONE_FREE if key is None else Unseated.TAKEN)


async def _candidates(
    wanted: Row, modality: Modality, key: SlotKey | None, now: datetime, rules: BookingRules
) -> list[UUID]:
    """Free seats of its service and sede: those of a time, or the nearest to its own, before and after."""
    of_cita = (
        f'"seat"."center" = {{}} AND "seat"."service" = {{}} AND {ALLOWS[modality]} AND {FREE} '
        'AND "seat"."starts_at" > {} AND "seat"."day" <= {}'
    )
    given = (wanted["center"], wanted["service"], now, now, last_day_on_offer(now, rules))
    if key is not None:
        rows = await fetch(
            f'SELECT "seat"."id" FROM "seat" WHERE {of_cita} AND "seat"."starts_at" = {{}} ORDER BY "seat"."id"',
            *(*given, key.starts_at),
        )
        return [row["id"] for row in rows]
    found: list[Row] = []
    for comparison, order in (("<=", "DESC"), (">", "ASC")):
        found += await fetch(
            f'SELECT "seat"."id", "seat"."starts_at" FROM "seat" WHERE {of_cita} '
            f'AND "seat"."starts_at" {comparison} {{}} ORDER BY "seat"."starts_at" {order}, "seat"."id" '
            f"LIMIT {_SEATS_TRIED:d}",
            *(*given, wanted["starts_at"]),
        )
    return [seat["id"] for seat in sorted(found, key=lambda seat: abs(seat["starts_at"] - wanted["starts_at"]))]


@transactional
async def _seat(
    cita: UUID, seat: UUID, modality: Modality, actor: Actor, now: datetime, rules: BookingRules
) -> tuple[datetime, str] | None:
    """One attempt with one seat: None when it was taken meanwhile. Raises NotSeated when the cita needs none."""
    # The cita first: of several who press at once, the others wait here and find it seated.
    if not await fetch(
        'UPDATE "appointment" SET "displaced" = "displaced" WHERE "id" = {} AND "displaced" '
        'AND "state" = \'reserved\' RETURNING "id"',
        cita,
    ):
        raise NotSeated(Unseated.NO_LONGER)
    taken = await fetch(
        f'UPDATE "seat" SET "appointment" = {{}}, "hold_token" = NULL, "held_until" = NULL WHERE "seat"."id" = {{}} '
        f'AND {ALLOWS[modality]} AND {FREE} RETURNING "consultant", "starts_at", "ends_at"',
        *(cita, seat, now),
    )
    if not taken:
        return None
    starts_at = taken[0]["starts_at"]
    told = told_at_once(starts_at, now, rules)
    moved = await fetch(
        'UPDATE "appointment" SET "seat" = {}, "displaced" = {}, "consultant" = {}, "starts_at" = {}, "ends_at" = {}, '
        '"modality" = {}, "meet_link" = {}, "notified_at" = {}, "reminded_at" = {}, "invited_at" = NULL, '
        '"calendar_sequence" = "calendar_sequence" + 1 '
        'WHERE "id" = {} RETURNING "email", "calendar_sequence"',
        *(seat, False, taken[0]["consultant"], starts_at, taken[0]["ends_at"], modality.value),
        *(new_room(rules, modality), told, told, cita),
    )
    # A colleague who had taken the old time over has no part in the new one.
    await fetch('UPDATE "attention" SET "attended_by" = NULL WHERE "appointment" = {}', cita)
    await record_event(cita, EventKind.SEATED, now, staff=actor.staff)
    await add_notice(cita, MessageKind.MOVE, now)
    dedupe = f"{SEATED}:{moved[0]['calendar_sequence']}"
    await queue_message(cita, MessageKind.MOVE, moved[0]["email"], now, starts_at, dedupe)
    await settle_entries_of(cita, actor, now)
    await write_audit(actor, Action.CITA_CHANGED, now, appointment=cita, step="reubicar")
    [staff] = await fetch('SELECT "name" FROM "staff" WHERE "id" = {}', taken[0]["consultant"])
    return starts_at, staff["name"]


def _of(staff: StaffView) -> tuple[str, tuple[object, ...]]:
    return ("", ()) if sees_all_centers(staff) else ('AND "appointment"."center" = {}', (staff.center,))
