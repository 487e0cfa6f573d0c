"""Activities 02 to 08 in the demonstration: consultores invite, attend, wait in vain, hand over and write down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from portal.demo.finding import the_cita
from portal.demo.plan import Course, Plan
from portal.demo.stage import Stage
from portal.demo.texts import ABANDONED, COMMENTS, NOT_HELD, NOTES, OBSERVATIONS
from portal.domain.attention import finish, start, switch_channel
from portal.domain.attention_abandonment import abandon, take_back
from portal.domain.attention_invitation import invite, log_contact
from portal.domain.attention_not_held import choose_offered, offered_times, record_not_held
from portal.domain.attention_record import Written, find_record, save_notes
from portal.domain.attention_transfer import transfer
from portal.domain.desk import DeskCita
from portal.domain.errors import AlreadyReserved, ConsultantBusy, SeatTaken
from portal.domain.modality import Modality
from portal.domain.surveys import Answers, Aspect, answer_survey, find_survey_of
from portal.domain.vocabulary import AbandonMotive, ContactChannel, ContactOutcome, NotHeldReason, Topic

_MINUTE: Final = timedelta(minutes=1)
_MARKS: Final = (1, 2, 3, 4, 5)
_HOW_OFTEN: Final = (1, 2, 6, 30, 61)


def plan_attention(stage: Stage, plan: Plan, cita: UUID) -> None:
    """Put what happens around the start of a cita onto the timeline."""
    if plan.course is Course.NEVER_RECORDED:
        return
    at, rng, starts_at = stage.timeline.at, plan.rng, plan.starts_at
    if plan.course is Course.NOT_HELD:
        at(starts_at + rng.uniform(6, 12) * _MINUTE, lambda now: _not_held(stage, plan, cita, now))
        return
    if plan.course is Course.TRANSFERRED:
        at(starts_at - rng.uniform(30, 90) * _MINUTE, lambda now: _hand_over(stage, rng, cita, now))
    invited_at = starts_at - rng.uniform(0.5, 9) * _MINUTE
    at(invited_at, lambda now: _invite(stage, cita, now))
    if plan.course in (Course.ABANDONED, Course.TAKEN_BACK):
        for minutes in (2.5, 4)[: rng.choice((1, 2))]:
            at(starts_at + minutes * _MINUTE, lambda now: _call(rng, cita, now))
        given_up = starts_at + rng.uniform(5.5, 9) * _MINUTE
        at(given_up, lambda now: _abandon(rng, cita, now))
        if plan.course is Course.TAKEN_BACK:
            back_at = given_up + rng.uniform(3, 9) * _MINUTE
            at(back_at, lambda now: _take_back(cita, now))
            _plan_talk(stage, plan, cita, back_at)
        return
    began = starts_at + rng.uniform(-0.5, 4.5) * _MINUTE
    at(began, lambda now: _start(cita, now))
    _plan_talk(stage, plan, cita, began)


def _plan_talk(stage: Stage, plan: Plan, cita: UUID, began: datetime) -> None:
    at, rng = stage.timeline.at, plan.rng
    length = rng.triangular(9, 24, 15) * _MINUTE
    topics = tuple(topic for topic in Topic if rng.random() < 0.85)
    notes = rng.choice(NOTES) if rng.random() < 0.6 else ""
    if plan.course is Course.BY_TELEPHONE:
        at(began + 2 * _MINUTE, lambda now: _go_on_by_telephone(cita, now))
    at(began + length / 2, lambda now: _note(cita, topics[: len(topics) // 2], notes, now))
    if plan.course is Course.STILL_OPEN:
        return
    forgotten = plan.course is Course.FINAL_FORGOTTEN
    ended = began + (rng.uniform(60, 90) * _MINUTE if forgotten else length)
    observations = rng.choice(OBSERVATIONS) if rng.random() < 0.7 else ""
    at(ended, lambda now: _finish(stage, cita, topics, notes, observations, now, forgotten=forgotten))
    if rng.random() < 0.45:
        at(ended + timedelta(hours=rng.uniform(0.1, 90)), lambda now: _answer_survey(rng, cita, now))


async def _find(cita: UUID) -> tuple[DeskCita, UUID]:
    """The cita, and who of the staff acts on it."""
    found = await the_cita(cita)
    return found, found.attended_by or found.consultant


async def _invite(stage: Stage, cita: UUID, now: datetime) -> None:
    _, staff = await _find(cita)
    await invite(cita, staff, now, stage.rules)


async def _start(cita: UUID, now: datetime) -> None:
    _, staff = await _find(cita)
    await start(cita, staff, now)


async def _note(cita: UUID, topics: tuple[Topic, ...], notes: str, now: datetime) -> None:
    kept = (await find_record(cita)).written
    await save_notes(cita, Written(topics, notes, kept.observations, kept.revision), now)


async def _go_on_by_telephone(cita: UUID, now: datetime) -> None:
    found, staff = await _find(cita)
    other = Modality.VIRTUAL if found.modality is Modality.PHONE else Modality.PHONE
    await switch_channel(cita, staff, other, now)


async def _finish(
    stage: Stage,
    cita: UUID,
    topics: tuple[Topic, ...],
    notes: str,
    observations: str,
    now: datetime,
    *,
    forgotten: bool,
) -> None:
    _, staff = await _find(cita)
    kept = (await find_record(cita)).written
    text = f"{kept.observations}\n{observations}".strip()
    written = Written(topics, notes, text, kept.revision)
    await finish(cita, staff, now, stage.survey_days, written, ended_earlier=forgotten)


async def _call(rng: Random, cita: UUID, now: datetime) -> None:
    found, staff = await _find(cita)
    channel = ContactChannel.PHONE if rng.random() < 0.8 or not found.email else ContactChannel.EMAIL
    outcomes = (ContactOutcome.NO_ANSWER, ContactOutcome.NO_ANSWER, ContactOutcome.MESSAGE_LEFT)
    await log_contact(cita, staff, channel, rng.choice(outcomes), "", now)


async def _abandon(rng: Random, cita: UUID, now: datetime) -> None:
    _, staff = await _find(cita)
    motive = rng.choices(tuple(AbandonMotive), (6, 3, 1))[0]
    await abandon(cita, staff, motive, rng.choice(ABANDONED), now)


async def _take_back(cita: UUID, now: datetime) -> None:
    _, staff = await _find(cita)
    await take_back(cita, staff, now)


async def _hand_over(stage: Stage, rng: Random, cita: UUID, now: datetime) -> None:
    found, staff = await _find(cita)
    for other in rng.sample(stage.consultants, len(stage.consultants)):
        if other == found.consultant:
            continue
        try:
            await transfer(cita, staff, found.consultant, other, now)
        except ConsultantBusy:
            continue
        return


async def _not_held(stage: Stage, plan: Plan, cita: UUID, now: datetime) -> None:
    """Recorded by a colleague; most people choose one of the times that are kept for them."""
    rng = plan.rng
    found, _ = await _find(cita)
    colleague = rng.choice([one for one in stage.consultants if one != found.consultant])
    reason = rng.choice(tuple(NotHeldReason))
    await record_not_held(cita, colleague, reason, rng.choice(NOT_HELD), now, stage.rules)
    if rng.random() < 0.7:
        stage.timeline.at(now + rng.uniform(4, 50) * _MINUTE, lambda at: _choose(stage, plan, cita, at))


async def _choose(stage: Stage, plan: Plan, cita: UUID, now: datetime) -> None:
    times = await offered_times(cita, now)
    if not times:
        return
    chosen = plan.rng.choice(times)
    try:
        booked = await choose_offered(cita, chosen.id, now, stage.rules)
    except (SeatTaken, AlreadyReserved):
        return
    instead = replace(plan, starts_at=chosen.starts_at, course=Course.ATTENDED)
    plan_attention(stage, instead, booked.id)


async def _answer_survey(rng: Random, cita: UUID, now: datetime) -> None:
    survey = await find_survey_of(cita)
    if survey is None:
        return
    marks = {aspect: rng.choices(_MARKS, _HOW_OFTEN)[0] for aspect in Aspect if rng.random() < 0.95}
    comment = rng.choice(COMMENTS) if rng.random() < 0.3 else ""
    await answer_survey(survey.id, Answers(marks, rng.random() < 0.85, comment), now)
