"""What the desk may offer: the places at hand, and, while the portal answers, everything that it offers beside them."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from kiosk.selling import offers
from kiosk.sync import PortalAway, PortalRefused
from portal.domain.kiosk_questions import OfferAnswer, OfferQuestion
from portal.domain.modality import Modality
from portal.domain.slots import Day, DayStatus

PATIENCE: Final = timedelta(seconds=2)
"""How long a page waits for the portal before it shows what is at hand alone."""

_STATUSES: Final = frozenset(DayStatus)


class OfferLine(Protocol):
    """Whatever asks the portal what it offers."""

    async def ask_offer(self, question: OfferQuestion) -> OfferAnswer:
        """Raises PortalAway, PortalRefused."""


@dataclass(frozen=True, slots=True)
class DeskTime:
    """A time: ``at_hand`` places can be sold as they are, ``to_claim`` places of the portal's are claimed first."""

    starts_at: datetime
    at_hand: int
    to_claim: int = 0


@dataclass(frozen=True, slots=True)
class DeskOffer:
    """Days in order, and the times of those that were asked for. ``whole``: the portal's are among them."""

    days: tuple[Day, ...]
    times: tuple[DeskTime, ...]
    whole: bool


async def whole_offer(
    line: OfferLine | None,
    service: str,
    modality: Modality,
    first: date,
    number: int,
    now: datetime,
    consultant: UUID | None = None,
) -> DeskOffer:
    """The offer of so many local days (at most 31) from ``first`` on; of what is at hand while the portal is away.

    ``line`` is None where nobody should wait for it. Raises NotOffered for a service that the sede does not have.
    """
    last = first + timedelta(days=number - 1)
    days, slots = await offers(service, modality, first, last, now, consultant)
    at_hand = Counter({slot.starts_at: slot.free for slot in slots})
    asked = OfferQuestion(service=service, modality=modality.value, first=first, days=number, consultant=consultant)
    online = await _ask(line, asked)
    if online is None:
        return DeskOffer(tuple(days), _times(at_hand, Counter()), whole=False)
    # A newer portal may have a word that this machine does not know: it then goes by what is at hand on that day.
    known = [day for day in online.days if day.status in _STATUSES]
    told = {day.date: Day(day.date, DayStatus(day.status), day.free, day.reason) for day in known}
    to_claim = Counter({time.starts_at: time.free for time in online.times})
    return DeskOffer(tuple(_join(day, told.get(day.date)) for day in days), _times(at_hand, to_claim), whole=True)


async def _ask(line: OfferLine | None, question: OfferQuestion) -> OfferAnswer | None:
    if line is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await line.ask_offer(question)
    except (PortalAway, PortalRefused, TimeoutError):
        return None


def _join(here: Day, there: Day | None) -> Day:
    if there is None:
        return here
    free = here.free + there.free
    return Day(here.date, DayStatus.FREE, free=free) if free else there


def _times(at_hand: Counter[datetime], to_claim: Counter[datetime]) -> tuple[DeskTime, ...]:
    return tuple(
        DeskTime(moment, at_hand[moment], to_claim[moment]) for moment in sorted(at_hand.keys() | to_claim.keys())
    )
