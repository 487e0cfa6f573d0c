"""A cita as the staff sees it: one row of the agenda, the head of an attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.modality import Modality
from portal.domain.phases import ENTER_BEFORE, TOLERANCE, tolerance_ends
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import ACTIVE_STATES, DocumentType, Language, Origin, Preference, State


@dataclass(frozen=True, slots=True)
class DeskCita:
    """A cita joined with its people, its service and what was written down of it. Times are UTC.

    ``meet_link`` is the cita's own, else its consultor's. ``attended_by`` is who attends it: who pressed *Inicio*, or
    before that a colleague who took it over. ``final_asked_at`` is when a forgotten *Final* began to be asked about.
    """

    id: UUID
    code: str
    state: State
    modality: Modality
    channel: str
    starts_at: datetime
    ends_at: datetime
    service_name: str
    center: UUID
    center_name: str
    consultant: UUID
    consultant_name: str
    attended_by: UUID | None
    given_names: str
    first_surname: str
    second_surname: str
    document_type: DocumentType
    document_number: str
    phone: str
    email: str
    preference: Preference | None
    language: Language
    motive: str
    origin: Origin
    displaced: bool
    duplicate: bool
    unrecorded: bool
    meet_link: str
    created_at: datetime
    reminded_at: datetime | None
    invited_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    ended_at: datetime | None
    final_asked_at: datetime | None

    @property
    def full_name(self) -> str:
        """Names and surnames in one line."""
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)

    @property
    def needs_interpreter(self) -> bool:
        return self.language is not Language.SPANISH

    @property
    def may_start_at(self) -> datetime:
        """From when *Inicio* is taken (DOMAIN, windows)."""
        return self.starts_at - ENTER_BEFORE

    @property
    def tolerance_ends(self) -> datetime | None:
        """Until when the consultor waits, from the later of start and invitation; None before the invitation."""
        return None if self.invited_at is None else tolerance_ends(self.starts_at, self.invited_at)

    def left_waiting(self, now: datetime) -> bool:
        """Nobody invited its owner within the tolerance after its start: any colleague of the sede may act."""
        return self.state is State.RESERVED and self.invited_at is None and now >= self.starts_at + TOLERANCE

    def day_is_over(self, now: datetime) -> bool:
        """Active still, on a later day: nobody recorded what happened, or how it ended."""
        return self.state in ACTIVE_STATES and local_day(now) > local_day(self.starts_at)


FINAL_ASKED_AFTER = timedelta(minutes=45)
"""How long after *Inicio* a forgotten *Final* is asked about."""

_COLUMNS = (
    '"appointment"."id", "appointment"."code", "appointment"."state", "appointment"."modality", '
    '"appointment"."starts_at", "appointment"."ends_at", "appointment"."center", "appointment"."consultant", '
    '"appointment"."given_names", "appointment"."first_surname", "appointment"."second_surname", '
    '"appointment"."phone", "appointment"."email", "appointment"."preference", "appointment"."language", '
    '"appointment"."motive", "appointment"."origin", "appointment"."displaced", "appointment"."duplicate", '
    '"appointment"."unrecorded", "appointment"."meet_link", "appointment"."created_at", "appointment"."reminded_at", '
    '"appointment"."invited_at", "appointment"."started_at", "appointment"."finished_at", "appointment"."ended_at", '
    '"service"."name" AS "service_name", "center"."name" AS "center_name", "staff"."name" AS "consultant_name", '
    '"staff"."meet_link" AS "staff_meet_link", "citizen"."document_type", "citizen"."document_number", '
    '"attention"."attended_by", "attention"."channel", "attention"."final_asked_at"'
)
_JOINED = (
    'FROM "appointment" JOIN "service" ON "service"."id" = "appointment"."service" '
    'JOIN "center" ON "center"."id" = "appointment"."center" '
    'JOIN "staff" ON "staff"."id" = "appointment"."consultant" '
    'JOIN "citizen" ON "citizen"."id" = "appointment"."citizen" '
    'LEFT JOIN "attention" ON "attention"."appointment" = "appointment"."id"'
)


async def find_desk_cita(appointment: UUID) -> DeskCita | None:
    """The cita of an id, or None."""
    found = await select_desk_citas('"appointment"."id" = {}', appointment)
    return found[0] if found else None


async def select_desk_citas(condition: str, *values: object) -> list[DeskCita]:
    """The citas that a condition over these tables picks, by start; the condition is ours, values are bound."""
    rows = await fetch(
        f'SELECT {_COLUMNS} {_JOINED} WHERE {condition} ORDER BY "appointment"."starts_at", "staff"."name", '
        '"appointment"."id"',
        *values,
    )
    return [_view(row) for row in rows]


def _view(row: Row) -> DeskCita:
    values = dict(row)
    staff_meet_link = values.pop("staff_meet_link")
    return DeskCita(
        **{
            **values,
            "state": State(values["state"]),
            "modality": Modality(values["modality"]),
            "channel": values["channel"] or "",
            "document_type": DocumentType(values["document_type"]),
            "preference": Preference(values["preference"]) if values["preference"] else None,
            "language": Language(values["language"]),
            "origin": Origin(values["origin"]),
            "displaced": bool(values["displaced"]),
            "duplicate": bool(values["duplicate"]),
            "unrecorded": bool(values["unrecorded"]),
            "meet_link": values["meet_link"] or staff_meet_link,
        }
    )
