"""Sessions of the staff: how they end, what is remembered of them, and what is never kept."""

from __future__ import annotations

from datetime import timedelta

from portal.database.node import fetch
from portal.domain.sessions import (
    Ended,
    SessionRules,
    Stage,
    end_session,
    end_sessions_of,
    find_session,
    list_sessions,
    open_session,
    purge_sessions,
    session_key,
    why_ended,
)
from tests.people import NOW
from tests.portal.walking import one
from tests.staffing import Staffed

RULES = SessionRules(idle=timedelta(minutes=30), longest=timedelta(hours=2))


async def test_why_it_ended(staffed: Staffed) -> None:
    value = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    assert await why_ended(value, NOW + timedelta(minutes=30), RULES) is Ended.IDLE
    for minutes in range(20, 120, 20):
        assert await find_session(value, NOW + timedelta(minutes=minutes), RULES)
    assert await why_ended(value, NOW + timedelta(hours=2), RULES) is Ended.AGE
    await end_session(session_key(value))
    assert await why_ended(value, NOW, RULES) is Ended.REVOKED
    assert await why_ended("never one", NOW, RULES) is Ended.REVOKED


async def test_who_left_was_put_out(staffed: Staffed) -> None:
    value = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    await fetch('UPDATE "staff" SET "active" = {} WHERE "id" = {}', False, staffed.consultant)
    assert await why_ended(value, NOW, RULES) is Ended.REVOKED


async def test_the_cookie_s_value_is_kept_nowhere(staffed: Staffed) -> None:
    value = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    (row,) = await fetch('SELECT * FROM "staff_session"')
    assert value not in str(row)


async def test_a_page_that_refreshes_itself_writes_once_a_minute(staffed: Staffed) -> None:
    value = await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    await find_session(value, NOW + timedelta(seconds=59), RULES)
    assert await seen() == NOW
    await find_session(value, NOW + timedelta(seconds=60), RULES)
    assert await seen() == NOW + timedelta(seconds=60)


async def seen() -> object:
    return (await fetch('SELECT "seen_at" FROM "staff_session"'))[0]["seen_at"]


async def test_sessions_are_listed_by_use_and_counted_as_they_end(staffed: Staffed) -> None:
    values = [
        await open_session(staffed.consultant, Stage.FULL, NOW + timedelta(minutes=minutes), RULES)
        for minutes in (0, 10, 20)
    ]
    await open_session(staffed.colleague, Stage.FULL, NOW, RULES)
    mine = session_key(values[0])
    listed = await list_sessions(staffed.consultant, mine, NOW + timedelta(minutes=25), RULES)
    assert [session.is_this_one for session in listed] == [False, False, True]
    assert len(await list_sessions(staffed.consultant, mine, NOW + timedelta(minutes=45), RULES)) == 1
    assert await end_sessions_of(staffed.consultant, but=mine) == 2
    assert await one('SELECT count(*) FROM "staff_session"') == 2


async def test_sessions_that_are_over_are_forgotten_some_days_later(staffed: Staffed) -> None:
    await open_session(staffed.consultant, Stage.FULL, NOW, RULES)
    await purge_sessions(NOW + timedelta(days=2))
    assert await one('SELECT count(*) FROM "staff_session"') == 1
    await purge_sessions(NOW + timedelta(days=2, hours=2))
    assert await one('SELECT count(*) FROM "staff_session"') == 0
