"""Fill an empty database with a month around today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from portal.database.node import fetch
from portal.demo.delivery import PretendedPost
from portal.demo.plan import leave_open, plan_citas
from portal.demo.reserving import plan_reservation
from portal.demo.stage import Stage, set_stage
from portal.demo.timeline import Timeline
from portal.domain.attention_clock import alert_unattended, ask_about_finals
from portal.domain.first_accounts import SignIn
from portal.domain.reminders import remind_batch
from portal.domain.rules import BookingRules
from portal.domain.schedule import open_seats
from portal.domain.setup import set_up
from portal.domain.spanish_dates import LIMA, local_day
from portal.domain.surveys import remind_of_surveys
from portal.domain.vocabulary import QuestionState, State

SEED: Final = 2020
_WATCHED: Final = range(8, 19)
"""Local hours at which the worker's part of the day is played."""


class HasCitas(Exception):
    """The database is somebody's: it has citas already."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is made: citas of so many days before and after today, about ``a_day`` on each working day."""

    days_before: int = 21
    days_after: int = 9
    a_day: int = 26


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was made: citas by state, doubts by state; ``sign_ins`` only where nobody could sign in before."""

    citas: dict[State, int]
    questions: dict[QuestionState, int]
    answered_surveys: int
    messages: int
    sign_ins: tuple[SignIn, ...]


async def fill_month(
    now: datetime, rules: BookingRules, survey_days: int, extent: Extent = Extent(), seed: int = SEED
) -> Demonstration:
    """Play a month that ends at ``now`` (aware UTC) and reaches some days ahead. Raises HasCitas.

    Nothing is mailed: messages are settled as if a mail server had taken them. One seed tells one story; ids, codes
    and who of several consultores is free stay chance.
    """
    if await fetch('SELECT "id" FROM "appointment" LIMIT 1'):
        raise HasCitas
    first = _morning(now - timedelta(days=extent.days_before))
    # A given-back seat returns at once: which times are on offer must not depend on chance.
    steady = replace(rules, release_min=timedelta(), release_max=timedelta())
    added = await set_up(first, steady)
    timeline = Timeline(now)
    last = local_day(now) + timedelta(days=extent.days_after)
    stage = await set_stage(first, last, steady, survey_days, timeline)
    _plan_worker(stage, first)
    plans = plan_citas(stage.starts, first, now, extent.a_day, stage.districts, seed)
    for plan in leave_open(list(plans), now):
        plan_reservation(stage, plan)
    post = PretendedPost()
    with post.open():
        await timeline.run(post.deliver)
    await open_seats(now, rules)
    return await _count(added.sign_ins)


def _plan_worker(stage: Stage, first: datetime) -> None:
    """What runs by the clock, at the hours that matter."""
    moment = first
    while moment <= stage.timeline.until:
        hour = moment.astimezone(LIMA).hour
        if hour in _WATCHED and local_day(moment) in stage.days:
            stage.timeline.at(moment, alert_unattended)
            stage.timeline.at(moment, ask_about_finals)
        if hour == stage.rules.reminder_hour:
            stage.timeline.at(moment, lambda now: _remind(stage, now))
            stage.timeline.at(moment, remind_of_surveys)
        moment += timedelta(hours=1)


async def _remind(stage: Stage, now: datetime) -> None:
    while await remind_batch(now, stage.rules):
        pass


def _morning(moment: datetime) -> datetime:
    """Seven in Lima on the day of that moment (UTC)."""
    return datetime.combine(local_day(moment), time(7), tzinfo=LIMA).astimezone(UTC)


async def _count(sign_ins: tuple[SignIn, ...]) -> Demonstration:
    citas = await fetch('SELECT "state", count(*) AS "number" FROM "appointment" GROUP BY "state"')
    questions = await fetch('SELECT "state", count(*) AS "number" FROM "question" GROUP BY "state"')
    surveys = await fetch('SELECT count(*) AS "number" FROM "survey_answer"')
    messages = await fetch('SELECT count(*) AS "number" FROM "outbox_message"')
    return Demonstration(
        citas={State(row["state"]): row["number"] for row in citas},
        questions={QuestionState(row["state"]): row["number"] for row in questions},
        answered_surveys=surveys[0]["number"],
        messages=messages[0]["number"],
        sign_ins=sign_ins,
    )
