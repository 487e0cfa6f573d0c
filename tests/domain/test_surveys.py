"""The satisfaction survey: asked once, answered once without a way back, reminded of once (PE-BT-01, activity 07)."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.modality import Modality
from portal.domain.new_appointment import Booked
from portal.domain.surveys import (
    REMIND_AFTER,
    Answers,
    Aspect,
    Standing,
    SurveyClosed,
    answer_survey,
    ask_survey,
    find_survey_of,
    read_survey_token,
    remind_of_surveys,
    survey_address,
    survey_token,
)
from tests.attended import attend
from tests.people import MEI, World
from tests.portal.walking import NINE, one

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ENDED = NINE + timedelta(minutes=15)
DAYS = 15
ANSWERS = Answers({Aspect.COURTESY: 5, Aspect.OVERALL: 4}, resolved=True, comment="Muy amable.")


async def asked(cita: Booked, now: datetime = ENDED) -> UUID:
    await ask_survey(cita.id, now, DAYS)
    survey = await find_survey_of(cita.id)
    assert survey
    return survey.id


def test_a_token_says_which_survey_to_its_key_alone() -> None:
    survey = uuid4()
    token = survey_token(survey, KEY)
    assert read_survey_token(token, KEY) == survey
    assert read_survey_token(token, OTHER_KEY) is None
    assert survey.hex not in token
    assert survey_address("https://citas.example", survey, KEY) == f"https://citas.example/encuesta/{token}"


@pytest.mark.parametrize(
    "text", ["", "a", "a" * 43, "ñ" * 43, "=" * 43, "a" * 44, "a" * 5000, "\x00" * 43, "-_" * 21 + "-"]
)
def test_a_token_that_we_did_not_write_says_nothing(text: str) -> None:
    assert read_survey_token(text, KEY) is None


def test_no_letter_of_a_token_may_differ() -> None:
    token = survey_token(uuid4(), KEY)
    for place, letter in enumerate(token[:-1]):
        changed = token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
        assert read_survey_token(changed, KEY) is None


async def test_a_cita_is_asked_about_once(world: World) -> None:
    cita = await attend()
    first = await asked(cita)
    assert await asked(cita, ENDED + timedelta(days=1)) == first
    survey = await find_survey_of(cita.id)
    assert survey
    assert survey.expires_at == ENDED + timedelta(days=DAYS)


async def test_an_answer_says_who_attended_and_in_which_month(world: World) -> None:
    second = world.consultants[1]
    cita = await attend(by=second, channel=Modality.PHONE.value)
    await answer_survey(await asked(cita), ANSWERS, ENDED + timedelta(hours=1))
    (row,) = await fetch('SELECT * FROM "survey_answer"')
    assert (row["consultant"], row["center"], row["service"]) == (second, world.center, world.service)
    assert (row["month"], row["modality"]) == (date(2027, 1, 1), Modality.PHONE.value)
    assert (row["courtesy"], row["overall"], row["trust"]) == (5, 4, None)
    assert (bool(row["resolved"]), row["comment"]) == (True, "Muy amable.")


async def test_nothing_of_an_answer_leads_back_to_its_cita(world: World) -> None:
    cita = await attend()
    survey = await asked(cita)
    answered_at = ENDED + timedelta(days=3, minutes=7)
    await answer_survey(survey, ANSWERS, answered_at)
    (answer,) = await fetch('SELECT * FROM "survey_answer"')
    ids = {str(value) for value in (survey, cita.id, cita.code)}
    assert not ids & {str(value) for value in answer.values()}
    # Neither side tells the day: their order would give the pairs away.
    mark: datetime = await one('SELECT "answered_at" FROM "survey"')
    assert mark.astimezone(answered_at.tzinfo).day == 1
    assert not any(isinstance(value, datetime) for value in answer.values())
    kinds = await fetch('SELECT "kind" FROM "appointment_event" WHERE "at" = {}', answered_at)
    assert kinds == []


async def test_a_survey_is_answered_once(world: World) -> None:
    survey = await asked(await attend())
    await answer_survey(survey, ANSWERS, ENDED)
    with pytest.raises(SurveyClosed) as refusal:
        await answer_survey(survey, ANSWERS, ENDED)
    assert refusal.value.standing is Standing.ANSWERED
    assert len(await fetch('SELECT "id" FROM "survey_answer"')) == 1


async def test_of_many_at_the_same_instant_one_answers(world: World) -> None:
    survey = await asked(await attend())
    outcomes = await asyncio.gather(
        *(answer_survey(survey, Answers({Aspect.OVERALL: 1 + number % 5}), ENDED) for number in range(8)),
        return_exceptions=True,
    )
    assert outcomes.count(None) == 1
    assert all(isinstance(one, SurveyClosed) for one in outcomes if one is not None)
    assert len(await fetch('SELECT "id" FROM "survey_answer"')) == 1


async def test_it_expires(world: World) -> None:
    survey = await asked(await attend())
    with pytest.raises(SurveyClosed) as refusal:
        await answer_survey(survey, ANSWERS, ENDED + timedelta(days=DAYS))
    assert refusal.value.standing is Standing.EXPIRED
    await answer_survey(survey, ANSWERS, ENDED + timedelta(days=DAYS) - timedelta(seconds=1))


async def test_one_that_is_gone_takes_nothing(node: Node) -> None:
    with pytest.raises(SurveyClosed) as refusal:
        await answer_survey(uuid4(), ANSWERS, ENDED)
    assert refusal.value.standing is Standing.UNKNOWN


async def reminders() -> list[dict[str, object]]:
    return await fetch('SELECT "recipient", "deadline" FROM "outbox_message" WHERE "kind" = \'survey_reminder\'')


async def test_who_does_not_answer_is_reminded_once_some_days_later(world: World) -> None:
    await asked(await attend())
    assert await remind_of_surveys(ENDED + REMIND_AFTER - timedelta(seconds=1)) == 0
    assert await remind_of_surveys(ENDED + REMIND_AFTER) == 1
    for days in range(20):
        assert await remind_of_surveys(ENDED + REMIND_AFTER + timedelta(days=days)) == 0
    (mail,) = await reminders()
    assert mail["recipient"] == "rosa@example.org"
    assert isinstance(mail["deadline"], datetime)
    assert mail["deadline"] <= ENDED + timedelta(days=DAYS)


async def test_two_workers_remind_once(world: World) -> None:
    await asked(await attend())
    await asyncio.gather(*(remind_of_surveys(ENDED + REMIND_AFTER) for _ in range(4)))
    assert len(await reminders()) == 1


async def test_who_answered_is_left_in_peace(world: World) -> None:
    await answer_survey(await asked(await attend()), ANSWERS, ENDED)
    assert await remind_of_surveys(ENDED + REMIND_AFTER) == 0


async def test_who_has_no_mail_is_not_reminded(world: World) -> None:
    await asked(await attend(MEI))
    assert await remind_of_surveys(ENDED + REMIND_AFTER) == 0


async def test_a_survey_that_is_over_soon_has_no_reminder_after_its_end(world: World) -> None:
    cita = await attend()
    await ask_survey(cita.id, ENDED, 4)
    assert await remind_of_surveys(ENDED + timedelta(days=4)) == 0


async def test_a_worker_that_comes_late_reminds_until_it_expires(world: World) -> None:
    await asked(await attend())
    assert await remind_of_surveys(ENDED + timedelta(days=DAYS)) == 0
    assert await remind_of_surveys(ENDED + timedelta(days=10)) == 1
