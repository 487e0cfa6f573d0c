"""The times to choose from at the desk: soonest on top, those of the portal marked; for a new cita and for a move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from kiosk.finding import Attendant, list_attendants
from kiosk.offering import DeskTime, whole_offer
from kiosk.reference import read_rules
from kiosk.services import DeskServices
from portal.domain.appointments import AppointmentView
from portal.domain.catalogue import ServiceInfo, read_catalogue
from portal.domain.errors import NotOffered
from portal.domain.modality import Modality
from portal.domain.slots import Agenda, Day, DayStatus, Slot, SlotKey, last_day_on_offer, read_slot_key
from portal.domain.spanish_dates import local_day
from portal.forms.query import read_day
from portal.pages.words import choices

_DAYS: Final = 14
MOST_SHOWN: Final = 12
"""Times on the screen; a later day is a date away."""


@dataclass(frozen=True, slots=True)
class TimeChoice:
    """A time to choose. ``at_hand`` places need no network, ``to_claim`` ones are the portal's."""

    key: str
    starts_at: datetime
    at_hand: int
    to_claim: int


@dataclass(frozen=True, slots=True)
class TimesView:
    """``chosen`` is the value of the field; ``whole``: the portal's times are among them; ``reason`` why there are none
    on the day asked for; ``lost`` what became of the time that had been chosen.

    ``beyond`` is the last day that may be booked, when a later one was asked for; ``attendant`` whom the person wants;
    ``moving`` the cita that another time is looked for.
    """

    services: tuple[ServiceInfo, ...]
    service: ServiceInfo
    modality: Modality
    first: date | None
    choices: tuple[TimeChoice, ...]
    chosen: str
    whole: bool
    reason: Day | None = None
    beyond: date | None = None
    lost: str = ""
    moving: AppointmentView | None = None
    attendants: tuple[Attendant, ...] = ()
    attendant: Attendant | None = None

    @property
    def days(self) -> list[tuple[date, list[TimeChoice]]]:
        """The times by local day."""
        grouped = groupby(self.choices, key=lambda choice: local_day(choice.starts_at))
        return [(day, list(times)) for day, times in grouped]

    @property
    def modalities(self) -> tuple[tuple[str, str], ...]:
        """In person first: so most people at the desk want it."""
        return choices(Modality.IN_PERSON, Modality.VIRTUAL, Modality.PHONE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for; a service and a modality that there are none of are the first ones.

    Without an attendant it is whoever has the fewest citas that day.
    """

    agenda: Agenda
    services: tuple[ServiceInfo, ...]
    first: date | None
    attendants: tuple[Attendant, ...]
    attendant: Attendant | None

    @property
    def consultant(self) -> UUID | None:
        """The id of whom the person asked for."""
        return self.attendant.id if self.attendant else None


async def read_wish(typed: Mapping[str, str], *, service: str = "", modality: Modality = Modality.IN_PERSON) -> Wish:
    """Read service, modality and first day. Raises NotOffered where the sede has nothing on offer."""
    catalogue = await read_catalogue()
    if not catalogue.centers or not catalogue.services:
        raise NotOffered
    found = catalogue.service(service or typed.get("servicio", "")) or catalogue.services[0]
    wished = {one.value: one for one in Modality}.get(typed.get("modalidad", ""), modality)
    first = read_day(typed["fecha"]) if typed.get("fecha") else None
    attendants = tuple(await list_attendants())
    chosen = next((one for one in attendants if str(one.id) == typed.get("consultor")), None)
    return Wish(Agenda(found, catalogue.centers[0], wished), catalogue.services, first, attendants, chosen)


def read_choice(typed: Mapping[str, str], wish: Wish) -> SlotKey:
    """The chosen time, in the modality wished for. Raises NotOffered."""
    key = read_slot_key(typed.get("horario", ""))
    return wish.agenda.key(key.starts_at)


async def view_times(
    services: DeskServices,
    wish: Wish,
    typed: Mapping[str, str],
    *,
    lost: str = "",
    nearest: tuple[Slot, ...] = (),
    moving: AppointmentView | None = None,
) -> TimesView:
    """The times as of now; the one that was chosen stays so while it is to be had, else the soonest is.

    Of a cita that is ``moving``, the time that it has is none to choose.
    """
    now, agenda = await services.now(), wish.agenda
    last = last_day_on_offer(now, await read_rules())
    first = min(max(wish.first or local_day(now), local_day(now)), last)
    number = min(_DAYS, (last - first + timedelta(days=1)).days)
    offer = await whole_offer(services.line, agenda.service.code, agenda.modality, first, number, now, wish.consultant)
    if not offer.whole:
        services.sync.wake()  # the banner shall know whether the portal is there at all
    if wish.attendant is not None:
        nearest = ()  # they are anybody's
    has_already = _time_of(moving, wish)
    times = [time for time in offer.times if time.starts_at != has_already][:MOST_SHOWN]
    shown = {has_already, *(time.starts_at for time in times)}
    nearest = tuple(slot for slot in nearest if slot.starts_at != has_already)
    times += [DeskTime(slot.starts_at, slot.free) for slot in nearest if slot.starts_at not in shown]
    listed = tuple(
        TimeChoice(str(agenda.key(time.starts_at)), time.starts_at, time.at_hand, time.to_claim)
        for time in sorted(times, key=lambda time: time.starts_at)
    )
    wanted = str(agenda.key(nearest[0].starts_at)) if nearest else _same_time(typed, agenda)
    keys = {choice.key for choice in listed}
    on_day = offer.days[0] if offer.days and wish.first else None
    if on_day and (on_day.status is DayStatus.FREE or not (offer.whole or on_day.status is DayStatus.HOLIDAY)):
        on_day = None  # of a day without places of its own, the kiosk alone knows only whether it is a holiday
    return TimesView(
        services=wish.services,
        service=agenda.service,
        modality=agenda.modality,
        first=wish.first,
        choices=listed,
        chosen=wanted if wanted in keys else listed[0].key if listed else "",
        whole=offer.whole,
        reason=on_day,
        beyond=last if wish.first and wish.first > last else None,
        lost=lost,
        moving=moving,
        attendants=wish.attendants,
        attendant=wish.attendant,
    )


def _time_of(cita: AppointmentView | None, wish: Wish) -> datetime | None:
    """The time that it has, as far as another place then is the same to it: in its modality, with whoever it is."""
    if cita is None or cita.modality is not wish.agenda.modality or wish.attendant is not None:
        return None
    return cita.starts_at


def _same_time(typed: Mapping[str, str], agenda: Agenda) -> str:
    try:
        return str(agenda.key(read_slot_key(typed.get("horario", "")).starts_at))
    except NotOffered:
        return ""
