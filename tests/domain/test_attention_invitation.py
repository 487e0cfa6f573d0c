"""Invite and try to reach: the tolerance, the links, the attempts (PE-BT-01, activity 03)."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from portal.database.node import Node, fetch
from portal.domain.attention import start
from portal.domain.attention_invitation import invite, log_contact, set_link
from portal.domain.changing import move
from portal.domain.errors import NotReserved, NoVideoLink, TooLate, TooSoon
from portal.domain.modality import Modality
from portal.domain.permissions import may_act
from portal.domain.staff import find_staff
from portal.domain.steps import Step, next_step
from portal.domain.video import read_video_link
from portal.domain.vocabulary import ContactChannel, ContactOutcome, EventKind, State
from tests.attending import NO_MAIL, START, at, open_case
from tests.domain.test_races import outcomes
from tests.people import NOW, ROSA, RULES, slot_at

ROOM = "https://video.example.org/cita-0123456789"
JITSI = replace(RULES, jitsi_url="https://video.example.org")


async def test_an_invitation_starts_the_tolerance(node: Node) -> None:
    case = await open_case(node)
    assert next_step(await case.cita(), at(-3)) is Step.INVITE
    await invite(case.id, case.consultant, at(-3), RULES)
    cita = await case.cita()
    assert (cita.invited_at, cita.tolerance_ends) == (at(-3), at(5))
    assert await case.mails() == ["invitation"]
    assert [row["kind"] for row in await case.rows("notice")] == ["confirmation", "invitation"]
    assert next_step(cita, at(4)) is Step.START
    assert next_step(cita, at(5)) is Step.ABANDON


async def test_invited_late_they_still_have_five_minutes(node: Node) -> None:
    case = await open_case(node)
    await invite(case.id, case.consultant, at(20), RULES)
    assert (await case.cita()).tolerance_ends == at(25)


async def test_an_invitation_outside_the_window(node: Node) -> None:
    case = await open_case(node)
    with pytest.raises(TooSoon):
        await invite(case.id, case.consultant, at(-11), RULES)
    with pytest.raises(TooLate):
        await invite(case.id, case.consultant, at(15 * 60), RULES)
    await fetch('UPDATE "appointment" SET "state" = {} WHERE "id" = {}', "cancelled", case.id)
    with pytest.raises(NotReserved):
        await invite(case.id, case.consultant, at(0), RULES)


async def test_two_invitations_at_once_are_one(node: Node) -> None:
    case = await open_case(node)
    people = [case.consultant, case.colleague] * 4
    await outcomes(*(invite(case.id, one, at(0), RULES) for one in people))
    assert await case.events() == [EventKind.INVITED]
    assert await case.mails() == ["invitation"]


async def test_the_link_again_does_not_move_the_tolerance(node: Node) -> None:
    case = await open_case(node)
    await invite(case.id, case.consultant, at(0), RULES)
    await invite(case.id, case.consultant, at(0.5), RULES, again=True)
    await invite(case.id, case.consultant, at(3), RULES, again=True)
    assert (await case.cita()).tolerance_ends == at(5)
    assert await case.mails() == ["invitation", "invitation"]
    await start(case.id, case.consultant, at(4))
    await invite(case.id, case.consultant, at(10), RULES, again=True)
    assert (await case.mails()).count("invitation") == 3


@pytest.mark.parametrize("modality", [Modality.PHONE, Modality.IN_PERSON])
async def test_otherwise_they_are_called(node: Node, modality: Modality) -> None:
    case = await open_case(node, modality=modality)
    await invite(case.id, case.consultant, at(0), RULES)
    assert (await case.cita()).invited_at == at(0)
    assert await case.mails() == []


async def test_without_an_address_the_page_tells(node: Node) -> None:
    case = await open_case(node, NO_MAIL)
    await invite(case.id, case.consultant, at(0), RULES)
    assert await case.mails() == []
    assert "invitation" in [row["kind"] for row in await case.rows("notice")]


async def test_a_video_call_needs_a_link(node: Node) -> None:
    case = await open_case(node)
    await fetch('UPDATE "staff" SET "meet_link" = {}', "")
    with pytest.raises(NoVideoLink):
        await invite(case.id, case.consultant, at(0), RULES)
    assert (await case.cita()).invited_at is None
    await set_link(case.id, case.consultant, "https://meet.google.com/xyz-abcd-efg", at(0))
    await invite(case.id, case.consultant, at(0), RULES)
    assert (await case.cita()).meet_link == "https://meet.google.com/xyz-abcd-efg"


async def test_each_cita_gets_a_room_of_its_own_that_nobody_can_guess(node: Node) -> None:
    case = await open_case(node, rules=JITSI)
    link = (await case.cita()).meet_link
    assert read_video_link(link, JITSI) == link
    assert len(link) > len("https://video.example.org/") + 24
    moved = await move(case.booked.code, slot_at(at(60)), NOW, JITSI)
    [row] = await fetch('SELECT "meet_link" FROM "appointment" WHERE "id" = {}', moved.id)
    assert read_video_link(row["meet_link"], JITSI)
    assert row["meet_link"] != link
    await move(moved.code, slot_at(START, Modality.PHONE), NOW, JITSI)
    [row] = await fetch('SELECT "meet_link" FROM "appointment" WHERE "modality" = {}', "telefonica")
    assert row["meet_link"] == ""


async def test_a_cita_from_before_the_rooms_gets_one_with_the_invitation(node: Node) -> None:
    case = await open_case(node)
    await invite(case.id, case.consultant, at(0), JITSI)
    assert read_video_link((await case.cita()).meet_link, JITSI)


@pytest.mark.parametrize(
    ("link", "fits"),
    [
        ("https://meet.google.com/abc-defg-hij", True),
        ("  meet.google.com/abc-defg-hij?authuser=1 ", True),
        ("http://meet.google.com/abc-defg-hij", False),
        ("https://meet.google.com.example.org/abc-defg-hij", False),
        ("https://meet.google.com@example.org/abc", False),
        ("https://meet.google.com/", False),
        ("https://meet.google.com/abc def", False),
        ('https://meet.google.com/"><script>', False),
        ("javascript:alert(1)//https://meet.google.com/abc", False),
        ("https://meet.google.com/" + "a" * 200, False),
        ("https://zoom.us/j/123", False),
    ],
)
def test_only_meet_links_pass_for_meet(link: str, fits: bool) -> None:
    assert read_video_link(link, RULES) == ("https://meet.google.com/abc-defg-hij" if fits else None)
    assert read_video_link(link, JITSI) is None


@pytest.mark.parametrize("link", [f"{ROOM}\n/x", ROOM.replace("org", "org.evil"), f"{ROOM}/../x", f"{ROOM}?x=1", ""])
def test_only_rooms_of_the_server_pass_for_jitsi(link: str) -> None:
    assert read_video_link(ROOM, JITSI) == ROOM
    assert read_video_link(link, JITSI) is None


async def test_a_new_link_is_told_once(node: Node) -> None:
    case = await open_case(node)
    link = "https://meet.google.com/xyz-abcd-efg"
    await outcomes(*(set_link(case.id, one, link, at(-2)) for one in (case.consultant, case.colleague)))
    assert await case.events() == [EventKind.LINK_CHANGED]
    assert await case.mails() == ["transfer"]
    await set_link(case.id, case.consultant, "", at(0))
    assert (await case.cita()).meet_link == "https://meet.google.com/abc-defg-hij"


async def test_attempts_are_noted_once_each(node: Node) -> None:
    case = await open_case(node)
    attempt = uuid4()
    for _ in range(2):
        await log_contact(
            case.id, case.consultant, ContactChannel.PHONE, ContactOutcome.NO_ANSWER, "Suena", at(3), attempt
        )
    await log_contact(case.id, case.consultant, ContactChannel.EMAIL, ContactOutcome.MESSAGE_LEFT, "", at(4))
    rows = await case.rows("contact_attempt")
    assert [(row["channel"], row["outcome"], row["note"], row["at"]) for row in rows] == [
        ("phone", "no_answer", "Suena", at(3)),
        ("email", "message_left", "", at(4)),
    ]
    assert await case.events() == [EventKind.CONTACT_TRIED] * 2


async def test_a_colleague_who_takes_over_a_cita_left_waiting_keeps_it(node: Node) -> None:
    case = await open_case(node)
    colleague = await find_staff(case.colleague)
    assert colleague
    assert not may_act(colleague, await case.cita(), at(4))
    assert may_act(colleague, await case.cita(), at(5))
    await invite(case.id, case.colleague, at(6), RULES)
    assert may_act(colleague, await case.cita(), at(7))
    await start(case.id, case.colleague, at(8))
    cita = await case.cita()
    assert (cita.state, cita.attended_by) == (State.IN_ATTENTION, case.colleague)
    assert ROSA.email
