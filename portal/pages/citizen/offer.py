"""The picker of a time: a month, one day's times, and why there is nothing. Booking and moving show the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from portal.domain.catalogue import Catalogue, CenterInfo, ServiceInfo
from portal.domain.days_on_offer import Offer, Span, Wish, days_between, read_days
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import (
    Agenda,
    Day,
    DayStatus,
    Slot,
    SlotKey,
    last_day_on_offer,
    month_bounds,
    next_free_day,
)
from portal.domain.spanish_dates import LIMA, local_day
from portal.forms.query import OfferQuery

Week = tuple[Day | None, ...]
_DAYS_OF_A_WEEK = 7
_NOON = 12


@dataclass(frozen=True, slots=True)
class Picker:
    """Where the picker stands: the address of its page, and the address that takes the chosen time.

    ``method`` is how the chosen time is sent there; ``says_all`` has every link name service, sede and modality, also
    where they are the ones that ``/reservar`` begins with.
    """

    page: str = "/reservar"
    action: str = "/reservar/apartar"
    method: str = "post"
    says_all: bool = False


@dataclass(frozen=True, slots=True)
class OfferView:
    """What the picker shows.

    ``keep`` is the part of the query that every link repeats, ready to be put before a field; ``modalities`` are those
    to choose from, each with the query that shows the same day in it. ``day`` is the day that is looked at, None when
    no day is free and none was asked for; ``next_day`` is the next free one where that one has no times.
    """

    picker: Picker
    services: tuple[ServiceInfo, ...]
    centers: tuple[CenterInfo, ...]
    service: ServiceInfo
    center: CenterInfo
    modality: Modality
    modalities: tuple[tuple[Modality, str], ...]
    keep: str
    misread: tuple[str, ...]
    month: date
    previous_month: date | None
    next_month: date | None
    weeks: tuple[Week, ...]
    notes: tuple[Day, ...]
    day: Day | None
    morning: tuple[Slot, ...]
    afternoon: tuple[Slot, ...]
    next_day: date | None
    last_day: date
    notice_minutes: int

    @property
    def times(self) -> int:
        """How many times of the day may be chosen."""
        return len(self.morning) + len(self.afternoon)


def query_like(key: SlotKey) -> OfferQuery:
    """The query that shows what is near a time: the same service, sede, modality and day."""
    return OfferQuery(key.service, key.center, key.modality, day=local_day(key.starts_at))


async def read_offer(
    query: OfferQuery, now: datetime, rules: BookingRules, picker: Picker = Picker()
) -> OfferView | None:
    """What to show for a query; None when no service or no sede is open at all."""
    found = await _find_day(query, now, rules)
    if found is None:
        return None
    offer, month, chosen, next_day = found
    catalogue, agenda, days, slots = offer.catalogue, offer.agenda, offer.days, offer.slots
    misread = list(query.misread)
    misread += [name for name, asked, looked_at in (("servicio", query.service, agenda.service.code),
                                                    ("sede", query.center, agenda.center.code))
                if asked not in ("", looked_at)]  # fmt: skip
    noon = [slot.starts_at.astimezone(LIMA).hour >= _NOON for slot in slots]
    today, last_day = local_day(now), last_day_on_offer(now, rules)
    first, last = month_bounds(month)
    keep = {modality: _keep(catalogue, agenda, modality, says_all=picker.says_all) for modality in Modality}
    fecha = f"fecha={chosen.date}" if chosen else ""
    return OfferView(
        picker=picker,
        services=catalogue.services,
        centers=catalogue.centers,
        service=agenda.service,
        center=agenda.center,
        modality=agenda.modality,
        modalities=tuple((modality, f"{kept}{fecha}") for modality, kept in keep.items()),
        keep=keep[agenda.modality],
        misread=tuple(misread),
        month=month,
        previous_month=min(first - timedelta(days=1), last_day) if first > today else None,
        next_month=max(last + timedelta(days=1), today) if last < last_day else None,
        weeks=_weeks(days),
        notes=tuple(day for day in days if day.reason and day.status in (DayStatus.HOLIDAY, DayStatus.CLOSED)),
        day=chosen,
        morning=tuple(slot for slot, late in zip(slots, noon, strict=True) if not late),
        afternoon=tuple(slot for slot, late in zip(slots, noon, strict=True) if late),
        next_day=next_day,
        last_day=last_day,
        notice_minutes=int(rules.notice.total_seconds()) // 60,
    )


async def _find_day(
    query: OfferQuery, now: datetime, rules: BookingRules
) -> tuple[Offer, date, Day | None, date | None] | None:
    """What is on offer, the month to show, the day to show, and the next free day where that one is not free."""
    wanted, wish = query.day, Wish(query.service, query.center, query.modality)
    month = query.month or wanted or local_day(now)
    offer = await read_days(wish, Span(*month_bounds(month), wanted), now, rules)
    if offer is None:
        return None
    agenda = offer.agenda
    free = next((day.date for day in offer.days if day.status is DayStatus.FREE), None)
    next_day = None
    if wanted is None and free is None:
        next_day = await next_free_day(agenda, now, rules)
        if query.month is None and next_day is not None:
            month, free = next_day, next_day
            offer = await read_days(wish, Span(*month_bounds(month)), now, rules) or offer
    chosen = await _judge(agenda, wanted or free, offer.days, now, rules)
    if wanted is not None and chosen is not None and chosen.status is not DayStatus.FREE:
        next_day = await next_free_day(agenda, now, rules, after=wanted)
        next_day = next_day or await next_free_day(agenda, now, rules)
    return offer, month.replace(day=1), chosen, next_day


async def _judge(agenda: Agenda, day: date | None, days: list[Day], now: datetime, rules: BookingRules) -> Day | None:
    """The day with its status, also when it lies outside the month that is shown."""
    if day is None:
        return None
    shown = next((one for one in days if one.date == day), None)
    return shown or (await days_between(agenda, day, day, now, rules))[0]


def _weeks(days: list[Day]) -> tuple[Week, ...]:
    """The days of a month in rows from Monday to Sunday, None where another month's days would stand."""
    cells: list[Day | None] = [None] * days[0].date.weekday() + list(days)
    cells += [None] * (-len(cells) % _DAYS_OF_A_WEEK)
    return tuple(tuple(cells[start : start + _DAYS_OF_A_WEEK]) for start in range(0, len(cells), _DAYS_OF_A_WEEK))


def _keep(catalogue: Catalogue, agenda: Agenda, modality: Modality, *, says_all: bool) -> str:
    """What differs from the defaults, or all of it, with an ampersand at its end; empty when there is nothing."""
    wishes = {
        "servicio": (agenda.service.code, agenda.service is catalogue.services[0]),
        "sede": (agenda.center.code, agenda.center is catalogue.centers[0]),
        "modalidad": (modality.value, modality is Modality.VIRTUAL),
    }
    query = urlencode({name: value for name, (value, is_default) in wishes.items() if says_all or not is_default})
    return f"{query}&" if query else ""
