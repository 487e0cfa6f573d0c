"""What a mail's reader taps: each link opens its page, for somebody who has never been here, and changes nothing."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from html import unescape
from pathlib import Path

import httpx
import pytest

from portal.app import create_app
from portal.clock import Clock
from portal.database.node import Node
from portal.domain.appointments import find_appointment
from portal.domain.vocabulary import State
from portal.keys import Keys
from portal.mail.post_office import open_post_office
from portal.settings import Settings
from tests.mail.conftest import STARTS, MakeSettings
from tests.mail.here_printer import HerePrinter
from tests.people import ROSA, build_world, reserve, slot_at


@pytest.fixture
async def booked(sqlite_node: Node) -> str:
    await build_world()
    return (await reserve(ROSA, slot_at(STARTS))).code


@pytest.fixture
def settings(mail_settings: MakeSettings) -> Settings:
    return mail_settings(worker=False, database_url="")


async def links_of_the_mail(settings: Settings, keys: Keys, printer: HerePrinter, clock: Clock) -> list[str]:
    """The links to our own pages, in the order that they stand in."""
    await open_post_office(settings, keys, printer, clock).deliver_due(asyncio.Event())
    [file] = await asyncio.to_thread(lambda: list(Path(settings.data / "mail").iterdir()))
    message = message_from_bytes(file.read_bytes(), policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("html",))
    assert body is not None
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', body.get_content())]
    return [link for link in links if link.startswith(settings.origin)]


@pytest.mark.parametrize("number", range(3))
async def test_a_link_opens_its_page(
    sqlite_node: Node, booked: str, settings: Settings, keys: Keys, printer: HerePrinter, clock: Clock, number: int
) -> None:
    links = await links_of_the_mail(settings, keys, printer, clock)
    assert len(links) == 3
    app = create_app(settings, clock=clock, node=sqlite_node)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar's own types
    async with httpx.AsyncClient(transport=transport, base_url=settings.origin, follow_redirects=True) as visitor:
        page = await visitor.get(links[number])
    assert page.status_code == 200
    assert "k=" not in str(page.url)
    assert page.url.path == links[number].removeprefix(settings.origin).partition("?")[0]
    assert booked in page.text.replace(" ", "")
    cita = await find_appointment(booked)
    assert cita is not None
    assert cita.state is State.RESERVED
