"""What the staff may do beyond a citizen when it books: no notice, a consultor of choice, a document set free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.changing import cancel
from portal.domain.desk import DeskCita, select_desk_citas
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import ALLOWS, FREE, Agenda, Slot, SlotKey, last_day_on_offer
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import DocumentType


@dataclass(frozen=True, slots=True)
class DeskHold:
    """A seat that is kept while a person is asked for their details. Times are UTC."""

    token: str
    seat: UUID
    key: SlotKey
    consultant_name: str
    until: datetime
    extensions: int


def at_the_desk(rules: BookingRules) -> BookingRules:
    """The rules for staff: no notice (DOMAIN, windows)."""
    return replace(rules, notice=timedelta(0))


async def upcoming_slots(
    agenda: Agenda, first: date | None, consultant: UUID | None, now: datetime, rules: BookingRules, count: int = 24
) -> list[Slot]:
    """The nearest times with a free seat from now on, or from a local day on, at most ``count``, in order."""
    chosen, whom = ('AND "seat"."consultant" = {}', (consultant,)) if consultant else ("", ())
    rows = await fetch(
        'SELECT "seat"."day", "seat"."starts_at", count(*) AS "free" FROM "seat" '
        'WHERE "seat"."center" = {} AND "seat"."service" = {} AND "seat"."day" BETWEEN {} AND {} '
        f'AND "seat"."starts_at" >= {{}} AND {ALLOWS[agenda.modality]} AND {FREE} {chosen} '
        f'GROUP BY "seat"."day", "seat"."starts_at" ORDER BY "seat"."day", "seat"."starts_at" LIMIT {count:d}',
        *(agenda.center.id, agenda.service.id, max(first or local_day(now), local_day(now))),
        *(last_day_on_offer(now, rules), now + rules.notice, now, *whom),
    )
    return [Slot(agenda.key(row["starts_at"]), row["free"]) for row in rows]


async def find_active_cita(document_type: DocumentType, document_number: str, service: UUID) -> DeskCita | None:
    """The cita that keeps a person from another one for the service, or None (one active cita per person)."""
    found = await select_desk_citas(
        '"citizen"."document_type" = {} AND "citizen"."document_number" = {} AND "appointment"."service" = {} '
        "AND \"appointment\".\"state\" IN ('reserved', 'in_attention') "
        'AND NOT "appointment"."duplicate" AND NOT "appointment"."unrecorded"',
        *(document_type.value, document_number, service),
    )
    return found[0] if found else None


@transactional
async def free_document(cita: DeskCita, actor: Actor, now: datetime, rules: BookingRules) -> None:
    """Cancel the cita that keeps a person from another one, and write down who did.

    Raises TooLate when it has begun, NotReserved when it is no longer reserved.
    """
    await cancel(cita.code, now, rules, staff=actor.staff)
    await write_audit(actor, Action.DOCUMENT_FREED, now, appointment=cita.id)


async def find_desk_hold(token: str, modality: Modality) -> DeskHold | None:
    """The seat that a token still holds, also when its time ran out but nobody took it; None when it is gone."""
    rows = await fetch(
        'SELECT "seat"."id", "seat"."starts_at", "seat"."held_until", "seat"."hold_extensions", '
        '"center"."code" AS "center", "service"."code" AS "service", "staff"."name" AS "consultant_name" FROM "seat" '
        'JOIN "center" ON "center"."id" = "seat"."center" JOIN "service" ON "service"."id" = "seat"."service" '
        'JOIN "staff" ON "staff"."id" = "seat"."consultant" '
        'WHERE "seat"."hold_token" = {} AND "seat"."is_open" AND "seat"."appointment" IS NULL',
        token,
    )
    if not rows:
        return None
    row = rows[0]
    return DeskHold(
        token=token,
        seat=row["id"],
        key=SlotKey(row["service"], row["center"], modality, row["starts_at"]),
        consultant_name=row["consultant_name"],
        until=row["held_until"],
        extensions=row["hold_extensions"],
    )
