"""Who is let in: nobody without a rule, nobody without a session, no role but those that a route names."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from litestar import Litestar

from portal.database.errors import ConstraintError
from portal.database.node import Node, fetch
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.sessions import SessionRules, Stage, end_sessions_of, find_session, open_session
from tests.browser import NewVisitor
from tests.people import NOW
from tests.portal.walking import MovingClock
from tests.staffing import Staffed, sign_in

RULES = SessionRules(idle=timedelta(minutes=30), longest=timedelta(hours=2))


async def test_a_session_ends_by_idling_and_by_age(staffed: Staffed) -> None:
    value = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    for minutes in range(0, 120, 20):
        assert await find_session(value, NOW + timedelta(minutes=minutes), RULES)
    assert await find_session(value, NOW + timedelta(minutes=119), RULES)
    assert await find_session(value, NOW + timedelta(minutes=120), RULES) is None
    idle = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    assert await find_session(idle, NOW + timedelta(minutes=30), RULES) is None


async def test_a_page_that_refreshes_itself_keeps_no_session_open(staffed: Staffed) -> None:
    value = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    for minutes in range(0, 30, 5):
        assert await find_session(value, NOW + timedelta(minutes=minutes), RULES, by_itself=True)
    assert await find_session(value, NOW + timedelta(minutes=30), RULES, by_itself=True) is None


async def test_all_sessions_of_a_person_are_revoked_at_once(staffed: Staffed) -> None:
    mine = [await open_session(staffed.consultant, Stage.FULL, NOW, RULES) for _ in range(3)]
    hers = await open_session(staffed.colleague, Stage.FULL, NOW, RULES)
    kept = await find_session(mine[0], NOW, RULES)
    assert kept
    await end_sessions_of(staffed.consultant, but=kept.key)
    assert [bool(await find_session(value, NOW, RULES)) for value in (*mine, hers)] == [True, False, False, True]


async def test_who_no_longer_works_here_has_no_session(staffed: Staffed) -> None:
    value = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, staffed.consultant)
    assert await find_session(value, NOW, RULES) is None


async def test_whoever_is_not_signed_in_is_sent_to_the_door_and_back(
    staffed: Staffed, owned_app: Litestar, new_visitor: NewVisitor, moving_clock: MovingClock
) -> None:
    visitor = new_visitor(owned_app)
    page = await visitor.open("/agenda?fecha=2027-01-11")
    assert page.address.startswith("/ingresar?seguir=/agenda")
    await sign_in(visitor, staffed.consultant, moving_clock())
    assert (await visitor.open("/agenda")).address == "/agenda"


async def test_the_audit_is_append_only(node: Node) -> None:
    actor = Actor(None, "127.0.0.1", "session")
    for _ in range(2):
        await write_audit(actor, Action.AGENDA_SEEN, NOW, subject="central", once=True)
    appointment = uuid4()
    await write_audit(actor, Action.CITA_SEEN, NOW, appointment=appointment)
    rows = await fetch('SELECT "action" FROM "audit_entry" ORDER BY "action"')
    assert [row["action"] for row in rows] == ["agenda_seen", "cita_seen"]
    for statement in ('UPDATE "audit_entry" SET "action" = \'x\'', 'DELETE FROM "audit_entry"'):
        with pytest.raises(ConstraintError):
            await fetch(statement)
    assert len(await fetch('SELECT "id" FROM "audit_entry"')) == 2
