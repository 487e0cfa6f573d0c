"""The demonstration: everything in it could have been clicked, nothing leaves, and every page of the staff opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from litestar import Litestar

from portal.database.node import Node, fetch, open_node, use_node
from portal.demo.month import Demonstration, Extent, HasCitas, fill_month
from portal.demo.paper import write_paper
from portal.domain.sessions import Stage
from portal.domain.vocabulary import QuestionState, Role, State
from portal.forms.upload_pdf import check_pdf
from portal.web.admission import ACCESS
from tests.browser import NewVisitor
from tests.databases import NewDatabase
from tests.people import RULES
from tests.portal.walking import MovingClock, NewWalkApp, one
from tests.staffing import sign_in

NOON = datetime(2027, 1, 14, 17, 5, tzinfo=UTC)
"""A Thursday, 12:05 in Lima."""
SMALL = Extent(days_before=8, days_after=2, a_day=16)
SURVEY_DAYS = 15


async def play(seed: int = 7, extent: Extent = SMALL) -> Demonstration:
    return await fill_month(NOON, RULES, SURVEY_DAYS, extent, seed)


async def test_it_could_have_been_clicked(node: Node) -> None:
    made = await play()
    assert made.citas.keys() == set(State)
    assert made.questions.keys() == set(QuestionState)
    assert {sign_in.username for sign_in in made.sign_ins} >= {"consultor1", "responsable", "administrador"}
    assert sum(made.citas.values()) > 80
    for nobody in IMPOSSIBLE:
        assert await fetch(nobody) == [], nobody
    counted = {row["kind"]: row["number"] for row in await fetch(EVENTS)}
    assert counted["finished"] == made.citas[State.ATTENDED] == await one('SELECT count(*) FROM "survey"')
    assert counted["cancelled"] == made.citas[State.CANCELLED]
    assert counted["moved_from"] == made.citas[State.RESCHEDULED]
    assert counted["abandoned"] - counted.get("taken_back", 0) == made.citas[State.ABANDONED]
    assert counted["not_held"] == made.citas[State.NOT_HELD]
    assert counted["question_answered"] == made.questions[QuestionState.ANSWERED]
    assert await one('SELECT "at" FROM "appointment_event" ORDER BY "at" DESC LIMIT 1') <= NOON


EVENTS = 'SELECT "kind", count(*) AS "number" FROM "appointment_event" GROUP BY "kind"'
IMPOSSIBLE = (
    # A cita that was not given back sits on its seat, and the seat says so.
    """SELECT "appointment"."id" FROM "appointment" JOIN "seat" ON "seat"."id" = "appointment"."seat"
    WHERE "state" NOT IN ('cancelled', 'rescheduled')
    AND ("seat"."appointment" IS NULL OR "seat"."appointment" <> "appointment"."id")""",
    """SELECT "id" FROM "appointment" WHERE "state" = 'attended' AND ("invited_at" IS NULL OR "started_at" IS NULL
    OR "finished_at" IS NULL OR "finished_at" <= "started_at" OR "reminded_at" IS NULL)""",
    """SELECT "id" FROM "appointment" WHERE "state" IN ('abandoned', 'not_held', 'cancelled', 'rescheduled')
    AND "ended_at" IS NULL""",
    """SELECT "appointment"."id" FROM "appointment"
    LEFT JOIN "attention" ON "attention"."appointment" = "appointment"."id"
    WHERE "state" IN ('abandoned', 'not_held') AND COALESCE("attention"."motive", '') = ''""",
    # Nothing waits to be mailed, nothing goes to anybody, and nobody can be anybody.
    """SELECT "id" FROM "outbox_message" WHERE "state" NOT IN ('sent', 'failed')""",
    """SELECT "id" FROM "outbox_message" WHERE "recipient" NOT LIKE '%example.org'""",
    """SELECT "id" FROM "appointment" WHERE "email" <> '' AND "email" NOT LIKE '%example.org'""",
    """SELECT "id" FROM "appointment" WHERE "phone" NOT LIKE '+519000%'""",
    """SELECT "id" FROM "citizen" WHERE "document_number" NOT LIKE '991%' AND "document_number" NOT LIKE 'DEMO%'""",
    # An answer has a mail, and what was forwarded a note.
    """SELECT "question"."id" FROM "question" JOIN "appointment" ON "appointment"."id" = "question"."appointment"
    LEFT JOIN "outbox_message" ON "outbox_message"."appointment" = "appointment"."id"
    AND "outbox_message"."kind" = 'question_answered'
    WHERE "question"."state" = 'answered' AND "email" <> '' AND "outbox_message"."id" IS NULL""",
    """SELECT "id" FROM "question" WHERE "forwarded_at" IS NOT NULL AND "forward_note" = ''""",
)


async def test_every_page_of_the_staff_opens(
    node: Node, new_walk_app: NewWalkApp, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    await play()
    moving_clock.now = NOON
    app = new_walk_app()
    visitors = {}
    for role, username in (
        (Role.CONSULTANT, "consultor1"), (Role.SUPERVISOR, "responsable"), (Role.ADMINISTRATOR, "administrador"),
    ):  # fmt: skip
        person: UUID = await one('SELECT "id" FROM "staff" WHERE "username" = {}', username)
        visitors[role] = await sign_in(new_visitor(app), person, NOON)
    opened = 0
    for address, roles in pages_of(app):
        for role in roles:
            await visitors[role].open(address)
            opened += 1
    steering = visitors[Role.SUPERVISOR]
    for state in State:
        cita = await one('SELECT "id" FROM "appointment" WHERE "state" = {} LIMIT 1', state.value)
        await steering.open(f"/atenciones/{cita}")
    for waiting in QuestionState:
        question = await one('SELECT "id" FROM "question" WHERE "state" = {} LIMIT 1', waiting.value)
        await steering.open(f"/incidencias/{question}")
    assert opened > 10


def pages_of(app: Litestar) -> Iterator[tuple[str, frozenset[Role]]]:
    """The addresses of the staff's pages that need no more than a session, with the roles that they are for."""
    for route in app.routes:
        handlers: list[Any] = list(getattr(route, "route_handlers", ()))
        for handler in handlers:
            roles = handler.opt.get(ACCESS)
            if not roles or "GET" not in handler.http_methods or handler.opt["stage"] is not Stage.FULL:
                continue
            if "{" not in route.path and "." not in route.path:
                yield route.path, roles


async def test_one_seed_tells_one_story(new_database: NewDatabase) -> None:
    told = []
    for _ in range(2):
        node = open_node("portal", new_database("sqlite"))
        await node.start()
        try:
            with use_node(node):
                made = await play(extent=Extent(4, 1, 12))
                people = await fetch('SELECT "starts_at", "given_names", "state" FROM "appointment"')
        finally:
            await node.stop()
        told.append((made.citas, made.questions, sorted(tuple(row.values()) for row in people)))
    assert told[0] == told[1]


async def test_a_database_with_citas_is_left_alone(sqlite_node: Node) -> None:
    await play(extent=Extent(2, 1, 4))
    before = await one('SELECT count(*) FROM "appointment"')
    with pytest.raises(HasCitas):
        await play()
    assert await one('SELECT count(*) FROM "appointment"') == before


def test_the_papers_of_the_demonstration_are_papers() -> None:
    check_pdf(write_paper("Curriculum vitae de demostracion").content)
