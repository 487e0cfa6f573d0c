"""What the agenda shows: rows, each with the one step that is due, and the count of the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from math import ceil

from portal.domain.agenda import read_day, read_left_waiting, read_to_record
from portal.domain.desk import FINAL_ASKED_AFTER, DeskCita
from portal.domain.modality import Modality
from portal.domain.permissions import may_act
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.domain.steps import Step, next_step
from portal.domain.vocabulary import GIVEN_BACK_STATES, State
from portal.forms.contact import phone_in_words
from portal.pages.desk.scope import Scope

_SHORT_OF_IT = 10
_IDLE_STEPS = (Step.WAIT, Step.NONE)


@dataclass(frozen=True, slots=True)
class RowView:
    """A cita in the agenda. ``seconds_left`` of the tolerance are told by the server's clock, None when none runs.

    ``way`` is how it is held, also after a switch. ``asks_final``: it began so long ago that *Final* was perhaps
    forgotten. ``is_next`` marks the row that whoever looks should turn to now.
    """

    cita: DeskCita
    step: Step
    way: Modality
    may_act: bool
    phone: str
    seconds_left: int | None
    asks_final: bool
    left_waiting: bool
    is_next: bool = False

    @property
    def is_own_step(self) -> bool:
        """Whether there is a button for whoever looks."""
        return self.may_act and self.step not in _IDLE_STEPS


@dataclass(frozen=True, slots=True)
class AgendaView:
    """A day. ``waiting`` is the alert of the whole sede; a row that stands there is not repeated in ``rows``.

    ``given_back`` are the citas that were cancelled or moved. ``version`` changes when anything that is shown does.
    """

    scope: Scope
    staff: StaffView
    day: date
    today: date
    waiting: tuple[RowView, ...]
    rows: tuple[RowView, ...]
    given_back: tuple[RowView, ...]
    to_record: tuple[RowView, ...]
    counts: tuple[tuple[State, int], ...]
    total: int
    version: str
    misread: bool

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def before(self) -> date:
        return self.day - timedelta(days=1)

    @property
    def after(self) -> date:
        return self.day + timedelta(days=1)

    @property
    def address(self) -> str:
        """This very view, for links and for the next refresh; the day is left out while it is today's, so that a page
        that stays open overnight goes on with the new day."""
        return f"/agenda?{self.scope.query}" + ("" if self.is_today else f"&fecha={self.day}")

    @property
    def is_own(self) -> bool:
        return self.scope.consultant is not None and self.scope.consultant.id == self.staff.id


async def read_agenda(scope: Scope, staff: StaffView, day: date | None, now: datetime, *, misread: bool) -> AgendaView:
    """The agenda of a day (today when none is given), as it stands for somebody of the staff."""
    today = local_day(now)
    day = day or today
    citas = await read_day(scope.whose, day)
    waiting = _rows(await read_left_waiting(scope.center.id, now), staff, now)
    to_record = _rows(await read_to_record(scope.whose, now), staff, now)
    lifted = {row.cita.id for row in waiting} | {row.cita.id for row in to_record}
    rows = _rows((cita for cita in citas if cita.id not in lifted), staff, now)
    standing = [row for row in rows if row.cita.state not in GIVEN_BACK_STATES]
    if day == today and scope.consultant is not None:
        standing = _mark_next(standing)
    counts = Counter(cita.state for cita in citas)
    shown = (*waiting, *standing, *to_record)
    return AgendaView(
        scope=scope,
        staff=staff,
        day=day,
        today=today,
        waiting=tuple(waiting),
        rows=tuple(standing),
        given_back=tuple(row for row in rows if row.cita.state in GIVEN_BACK_STATES),
        to_record=tuple(to_record),
        counts=tuple((state, counts[state]) for state in State if counts[state]),
        total=len(citas),
        version=_version_of(shown, counts, day),
        misread=misread,
    )


def _rows(citas: Iterable[DeskCita], staff: StaffView, now: datetime) -> list[RowView]:
    return [_row(cita, staff, now) for cita in citas]


def _row(cita: DeskCita, staff: StaffView, now: datetime) -> RowView:
    step, ends = next_step(cita, now), cita.tolerance_ends
    runs = cita.state is State.RESERVED and ends is not None and step in (Step.START, Step.ABANDON)
    began = cita.started_at
    return RowView(
        cita=cita,
        step=step,
        way=Modality(cita.channel) if cita.channel else cita.modality,
        may_act=step not in _IDLE_STEPS and may_act(staff, cita, now),
        phone=phone_in_words(cita.phone) if cita.phone else "",
        seconds_left=max(0, ceil((ends - now).total_seconds())) if runs and ends is not None else None,
        asks_final=step is Step.FINISH and began is not None and now >= began + FINAL_ASKED_AFTER,
        left_waiting=step is not Step.RECORD and cita.left_waiting(now),
    )


def _mark_next(rows: list[RowView]) -> list[RowView]:
    """Mark the first row with a step to take, else the first that is still to come."""
    places = [place for place, row in enumerate(rows) if row.is_own_step]
    places += [place for place, row in enumerate(rows) if row.step is Step.WAIT]
    return [replace(row, is_next=place == places[0]) for place, row in enumerate(rows)] if places else rows


def _version_of(rows: tuple[RowView, ...], counts: Counter[State], day: date) -> str:
    digest = blake2b(f"{day}{sorted(counts.items())}".encode(), digest_size=_SHORT_OF_IT)
    for row in rows:
        cita = row.cita
        # Plain text, because this runs for every row of a large sede each time that somebody's page asks for news.
        said = (
            *(cita.code, cita.state, row.step, row.way, cita.consultant_name, cita.meet_link),
            "1" if row.may_act else "0",
            "1" if row.asks_final else "0",
            str(cita.invited_at) if cita.invited_at else "",
            str(cita.started_at) if cita.started_at else "",
            str(cita.attended_by) if cita.attended_by else "",
        )
        digest.update("|".join(said).encode())
    return digest.hexdigest()
