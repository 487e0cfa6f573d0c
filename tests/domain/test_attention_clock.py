"""What the clock does about attentions: a forgotten Final is asked about once, a cita that nobody attends told once."""

from __future__ import annotations

from datetime import timedelta

from portal.database.node import Node, fetch
from portal.domain.attention import start
from portal.domain.attention_clock import alert_unattended, ask_about_finals
from portal.domain.attention_invitation import invite
from tests.attending import add_case, at, open_case
from tests.people import JULIO, RULES


async def test_a_final_is_asked_about_once_after_45_minutes(node: Node) -> None:
    case = await open_case(node)
    await start(case.id, case.consultant, at(0))
    assert await ask_about_finals(at(44.9)) == 0
    assert await ask_about_finals(at(45)) == 1
    assert await ask_about_finals(at(50)) == 0
    assert (await case.cita()).final_asked_at == at(45)


async def test_the_sede_is_told_once_of_who_waits(node: Node) -> None:
    case = await open_case(node)
    invited = await add_case(case.world, JULIO)
    await invite(invited.id, invited.consultant, at(1), RULES)
    assert await alert_unattended(at(4.9)) == 0
    assert await alert_unattended(at(5)) == 1
    assert await alert_unattended(at(6)) == 0
    [message] = [row for row in await case.rows("outbox_message") if row["kind"] == "unattended"]
    assert message["recipient"] == "central@example.org"
    assert "unattended" not in await invited.mails()


async def test_yesterday_is_told_nobody_and_a_sede_without_an_address_neither(node: Node) -> None:
    case = await open_case(node)
    assert await alert_unattended(at(0) + timedelta(hours=15)) == 0
    await fetch('UPDATE "center" SET "email" = {}', "")
    assert await alert_unattended(at(10)) == 0
    assert await case.mails() == []
