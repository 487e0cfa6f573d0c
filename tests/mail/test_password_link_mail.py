"""The link for a forgotten password as it arrives: it opens the form of a new one, and only while it is good."""

from __future__ import annotations

import re
from datetime import timedelta

from portal.database.node import fetch
from portal.domain.audit import Actor
from portal.domain.recovery import LINK_LASTS, find_link, make_link
from portal.domain.staff import find_staff
from portal.keys import Keys
from tests.mail.conftest import GOES_ON, OpenOffice, OpenServer, SetClock, states
from tests.mail.test_what_arrives import text_of
from tests.people import NOW
from tests.staffing import Staffed


async def ask(staffed: Staffed, keys: Keys) -> str:
    person = await find_staff(staffed.consultant)
    assert person
    return await make_link(person, Actor(None, "x"), keys.access, NOW)


async def test_the_link_of_the_mail_is_the_one_that_was_made(
    staffed: Staffed, open_server: OpenServer, open_office: OpenOffice, keys: Keys
) -> None:
    token = await ask(staffed, keys)
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    [received] = server.mood.received
    assert received.recipients == ("consultor1@example.org",)
    text = text_of(received.message)
    assert "consultor1" in text
    found = re.search(r"https://citas\.example\.org/ingresar/nueva-clave/(\S+)", text)
    assert found
    assert found[1] == token
    assert (await find_link(found[1], keys.access, NOW)).username == "consultor1"


async def test_a_link_that_was_used_or_is_over_is_not_sent(
    staffed: Staffed, open_server: OpenServer, open_office: OpenOffice, keys: Keys, clock: SetClock
) -> None:
    await ask(staffed, keys)
    await fetch('UPDATE "password_link" SET "used_at" = {}', NOW)
    server = await open_server()
    await open_office(server).deliver_due(GOES_ON)
    await ask(staffed, keys)
    clock.advance(LINK_LASTS + timedelta(seconds=1))
    await open_office(server).deliver_due(GOES_ON)
    assert server.mood.received == []
    assert sorted(await states()) == [("expired", "deadline"), ("expired", "superseded")]
