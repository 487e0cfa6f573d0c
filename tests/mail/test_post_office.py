"""What becomes of messages that do not arrive at once, and of those that a worker leaves behind."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from portal.database.node import Node, fetch
from portal.documents.renderer import RendererBusy
from portal.documents.slip import Slip
from portal.domain.changing import cancel
from portal.domain.outbox import CLAIM, OutboxFigures, count_messages
from portal.domain.vocabulary import MessageState
from portal.keys import Keys
from portal.mail.courier import NotNow
from portal.mail.post_office import open_post_office
from portal.settings import Settings, SettingsError
from tests.mail.conftest import GOES_ON, STARTS, MakeSettings, OpenOffice, OpenServer, SetClock, states
from tests.mail.here_printer import HerePrinter
from tests.mail.mail_server import DyingSMTP, Mood, Silent
from tests.people import JULIO, NOW, ROSA, RULES, build_world, reserve, slot_at

MINUTE = timedelta(minutes=1)


async def test_an_address_that_is_none_is_given_up(
    node: Node, open_server: OpenServer, open_office: OpenOffice
) -> None:
    await build_world()
    await reserve(replace(ROSA, email="rosa@example.org\r\nBcc: x@example.org"), slot_at(STARTS))
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 0
    assert await states() == [("failed", "address")]
    assert server.connections == 0


async def test_many_go_over_one_connection(node: Node, open_server: OpenServer, open_office: OpenOffice) -> None:
    await build_world()
    for person in (ROSA, JULIO):
        await reserve(person, slot_at(STARTS))
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 2
    assert server.connections == 1


# When it does not arrive


async def test_a_refusal_for_now_is_tried_again_with_the_same_message_id(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server(Mood(answers={"RCPT": ["450 greylisted"]}))
    office = open_office(server)
    assert await office.deliver_due(GOES_ON) == 0
    assert await states() == [("queued", "450")]
    assert await office.deliver_due(GOES_ON) == 0
    clock.advance(2 * MINUTE)
    assert await office.deliver_due(GOES_ON) == 1
    [identity] = await fetch('SELECT "message_id" FROM "outbox_message"')
    assert server.mood.received[0].message["Message-ID"] == f"<{identity['message_id']}@citas.example.org>"


async def test_a_refusal_for_good_is_not(code: str, open_server: OpenServer, open_office: OpenOffice) -> None:
    server = await open_server(Mood(answers={"RCPT": ["550 no such mailbox"]}))
    assert await open_office(server).deliver_due(GOES_ON) == 0
    assert await states() == [("failed", "550")]


@pytest.mark.parametrize("how", ["dies", "hangs"])
async def test_in_doubt_it_is_sent_once_more(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock, how: str
) -> None:
    broken = await open_server(protocol=DyingSMTP) if how == "dies" else await open_server(Silent())
    office = open_office(broken, smtp_timeout_seconds=5 if how == "dies" else 0.3)
    assert await office.deliver_due(GOES_ON) == 0
    error = "lost" if how == "dies" else "timeout"
    assert await states() == [("queued", error)]
    clock.advance(2 * MINUTE)
    assert await office.deliver_due(GOES_ON) == 0
    assert await states() == [("failed", error)]


async def test_an_outage_of_the_server_is_not_held_against_the_messages(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    server = await open_server()
    office = open_office(server)
    await server.stop()
    with pytest.raises(NotNow, match=r"^connect$"):
        await office.deliver_due(GOES_ON)
    assert await states() == [("queued", "")]
    await server.start()
    assert await office.deliver_due(GOES_ON) == 1


async def test_a_cancellation_while_the_confirmation_is_written_is_seen(
    code: str, open_server: OpenServer, open_office: OpenOffice, printer: HerePrinter
) -> None:
    async def cancel_meanwhile(_: Slip) -> None:
        await cancel(code, NOW, RULES)

    server = await open_server()
    assert await open_office(server, printer.interrupted_by(cancel_meanwhile)).deliver_due(GOES_ON) == 1
    [received] = server.mood.received
    assert received.message["Subject"].startswith("Tu cita fue anulada")


async def test_a_busy_press_delays_and_a_broken_one_holds_up_nobody(
    node: Node, open_server: OpenServer, open_office: OpenOffice, printer: HerePrinter
) -> None:
    await build_world()
    await reserve(ROSA, slot_at(STARTS))
    await reserve(JULIO, slot_at(STARTS), now=NOW + MINUTE / 60)
    troubles: list[Exception] = [RendererBusy("full"), RuntimeError("Rosa María")]

    async def troubled(slip: Slip) -> None:
        if slip.holder_name.startswith("Rosa"):
            raise troubles.pop(0)

    server = await open_server()
    clock = SetClock(NOW + MINUTE)
    office = open_office(server, printer.interrupted_by(troubled))
    office._clock = clock
    assert await office.deliver_due(GOES_ON) == 1
    assert await states() == [("queued", "renderer_busy"), ("sent", "")]
    clock.advance(2 * MINUTE)
    assert await office.deliver_due(GOES_ON) == 0
    assert await states() == [("queued", "not_written"), ("sent", "")]


# Stopping, and what others see


async def test_who_is_told_to_stop_finishes_the_message_at_hand(
    node: Node, open_server: OpenServer, open_office: OpenOffice, printer: HerePrinter
) -> None:
    await build_world()
    for person in (ROSA, JULIO):
        await reserve(person, slot_at(STARTS))
    stop = asyncio.Event()

    async def stopping(_: Slip) -> None:
        stop.set()

    server = await open_server()
    assert await open_office(server, printer.interrupted_by(stopping)).deliver_due(stop) == 1
    assert len(server.mood.received) == 1
    # The other one need not wait for a claim to run out.
    assert await open_office(server).deliver_due(GOES_ON) == 1


async def test_who_is_cut_off_leaves_a_doubt_that_another_resolves(
    code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock
) -> None:
    silent = Silent()
    sending = asyncio.create_task(open_office(await open_server(silent)).deliver_due(GOES_ON))
    await silent.reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert await states() == [(MessageState.SENDING, "")]
    server = await open_server()
    assert await open_office(server).deliver_due(GOES_ON) == 0
    clock.advance(CLAIM)
    assert await count_messages(clock()) == OutboxFigures(in_doubt=1)
    assert await open_office(server).deliver_due(GOES_ON) == 1
    assert server.mood.received[0].message["Message-ID"] == silent.seen[0].message["Message-ID"]


async def test_logs_name_nobody(code: str, open_server: OpenServer, open_office: OpenOffice, clock: SetClock) -> None:
    server = await open_server(Mood(answers={"RCPT": ["450 rosa@example.org is busy", "550 rosa@example.org is gone"]}))
    office = open_office(server)
    with capture_logs() as told:
        await office.deliver_due(GOES_ON)
        clock.advance(2 * MINUTE)
        await office.deliver_due(GOES_ON)
    assert [entry["event"] for entry in told] == ["mail delayed", "mail refused"]
    assert not re.search(rf"rosa|Ñahui|{code}|10117410", json.dumps(told, default=str), re.IGNORECASE)


# Without a mail server


async def test_without_a_server_mail_goes_into_a_folder(
    code: str, open_office: OpenOffice, mail_settings: MakeSettings
) -> None:
    assert await open_office().deliver_due(GOES_ON) == 1
    folder = mail_settings().data / "mail"
    [file] = folder.iterdir()
    [identity] = await fetch('SELECT "message_id" FROM "outbox_message"')
    assert file.name == f"{identity['message_id']}.eml"
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert b"To: rosa@example.org" in file.read_bytes()


async def test_a_folder_that_cannot_be_written_delays(
    code: str, open_office: OpenOffice, mail_settings: MakeSettings
) -> None:
    data = mail_settings().data
    data.mkdir(exist_ok=True)
    (data / "mail").write_text("in the way")
    assert await open_office().deliver_due(GOES_ON) == 0
    [(state, error)] = await states()
    assert state == MessageState.QUEUED
    assert error.startswith("folder_")


def test_a_sender_that_is_none_stops_the_start(
    mail_settings: MakeSettings, keys: Keys, printer: HerePrinter, clock: SetClock
) -> None:
    settings: Settings = mail_settings(mail_from="Citas")
    with pytest.raises(SettingsError, match="CITAS_MAIL_FROM"):
        open_post_office(settings, keys, printer, clock)
