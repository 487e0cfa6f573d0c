"""``/encuestas``: what people answer, for who steers, without names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.surveys import Answers, Aspect
from tests.browser import NewVisitor, Visitor
from tests.domain.test_survey_results import answered
from tests.portal.walking import NINE, MovingClock
from tests.staffing import Staffed, sign_in

Enter = Callable[[UUID], Awaitable[Visitor]]


@pytest.fixture
def enter(owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock) -> Enter:
    """A browser of somebody of the staff, some days after the citas."""

    async def make(person: UUID) -> Visitor:
        moving_clock.now = NINE + timedelta(days=10)
        return await sign_in(new_visitor(owned_app), person, moving_clock())

    return make


async def six(by: UUID) -> None:
    for number in range(6):
        comment = "Muy <b>amable</b>." if number == 0 else ""
        await answered(number, by, Answers({Aspect.OVERALL: 5, Aspect.TIME: 2}, resolved=number > 1, comment=comment))


async def test_means_shares_rate_and_comments(staffed: Staffed, enter: Enter) -> None:
    await six(staffed.consultant)
    page = await (await enter(staffed.supervisor)).open("/encuestas")
    for words in (
        "enero de 2027 6 6 100 %",
        "Respuestas: 6",
        "67 % (4 sí, 2 no)",
        "En general 5.0 0 % (0) 0 % (0) 0 % (0) 0 % (0) 100 % (6) 6",
        "Tiempo 2.0 0 % (0) 100 % (6)",
        "Confianza — 0 % (0)",
        "Muy <b>amable</b>.",
    ):
        assert words in page.text
    assert "D'Angelo" not in page.text
    (entry,) = await fetch('SELECT "subject" FROM "audit_entry" WHERE "action" = \'surveys_seen\'')
    assert entry["subject"] == "central"


async def test_too_few_are_not_shown(staffed: Staffed, enter: Enter) -> None:
    for number in range(4):
        await answered(number, staffed.consultant, Answers({Aspect.OVERALL: 1}, comment="Un secreto"))
    page = await (await enter(staffed.supervisor)).open("/encuestas")
    assert "Hay menos de 5 respuestas" in page.text
    assert "secreto" not in page.text


async def test_before_anybody_answered(staffed: Staffed, enter: Enter) -> None:
    page = await (await enter(staffed.administrator)).open("/encuestas")
    assert "Todavía no hay respuestas de esos meses." in page.text


async def test_a_responsable_sees_their_sede_alone(staffed: Staffed, enter: Enter) -> None:
    await six(staffed.consultant)
    await fetch('UPDATE "staff" SET "center" = {} WHERE "id" = {}', staffed.other_center, staffed.supervisor)
    visitor = await enter(staffed.supervisor)
    assert "Respuestas: 6" not in (await visitor.open("/encuestas")).text
    await visitor.open("/encuestas?sede=central", status=422)
    await visitor.open(f"/encuestas?consultor={staffed.consultant}", status=422)


async def test_consultores_and_the_public_see_nothing(
    staffed: Staffed, enter: Enter, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    await (await enter(staffed.consultant)).open("/encuestas", status=403)
    assert (await new_visitor(owned_app).open("/encuestas")).address.startswith("/ingresar")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("desde=2027-01&hasta=2026-12", "La última fecha es anterior a la primera"),
        ("desde=2027-13", "Elige una opción de la lista"),
        ("hasta=1999-01", "Elige una opción de la lista"),
        ("sede=nada", "Elige una sede de la lista"),
    ],
)
async def test_what_says_nothing_clear_comes_back_with_why(
    staffed: Staffed, enter: Enter, query: str, sentence: str
) -> None:
    page = await (await enter(staffed.supervisor)).open(f"/encuestas?{query}", status=422)
    assert page.text.count(sentence) == 2
