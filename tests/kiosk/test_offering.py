"""What the desk offers: its own places, and the portal's beside them while it answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from kiosk import offering
from kiosk.offering import DeskTime, whole_offer
from kiosk.sync import PortalAway
from portal.domain.errors import NotOffered
from portal.domain.kiosk_questions import OfferAnswer, OfferedDay, OfferedTime, OfferQuestion
from portal.domain.modality import Modality
from portal.domain.slots import DayStatus
from portal.domain.spanish_dates import local_day
from tests.kiosk.desk import Desk


class Offering:
    """A portal that offers 10:00 and 11:00 of today, or is away."""

    def __init__(self, desk: Desk, *, away: bool = False) -> None:
        self.desk = desk
        self.away = away
        self.asked: list[OfferQuestion] = []

    async def ask_offer(self, question: OfferQuestion) -> OfferAnswer:
        self.asked.append(question)
        if self.away:
            raise PortalAway
        today = local_day(self.desk.now)
        return OfferAnswer(
            portal_time=self.desk.now,
            days=(
                OfferedDay(date=today, status="free", free=4, reason=""),
                OfferedDay(date=today + timedelta(days=1), status="holiday", free=0, reason="Feriado"),
                OfferedDay(date=today + timedelta(days=2), status="of a newer portal", free=0, reason=""),
            ),
            times=(OfferedTime(starts_at=self.desk.at(10), free=1), OfferedTime(starts_at=self.desk.at(11), free=3)),
        )


async def test_both_together(desk: Desk) -> None:
    await desk.hear(leases=(desk.lease(10), desk.lease(9, 30), desk.lease(10, days=2)))
    line = Offering(desk)
    offer = await whole_offer(line, "bolsa", Modality.IN_PERSON, local_day(desk.now), 3, desk.now)
    assert offer.whole
    assert offer.times == (
        DeskTime(desk.at(9, 30), 1, 0),
        DeskTime(desk.at(10), 1, 1),
        DeskTime(desk.at(11), 0, 3),
        DeskTime(desk.at(10, days=2), 1, 0),
    )
    assert [(day.status, day.free, day.reason) for day in offer.days] == [
        (DayStatus.FREE, 6, ""),
        (DayStatus.HOLIDAY, 0, "Feriado"),
        (DayStatus.FREE, 1, ""),
    ]
    assert (line.asked[0].modality, line.asked[0].days) == ("presencial", 3)


@pytest.mark.parametrize("silent", [True, False])
async def test_the_places_at_hand_alone(desk: Desk, *, silent: bool) -> None:
    await desk.hear(leases=(desk.lease(10),))
    line = Offering(desk, away=True) if silent else None
    offer = await whole_offer(line, "bolsa", Modality.IN_PERSON, local_day(desk.now), 1, desk.now)
    assert not offer.whole
    assert offer.times == (DeskTime(desk.at(10), 1, 0),)


async def test_a_page_does_not_wait_for_a_portal_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(Offering):
        async def ask_offer(self, question: OfferQuestion) -> OfferAnswer:
            await asyncio.Event().wait()
            return await super().ask_offer(question)

    monkeypatch.setattr(offering, "PATIENCE", timedelta(milliseconds=1))
    await desk.hear(leases=(desk.lease(10),))
    offer = await whole_offer(Hanging(desk), "bolsa", Modality.IN_PERSON, local_day(desk.now), 1, desk.now)
    assert (offer.whole, offer.times) == (False, (DeskTime(desk.at(10), 1, 0),))


async def test_what_the_sede_does_not_have(desk: Desk) -> None:
    with pytest.raises(NotOffered):
        await whole_offer(Offering(desk), "taller", Modality.IN_PERSON, local_day(desk.now), 1, desk.now)
