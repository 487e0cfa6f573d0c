"""The one reminder of the satisfaction survey (PE-BT-01, activity 07); its first mail is that of the links."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.spanish_dates import date_in_words, local_day
from portal.domain.surveys import Standing, find_survey_of, survey_address
from portal.mail.contents import CitaErrand, Contents, NothingToSay


@dataclass(frozen=True, slots=True)
class SurveyDetails:
    """``address`` is the survey's own link; ``last_day`` the day it expires on, in words."""

    address: str
    last_day: str


async def gather_survey_reminder(errand: CitaErrand) -> Contents:
    """The survey's link once more. Raises NothingToSay when it was answered meanwhile, or expired."""
    survey = await find_survey_of(errand.cita.id)
    if survey is None or survey.standing(errand.now) is not Standing.OPEN:
        raise NothingToSay
    address = survey_address(errand.tools.origin, survey.id, errand.tools.keys.surveys)
    return Contents(SurveyDetails(address, date_in_words(local_day(survey.expires_at))))
