"""Activity 01 in the demonstration: people reserve, send their CV, move and cancel."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from portal.demo.asking import plan_doubt
from portal.demo.attending import plan_attention
from portal.demo.paper import write_paper
from portal.demo.plan import Course, Plan
from portal.demo.stage import Stage
from portal.domain.booking import Request, book
from portal.domain.changing import cancel, move
from portal.domain.desk_booking import at_the_desk
from portal.domain.errors import AlreadyReserved, NotOffered, NotReserved, SeatTaken, TooLate
from portal.domain.files import keep_cv
from portal.domain.holds import hold_seat
from portal.domain.people import Consent
from portal.domain.privacy import PRIVACY_VERSION
from portal.domain.slots import SlotKey
from portal.domain.vocabulary import Origin


def plan_reservation(stage: Stage, plan: Plan) -> None:
    """Put a cita onto the timeline, and with it whatever follows from it."""
    stage.timeline.at(plan.booked_at, lambda now: _reserve(stage, plan, now))


async def _reserve(stage: Stage, plan: Plan, now: datetime) -> None:
    by_staff = plan.origin is not Origin.WEB
    rules = at_the_desk(stage.rules) if by_staff else stage.rules
    staff = plan.rng.choice(stage.consultants) if by_staff else None
    key = SlotKey(stage.service, stage.center, plan.modality, plan.starts_at)
    token = secrets.token_urlsafe(24)
    consent = Consent(PRIVACY_VERSION, now, promotions=plan.rng.random() < 0.4)
    try:
        seat = await hold_seat(key, token, None, now, rules)
        booked = await book(Request(token, key, seat, plan.person, consent, plan.origin, staff), now, rules)
    except (SeatTaken, NotOffered, AlreadyReserved):
        return  # the time is full: this person looks on another day
    _follow(stage, plan, booked.id, booked.code, now)


def _follow(stage: Stage, plan: Plan, cita: UUID, code: str, now: datetime) -> None:
    """What comes of a cita that was reserved or moved at ``now``."""
    rng, timeline = plan.rng, stage.timeline
    some_time_before = now + (plan.starts_at - now) * rng.uniform(0.15, 0.85)
    if plan.has_cv:
        timeline.at(now + timedelta(minutes=rng.uniform(2, 60)), lambda at: _send_cv(cita, at))
    if plan.course is Course.CANCELLED:
        timeline.at(some_time_before, lambda at: cancel(code, at, stage.rules))
    elif plan.course is Course.MOVED:
        timeline.at(some_time_before, lambda at: _move(stage, plan, code, at))
    else:
        plan_attention(stage, plan, cita)
        if plan.doubt is not None:
            plan_doubt(stage, plan, plan.doubt, cita)


async def _send_cv(cita: UUID, now: datetime) -> None:
    try:
        await keep_cv(cita, write_paper("Curriculum vitae de demostracion"), now)
    except NotReserved:
        return  # it ended, or was moved, before the file was ready


async def _move(stage: Stage, plan: Plan, code: str, now: datetime) -> None:
    """Move to a later day; one in four moves again."""
    starts_at = stage.later_time(now, plan.rng)
    key = SlotKey(stage.service, stage.center, plan.modality, starts_at)
    course = Course.MOVED if plan.rng.random() < 0.25 else Course.ATTENDED
    try:
        moved = await move(code, key, now, stage.rules)
    except (SeatTaken, NotOffered, TooLate):
        return  # it stays where it was, and nobody comes
    if not moved.repeated:
        _follow(stage, replace(plan, starts_at=starts_at, course=course, has_cv=False), moved.id, moved.code, now)
