"""What the portal offers a kiosk that is online, beside the seats that it holds: the same engine as everybody's, at the
desk's notice. Reading it promises nothing: the seat is claimed (leases.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from portal.database.node import fetch
from portal.domain.catalogue import read_catalogue
from portal.domain.day_sheets import next_day_with_citas, read_sheet
from portal.domain.days_on_offer import days_between
from portal.domain.desk import DeskCita
from portal.domain.desk_booking import at_the_desk, upcoming_slots
from portal.domain.kiosk_questions import OfferAnswer, OfferedDay, OfferedTime, OfferQuestion
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import Agenda, next_free_day
from portal.domain.spanish_dates import local_day

_MOST_TIMES: Final = 600


async def read_offer(center: UUID, question: OfferQuestion, now: datetime, rules: BookingRules) -> OfferAnswer:
    """The days that were asked for, and their times; nothing for what the sede does not offer.

    Raises ValueError for a modality that there is none of.
    """
    rules, modality = at_the_desk(rules), Modality(question.modality)
    catalogue = await read_catalogue()
    service = catalogue.service(question.service)
    place = next((place for place in catalogue.centers if place.id == center), None)
    if service is None or place is None:
        return OfferAnswer(portal_time=now, days=(), times=())
    agenda = Agenda(service, place, modality)
    first = question.first or await next_free_day(agenda, now, rules)
    if first is None or first < local_day(now):
        return OfferAnswer(portal_time=now, days=(), times=())
    last = first + timedelta(days=question.days - 1)
    days = await days_between(agenda, first, last, now, rules)
    slots = await upcoming_slots(agenda, first, question.consultant, now, rules, _MOST_TIMES)
    return OfferAnswer(
        portal_time=now,
        days=tuple(OfferedDay(date=day.date, status=day.status, free=day.free, reason=day.reason) for day in days),
        times=tuple(
            OfferedTime(starts_at=slot.starts_at, free=slot.free) for slot in slots if local_day(slot.starts_at) <= last
        ),
    )


async def day_of_sheets(center: UUID, wanted: date | None, now: datetime) -> date | None:
    """Which day's sheets a kiosk gets; None when its sede has no citas ahead."""
    return wanted or await next_day_with_citas(center, now)


async def sheets_of(center: UUID, day: date) -> AsyncIterator[tuple[UUID, list[DeskCita]]]:
    """Each consultor of a sede who has citas on a local day, with those citas."""
    for row in await fetch('SELECT "id" FROM "staff" WHERE "center" = {} ORDER BY "name", "id"', center):
        citas = await read_sheet(row["id"], center, day)
        if citas:
            yield row["id"], citas
