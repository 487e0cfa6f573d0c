"""What the surveys say, for who steers: without names, and never of too few (PE-BT-01, activity 07)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from litestar import get
from litestar.response import Template
from litestar.status_codes import HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.domain.register_filter import RegisterChoices, read_choices, sede_of
from portal.domain.spanish_dates import local_day, month_in_words
from portal.domain.survey_results import FEWEST, MOST_COMMENTS, Analysis, analyse
from portal.domain.surveys import Aspect
from portal.domain.vocabulary import Role
from portal.forms.state import FormState
from portal.forms.survey import MARKS
from portal.forms.survey_query import list_months, read_survey_wish, write_month
from portal.web.admission import GivenActor, GivenStaff, only
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices

SURVEYS_PAGE: Final = "/encuestas"


@dataclass(frozen=True, slots=True)
class SurveysPage:
    """The filter, and what it finds unless something was wrong with it."""

    form: FormState
    choices: RegisterChoices
    months: tuple[tuple[str, str], ...]
    analysis: Analysis | None = None
    fewest: int = FEWEST
    most_comments: int = MOST_COMMENTS
    marks: tuple[int, ...] = MARKS
    overall: Aspect = Aspect.OVERALL

    @property
    def centers(self) -> tuple[tuple[str, str], ...]:
        return tuple((choice.value, choice.name) for choice in self.choices.centers)

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        return tuple((choice.value, choice.name) for choice in self.choices.consultants)


@get(SURVEYS_PAGE, opt=only(Role.SUPERVISOR, Role.ADMINISTRATOR))
async def show_results(request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor) -> Template:
    """The results that the filter picks; 422 with the filter as chosen when it says nothing clear."""
    choices, today = await read_choices(staff), local_day(services.now())
    wish = read_survey_wish(dict(request.query_params), choices, today)
    months = tuple((write_month(month), month_in_words(month)) for month in list_months(today))
    page = SurveysPage(wish.form, choices, months)
    if wish.chosen is None:
        return Template("desk/surveys.html", context={"page": page}, status_code=HTTP_422_UNPROCESSABLE_ENTITY)
    chosen = replace(wish.chosen, center=sede_of(staff) or wish.chosen.center)
    await write_audit(actor, Action.SURVEYS_SEEN, services.now(), subject=staff.center_code or "todas", once=True)
    return Template("desk/surveys.html", context={"page": replace(page, analysis=await analyse(chosen))})


ROUTES: tuple[ControllerRouterHandler, ...] = (show_results,)
