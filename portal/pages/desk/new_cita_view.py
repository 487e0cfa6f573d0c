"""What the pages of a new cita show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from math import ceil

from portal.domain.catalogue import ServiceInfo
from portal.domain.desk import DeskCita
from portal.domain.desk_booking import DeskHold
from portal.domain.districts import District
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import Slot
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import DocumentType, Language
from portal.forms.details import FIELDS, LONGEST_MOTIVE
from portal.forms.new_cita import Asked
from portal.forms.state import FormState, Mistake
from portal.pages.desk.scope import Scope
from portal.pages.word_lists.agenda import PREFERENCES
from portal.pages.words import choices

NEW_CITA_PAGE = "/agenda/nueva"

_ASKED = ("origen", "modalidad", "servicio", "sede", "consultor", "fecha")
_DOCUMENT = ("tipo_documento", "numero_documento")


class Stage(StrEnum):
    """What is asked for: the person's document, a time, or their details."""

    PERSON = "person"
    TIMES = "times"
    DETAILS = "details"


@dataclass(frozen=True, slots=True)
class DeskHoldView:
    """A seat that is kept while the details are asked for. Times are UTC."""

    token: str
    modality: Modality
    starts_at: datetime
    until: datetime
    seconds_left: int
    extensions_left: int
    consultant_name: str


@dataclass(frozen=True, slots=True)
class NewCitaView:
    """The form at one of its stages.

    ``active`` is the cita that the person has already, and ``refused`` why it could not be cancelled; ``lost`` says
    what became of a time that had been chosen, ``nearest`` what is near it.
    """

    scope: Scope
    services: tuple[ServiceInfo, ...]
    service: ServiceInfo
    form: FormState
    stage: Stage = Stage.PERSON
    asked: Asked | None = None
    active: DeskCita | None = None
    may_open: bool = False
    refused: str = ""
    freed: bool = False
    slots: tuple[Slot, ...] = ()
    nearest: tuple[Slot, ...] = ()
    lost: str = ""
    hold: DeskHoldView | None = None
    districts: tuple[District, ...] = ()
    document_types: tuple[tuple[str, str], ...] = choices(*DocumentType)
    modalities: tuple[tuple[str, str], ...] = choices(*Modality)
    preferences: tuple[tuple[str, str], ...] = tuple((kind.value, words) for kind, words in PREFERENCES.items())
    languages: tuple[tuple[str, str], ...] = choices(*Language)
    longest_motive: int = LONGEST_MOTIVE

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """Fields that are not asked for at this stage, with what was typed into them."""
        names = _ASKED if self.stage is Stage.DETAILS else (n for n in FIELDS if n not in _DOCUMENT)
        return tuple((name, self.form.value(name)) for name in names if self.form.value(name))

    @property
    def days(self) -> tuple[tuple[datetime, tuple[Slot, ...]], ...]:
        """The times, by day; each day by its first time."""
        groups = [tuple(slots) for _, slots in groupby(self.slots, lambda slot: local_day(slot.starts_at))]
        return tuple((slots[0].starts_at, slots) for slots in groups)

    def with_mistakes(self, mistakes: tuple[Mistake, ...]) -> NewCitaView:
        """The same with what is wrong. A field for dates cannot show what is none."""
        values = {**self.form.values}
        if any(mistake.field == "fecha" for mistake in mistakes):
            values["fecha"] = ""
        return replace(self, form=FormState(values, mistakes))


@dataclass(frozen=True, slots=True)
class DoneView:
    """A cita that was just booked. ``phone`` is as people read it."""

    cita: DeskCita
    phone: str


def view_desk_hold(held: DeskHold, now: datetime, rules: BookingRules) -> DeskHoldView:
    """What the form shows of a seat that is kept."""
    return DeskHoldView(
        token=held.token,
        modality=held.key.modality,
        starts_at=held.key.starts_at,
        until=held.until,
        seconds_left=max(0, ceil((held.until - now).total_seconds())),
        extensions_left=max(0, rules.hold_extensions - held.extensions),
        consultant_name=held.consultant_name,
    )
