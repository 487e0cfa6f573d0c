"""Mails of an attention: a new link, times instead of what was not held, the links of the end (03 and 06)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.attention_not_held import offered_times
from portal.domain.desk import find_desk_cita
from portal.domain.spanish_dates import date_in_words, local_day, moment_in_words, time_in_words
from portal.domain.staff import find_staff
from portal.domain.surveys import find_survey_of, survey_address
from portal.mail.contents import CitaErrand, Contents


@dataclass(frozen=True, slots=True)
class NotHeldDetails:
    """The times that are kept for their owner, in words, and until when."""

    times: tuple[str, ...] = ()
    until: str = ""


@dataclass(frozen=True, slots=True)
class LinksDetails:
    """Who attended; the address of the survey and its last day in words, empty when it is not asked (any more)."""

    attended_by: str
    survey: str = ""
    survey_until: str = ""


async def gather_transfer(_: CitaErrand) -> Contents:
    """The calendar file, with the new link."""
    return Contents(with_calendar=True)


async def gather_not_held(errand: CitaErrand) -> Contents:
    """The times that are still kept when the mail leaves."""
    times = await offered_times(errand.cita.id, errand.now)
    if not times:
        return Contents(NotHeldDetails())
    until = time_in_words(min(one.expires_at for one in times))
    return Contents(NotHeldDetails(tuple(moment_in_words(one.starts_at) for one in times), until))


async def gather_links(errand: CitaErrand) -> Contents:
    """The survey's link, while it takes an answer."""
    desk_cita = await find_desk_cita(errand.cita.id)
    attendant = await find_staff(desk_cita.attended_by) if desk_cita and desk_cita.attended_by else None
    attended_by = attendant.name if attendant else errand.cita.consultant_name
    survey = await find_survey_of(errand.cita.id)
    if survey is None or survey.answered or survey.expires_at <= errand.now:
        return Contents(LinksDetails(attended_by))
    address = survey_address(errand.tools.origin, survey.id, errand.tools.keys.surveys)
    return Contents(LinksDetails(attended_by, address, date_in_words(local_day(survey.expires_at))))
