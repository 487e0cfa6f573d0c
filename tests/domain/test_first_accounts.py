"""The first people who can sign in: at the first start, and by the command line."""

from __future__ import annotations

import asyncio

import pytest

from portal.database.node import Node, fetch
from portal.domain.first_accounts import NotAnAdministrator, SignIn, add_first_accounts, make_administrator
from portal.domain.sessions import SessionRules, Stage, find_session
from portal.domain.signing_in import SignInRefused, sign_in
from tests.people import NOW, World
from tests.portal.walking import one
from tests.staffing import Staffed, give_password

RULES = SessionRules()


async def stage_of(made: SignIn) -> Stage:
    return (await sign_in(made.username, made.password, "x", NOW, RULES)).stage


async def test_everybody_gets_a_password_that_must_be_changed(world: World) -> None:
    """As in an installation that was set up before there were passwords: its consultores are there."""
    made = await add_first_accounts(NOW)
    assert {sign_in.username for sign_in in made} == {"consultor1", "consultor2", "responsable", "administrador"}
    assert len({sign_in.password for sign_in in made}) == 4
    for one_made in made:
        assert await stage_of(one_made) is Stage.NEW_PASSWORD
    assert await one('SELECT "center" FROM "staff" WHERE "username" = \'responsable\'') == world.center
    assert await add_first_accounts(NOW) == ()


async def test_where_somebody_can_sign_in_nothing_is_made(staffed: Staffed) -> None:
    await give_password(staffed.administrator, "x")
    assert await add_first_accounts(NOW) == ()
    assert await one('SELECT count(*) FROM "staff" WHERE "password_hash" <> \'\'') == 1


async def test_people_of_those_roles_are_not_added_twice(staffed: Staffed) -> None:
    made = await add_first_accounts(NOW)
    usernames = [sign_in.username for sign_in in made]
    assert usernames == ["administrador", "consultor1", "consultor2", "consultor9", "responsable"]
    assert await one('SELECT count(*) FROM "staff"') == 5


async def test_of_two_first_starts_at_once_each_password_is_told_by_the_one_that_set_it(world: World) -> None:
    told = [sign_in for made in await asyncio.gather(*(add_first_accounts(NOW) for _ in range(3))) for sign_in in made]
    assert sorted(sign_in.username for sign_in in told) == ["administrador", "consultor1", "consultor2", "responsable"]
    for one_told in told:
        assert await stage_of(one_told) is Stage.NEW_PASSWORD


async def test_an_administrador_is_made_where_there_is_nobody(node: Node) -> None:
    made = await make_administrator("ana", NOW)
    assert await stage_of(made) is Stage.NEW_PASSWORD
    assert await add_first_accounts(NOW) == ()


async def test_an_administrador_who_lost_everything_gets_in_again(staffed: Staffed) -> None:
    former = await make_administrator("ana", NOW)
    session = await sign_in(former.username, former.password, "x", NOW, RULES)
    await fetch('UPDATE "staff" SET "active" = {}, "totp_confirmed_at" = {} WHERE "username" = \'ana\'', False, NOW)
    again = await make_administrator("ana", NOW)
    assert await find_session(session.value, NOW, RULES) is None
    assert await stage_of(again) is Stage.NEW_PASSWORD
    with pytest.raises(SignInRefused):
        await sign_in(former.username, former.password, "x", NOW, RULES)


async def test_somebody_of_another_role_is_not_made_administrador(staffed: Staffed) -> None:
    with pytest.raises(NotAnAdministrator):
        await make_administrator("consultor1", NOW)
