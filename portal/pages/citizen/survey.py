"""The satisfaction survey, found by its link alone and answered once, without a name (PE-BT-01, activity 07)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_404_NOT_FOUND,
    HTTP_410_GONE,
    HTTP_422_UNPROCESSABLE_ENTITY,
)
from litestar.types import ControllerRouterHandler

from portal.domain.surveys import (
    LONGEST_COMMENT,
    Answers,
    Standing,
    SurveyClosed,
    SurveyView,
    answer_survey,
    find_survey,
    read_survey_token,
)
from portal.forms.state import FormState
from portal.forms.survey import FIELDS, MARKS, read_answers
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices, Services

THANKS_PAGE: Final = "/encuesta/gracias"

_STATUS: Final = {
    Standing.ANSWERED: HTTP_410_GONE,
    Standing.EXPIRED: HTTP_410_GONE,
    Standing.UNKNOWN: HTTP_404_NOT_FOUND,
}


@dataclass(frozen=True, slots=True)
class SurveyPage:
    """The form; ``token`` is the end of its address. ``names`` are its fields of marks."""

    token: str
    form: FormState
    names: tuple[str, ...] = tuple(FIELDS.values())
    marks: tuple[int, ...] = MARKS
    longest_comment: int = LONGEST_COMMENT


@get("/encuesta/{token:str}")
async def show_survey(services: GivenServices, token: FromPath[str]) -> Template:
    """The form, or why there is none; changes nothing."""
    survey = await _find_open(services, token)
    return _page(SurveyPage(token, FormState())) if isinstance(survey, SurveyView) else _closed(survey)


@post("/encuesta/{token:str}")
async def take_answers(request: AnyRequest, services: GivenServices, token: FromPath[str]) -> Template | Redirect:
    """Take the answers, once; back with what is wrong otherwise."""
    survey = await _find_open(services, token)
    if not isinstance(survey, SurveyView):
        return _closed(survey)
    fields = await read_fields(request)
    answers = read_answers(fields)
    if not isinstance(answers, Answers):
        return _page(SurveyPage(token, FormState(fields, answers)), HTTP_422_UNPROCESSABLE_ENTITY)
    try:
        await answer_survey(survey.id, answers, services.now())
    except SurveyClosed as closed:
        return _closed(closed.standing)
    return Redirect(THANKS_PAGE, status_code=303)


@get(THANKS_PAGE)
async def thank() -> Template:
    """The answer is in."""
    return Template("citizen/survey_thanks.html")


async def _find_open(services: Services, token: str) -> SurveyView | Standing:
    """The survey of a link that can be answered now, or how it stands instead."""
    identity = read_survey_token(token, services.keys.surveys)
    survey = await find_survey(identity) if identity else None
    if survey is None:
        return Standing.UNKNOWN
    standing = survey.standing(services.now())
    return survey if standing is Standing.OPEN else standing


def _page(page: SurveyPage, status: int = HTTP_200_OK) -> Template:
    return Template("citizen/survey.html", context={"page": page}, status_code=status)


def _closed(standing: Standing) -> Template:
    return Template("citizen/survey_closed.html", context={"standing": standing}, status_code=_STATUS[standing])


ROUTES: tuple[ControllerRouterHandler, ...] = (show_survey, take_answers, thank)
