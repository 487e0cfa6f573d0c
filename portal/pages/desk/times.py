"""How long activities take, against the procedure's standard: of a range, by day, by consultor, cita by cita."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from litestar import get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.register_filter import RegisterChoices, read_choices, within_reach
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.domain.times import (
    LONGEST_RANGE,
    STANDARDS,
    CitaTimes,
    Group,
    Part,
    Wanted,
    read_times,
    sum_up,
    sum_up_consultants,
    sum_up_days,
)
from portal.domain.vocabulary import Role
from portal.forms.register import read_register_wish
from portal.forms.state import FormState, Mistake
from portal.web.admission import GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices

TIMES_PAGE: Final = "/tiempos"


@dataclass(frozen=True, slots=True)
class TimesPage:
    """What was asked for, and its figures unless something was wrong with it.

    ``citas`` are shown one by one for a single day of a single consultor; ``own``: whoever asks sees their own alone.
    """

    form: FormState
    choices: RegisterChoices
    own: bool
    everything: Group | None = None
    days: tuple[Group, ...] = ()
    consultants: tuple[Group, ...] = ()
    citas: tuple[CitaTimes, ...] = ()

    @property
    def standards(self) -> Mapping[Part, int]:
        return STANDARDS

    @property
    def centers(self) -> tuple[tuple[str, str], ...]:
        return tuple((choice.value, choice.name) for choice in self.choices.centers)

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        return tuple((choice.value, choice.name) for choice in self.choices.consultants)


@get(TIMES_PAGE, opt=only_staff())
async def show_times(request: AnyRequest, services: GivenServices, staff: GivenStaff) -> Template:
    """The figures; 422 with the filter as typed when it says nothing clear. A consultor sees their own."""
    choices = await read_choices(staff)
    wanted, form = _read_wanted(dict(request.query_params), choices, staff, local_day(services.now()))
    own = staff.role is Role.CONSULTANT
    if wanted is None:
        page = TimesPage(form, choices, own)
        return Template("desk/times.html", context={"page": page}, status_code=HTTP_422_UNPROCESSABLE_ENTITY)
    citas = await read_times(wanted)
    days, people = sum_up_days(citas), sum_up_consultants(citas)
    page = TimesPage(
        form,
        choices,
        own,
        everything=sum_up(citas),
        days=tuple(days) if len(days) > 1 else (),
        consultants=tuple(people) if not own and len(people) > 1 else (),
        citas=tuple(citas) if len(days) == 1 and len(people) == 1 else (),
    )
    return Template("desk/times.html", context={"page": page}, status_code=HTTP_200_OK)


def _read_wanted(
    query: Mapping[str, str], choices: RegisterChoices, staff: StaffView, today: date
) -> tuple[Wanted | None, FormState]:
    """What somebody asks for, kept to what they may see; None with the mistakes in the form."""
    fields = {name: query.get(name, "") for name in ("desde", "hasta", "sede", "consultor")}
    if staff.role is Role.CONSULTANT:
        fields["consultor"] = ""
    wish = read_register_wish(fields, choices, today)
    chosen = wish.chosen
    if chosen is None:
        return None, wish.form
    if chosen.last_day - chosen.first_day >= LONGEST_RANGE:
        return None, replace(wish.form, mistakes=(Mistake("hasta", "longer_than_days", LONGEST_RANGE.days),))
    chosen = within_reach(chosen, staff)
    consultant = staff.id if staff.role is Role.CONSULTANT else chosen.consultant
    return Wanted(chosen.first_day, chosen.last_day, chosen.center, consultant), wish.form


ROUTES: tuple[ControllerRouterHandler, ...] = (show_times,)
