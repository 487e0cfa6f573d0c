"""Doubts in the demonstration: asked around a cita, answered, forwarded, or still waiting."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from portal.demo.finding import the_cita, the_person
from portal.demo.paper import write_paper
from portal.demo.plan import Doubt, Plan, by_day
from portal.demo.stage import Stage
from portal.demo.texts import DOUBTS, FORWARD_NOTES
from portal.domain.answering import answer_question, forward_question
from portal.domain.appointments import find_appointment_by_id
from portal.domain.errors import AppointmentUnknown
from portal.domain.questions import ask_question
from portal.domain.staff import StaffView

_RECENT: Final = timedelta(days=4)


def plan_doubt(stage: Stage, plan: Plan, doubt: Doubt, cita: UUID) -> None:
    """Put a doubt onto the timeline: some hours after the cita, or the day before it."""
    away = timedelta(hours=plan.rng.uniform(2, 40)) if plan.rng.random() < 0.7 else -timedelta(hours=20)
    asked_at = max(by_day(plan.starts_at + away), plan.booked_at + timedelta(minutes=20))
    stage.timeline.at(asked_at, lambda now: _ask(stage, plan, doubt, cita, now))


async def _ask(stage: Stage, plan: Plan, doubt: Doubt, cita: UUID, now: datetime) -> None:
    found = await find_appointment_by_id(cita)
    if found is None:
        raise AppointmentUnknown
    text, answer = plan.rng.choice(DOUBTS)
    copy = write_paper("Copia de documento de demostracion") if plan.rng.random() < 0.5 else None
    question = await ask_question(cita, found.email, found.consultant_email, text, copy, now)
    doubt = _by_now(doubt, stage.timeline.until - now, plan.rng)
    if doubt is Doubt.OPEN:
        return
    soon = stage.in_office(now + timedelta(hours=plan.rng.uniform(0.5, 9)), plan.rng)
    if doubt is Doubt.ANSWERED:
        stage.timeline.at(soon, lambda at: _answer(cita, question, answer, at))
        return
    note = plan.rng.choice(FORWARD_NOTES)
    stage.timeline.at(soon, lambda at: _forward(cita, question, note, at))
    if doubt is Doubt.FORWARDED_AND_ANSWERED:
        later = stage.in_office(soon + timedelta(hours=plan.rng.uniform(2, 50)), plan.rng)
        stage.timeline.at(later, lambda at: _steer(stage, question, answer, at))


def _by_now(doubt: Doubt, age: timedelta, rng: Random) -> Doubt:
    """What was asked some days ago has mostly been answered."""
    if age < _RECENT or rng.random() < 0.15:
        return doubt
    return {Doubt.OPEN: Doubt.ANSWERED, Doubt.FORWARDED: Doubt.FORWARDED_AND_ANSWERED}.get(doubt, doubt)


async def _answer(cita: UUID, question: UUID, answer: str, now: datetime) -> None:
    await answer_question(question, await _consultor_of(cita), answer, now)


async def _forward(cita: UUID, question: UUID, note: str, now: datetime) -> None:
    await forward_question(question, await _consultor_of(cita), note, now)


async def _steer(stage: Stage, question: UUID, answer: str, now: datetime) -> None:
    await answer_question(question, await the_person(stage.supervisor), answer, now)


async def _consultor_of(cita: UUID) -> StaffView:
    return await the_person((await the_cita(cita)).consultant)
