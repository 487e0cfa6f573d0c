"""Hand a cita to another consultor of its sede. Its seat stays where it was: it has no second one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.database.node import fetch, transactional
from portal.domain.attention_invitation import link_of, tell_of_link
from portal.domain.attention_record import hold_active, open_record
from portal.domain.errors import ConsultantBusy, ConsultantUnfit, NotReserved
from portal.domain.events import record_event
from portal.domain.modality import Modality
from portal.domain.vocabulary import EventKind, Role, State


@transactional
async def transfer(
    appointment: UUID, staff: UUID, former: UUID, to: UUID, now: datetime, *, although_busy: bool = False
) -> None:
    """Hand an active cita over, from the consultor ``former`` that the page showed; the mail tells of another link.

    ``although_busy`` is the explicit choice of somebody who has another cita at that time. Raises ConsultantBusy,
    ConsultantUnfit, NotReserved (also when it was transferred meanwhile), AppointmentUnknown.
    """
    cita = await hold_active(appointment)
    if cita["consultant"] != former:
        raise NotReserved(State(cita["state"]))
    if to == former or not await _works_at(to, cita["center"]):
        raise ConsultantUnfit
    if not although_busy and await busy_consultants(cita["starts_at"], cita["ends_at"], appointment, to):
        raise ConsultantBusy
    link = await link_of(appointment)
    await fetch(
        'UPDATE "appointment" SET "consultant" = {}, "calendar_sequence" = "calendar_sequence" + 1 WHERE "id" = {}',
        *(to, appointment),
    )
    await open_record(appointment, now)
    await fetch(
        'UPDATE "attention" SET "attended_by" = {}, "updated_at" = {} WHERE "appointment" = {}',
        *(to if cita["state"] == State.IN_ATTENTION.value else None, now, appointment),
    )
    details = {"from": str(former), "to": str(to)}
    await record_event(appointment, EventKind.TRANSFERRED, now, staff=staff, **details)
    if cita["modality"] == Modality.VIRTUAL.value and link != await link_of(appointment):
        await tell_of_link(appointment, cita["email"], now, cita["ends_at"])


async def busy_consultants(starts_at: datetime, ends_at: datetime, but: UUID, *among: UUID) -> set[UUID]:
    """Who of ``among`` has another active cita in that span of time."""
    if not among:
        return set()
    marks = ", ".join("{}" for _ in among)
    rows = await fetch(
        f'SELECT DISTINCT "consultant" FROM "appointment" WHERE "consultant" IN ({marks}) AND "starts_at" < {{}} '
        'AND "ends_at" > {} AND "id" <> {} AND "state" IN (\'reserved\', \'in_attention\')',
        *(*among, ends_at, starts_at, but),
    )
    return {row["consultant"] for row in rows}


async def _works_at(staff: UUID, center: UUID) -> bool:
    rows = await fetch(
        'SELECT "id" FROM "staff" WHERE "id" = {} AND "center" = {} AND "role" = {} AND "active"',
        *(staff, center, Role.CONSULTANT.value),
    )
    return bool(rows)
