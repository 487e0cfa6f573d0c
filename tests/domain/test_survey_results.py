"""What the surveys say: numbers, means, shares, rates; and what is not shown, so that nobody is recognised."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from portal.database.node import fetch
from portal.domain.survey_results import FEWEST, Analysis, SurveyFilter, analyse
from portal.domain.surveys import Answers, Aspect, answer_survey, ask_survey, find_survey_of
from tests.attended import attend
from tests.people import World, citizen_number
from tests.portal.walking import NINE
from tests.staffing import Staffed

JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)
WANTED = SurveyFilter(JANUARY, FEBRUARY)


async def answered(number: int, by: UUID, answers: Answers, *, day: int = 0, responds: bool = True) -> None:
    """A cita of citizen ``number`` attended by somebody, and what its owner answered."""
    at = NINE + timedelta(days=day, minutes=30 * number)
    cita = await attend(citizen_number(number), at, by=by)
    await ask_survey(cita.id, at, 15)
    survey = await find_survey_of(cita.id)
    assert survey
    if responds:
        await answer_survey(survey.id, answers, at)


def marks(overall: int, resolved: bool | None = None, comment: str = "") -> Answers:
    return Answers({Aspect.OVERALL: overall, Aspect.COURTESY: 5}, resolved, comment)


async def test_answers_are_counted_and_averaged(staffed: Staffed) -> None:
    for number, answers in enumerate(
        [marks(1, resolved=False), marks(4, resolved=True), marks(5, resolved=True), marks(5), marks(5, resolved=True)]
    ):
        await answered(number, staffed.consultant, answers)
    results = (await analyse(WANTED)).results
    assert results
    overall = next(one for one in results.aspects if one.aspect is Aspect.OVERALL)
    assert (overall.counts, overall.number, overall.mean, overall.share(5)) == ((1, 0, 0, 1, 3), 5, 4.0, 0.6)
    assert (results.mean_of(Aspect.COURTESY), results.mean_of(Aspect.TRUST)) == (5.0, None)
    assert (results.resolved, results.unresolved, results.resolved_share) == (3, 1, 0.75)


async def test_the_rate_counts_who_was_asked(staffed: Staffed) -> None:
    for number in range(4):
        await answered(number, staffed.consultant, marks(5), responds=number < 1)
    (rate,) = (await analyse(WANTED)).rates
    assert (rate.month, rate.asked, rate.answered, rate.share) == (JANUARY, 4, 1, 0.25)


async def test_too_few_answers_are_not_shown(staffed: Staffed) -> None:
    for number in range(FEWEST - 1):
        await answered(number, staffed.consultant, marks(5, comment="Mi nombre es Rosa"))
    analysis = await analyse(WANTED)
    assert analysis == Analysis(FEWEST - 1, None, analysis.rates)


async def test_a_consultor_with_few_answers_is_not_shown(staffed: Staffed) -> None:
    for number in range(12):
        await answered(number, staffed.consultant if number < 6 else staffed.colleague, marks(4))
    assert [group.results is not None for group in (await analyse(WANTED)).consultants] == [True, True]
    await fetch(
        'DELETE FROM "survey_answer" WHERE "id" IN (SELECT "id" FROM "survey_answer" WHERE "consultant" = {} LIMIT 4)',
        staffed.colleague,
    )
    # Two are left: they could be worked out from the sum and the other consultor, who is hidden as well.
    groups = (await analyse(WANTED)).consultants
    assert [(group.name, group.number, group.results) for group in groups] == [
        ("Consultor 1", 6, None),
        ("Consultor 2", 2, None),
    ]
    assert (await analyse(SurveyFilter(JANUARY, FEBRUARY, consultant=staffed.colleague))).results is None


async def test_months_sedes_and_people_are_filtered(staffed: Staffed) -> None:
    for number in range(5):
        await answered(number, staffed.consultant, marks(4))
        await answered(number + 5, staffed.consultant, marks(2), day=28)
    everything = await analyse(WANTED)
    assert [(group.month, group.number) for group in everything.months] == [(JANUARY, 5), (FEBRUARY, 5)]
    assert [rate.month for rate in everything.rates] == [JANUARY, FEBRUARY]
    assert (await analyse(SurveyFilter(JANUARY, JANUARY))).number == 5
    assert (await analyse(SurveyFilter(JANUARY, FEBRUARY, center=staffed.other_center))).number == 0
    mine = await analyse(SurveyFilter(JANUARY, FEBRUARY, staffed.world.center, staffed.consultant))
    assert mine.number == 10
    assert mine.consultants[0].results
    assert mine.consultants[0].results.mean_of(Aspect.OVERALL) == pytest.approx(3)


async def test_comments_come_in_no_order_and_without_anything_else(staffed: Staffed) -> None:
    words = [f"Comentario {number}" for number in range(6)]
    for number, comment in enumerate(words):
        await answered(number, staffed.consultant, marks(4, comment=comment))
    comments = (await analyse(WANTED)).comments
    assert sorted(comments) == words
    ids = await fetch('SELECT "id", "comment" FROM "survey_answer"')
    assert list(comments) == [row["comment"] for row in sorted(ids, key=lambda row: row["id"])]


async def test_nothing_is_nothing(world: World) -> None:
    assert await analyse(WANTED) == Analysis(0, None, ())
