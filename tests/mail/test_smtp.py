"""Delivery to a real mail server in all its moods: what is delivered, what waits, is refused, or is in doubt."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from portal.mail.courier import NotNow, Parcel, Undelivered
from portal.mail.smtp import SmtpCourier
from portal.settings import Settings
from tests.mail.certificates import make_authority
from tests.mail.conftest import MakeSettings, OpenServer
from tests.mail.mail_server import DeafSMTP, DyingSMTP, FaintingSMTP, Mood, Silent

CONTENT = b"Subject: Hola\r\n\r\n.\r\n..dos\r\nfin\r\n"
PARCEL = Parcel("1", "citas@example.org", "rosa@example.org", CONTENT)


def courier(settings: Settings) -> SmtpCourier:
    return SmtpCourier(settings, "citas.example.org")


async def deliver(settings: Settings, *parcels: Parcel) -> list[str]:
    """Hand parcels over, one after the other; what became of each."""
    messenger, fates = courier(settings), []
    for parcel in parcels:
        try:
            await messenger.get_ready()
            await messenger.deliver(parcel)
        except Undelivered as failure:
            fates.append(f"{type(failure).__name__} {failure.code}")
        else:
            fates.append("delivered")
    await messenger.rest()
    return fates


async def test_a_message_arrives_as_it_was_written(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server()
    assert await deliver(mail_settings(server), PARCEL) == ["delivered"]
    [received] = server.mood.received
    assert (received.sender, received.recipients) == ("citas@example.org", ("rosa@example.org",))
    assert received.content == CONTENT


async def test_a_batch_takes_one_connection(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server()
    assert await deliver(mail_settings(server), *[PARCEL] * 5) == ["delivered"] * 5
    assert (server.connections, len(server.mood.received)) == (1, 5)


@pytest.mark.parametrize(
    ("command", "answer", "fate"),
    [
        ("MAIL", "550 who are you", "NotNow sender_550"),
        ("MAIL", "451 later", "NotNow sender_451"),
        ("RCPT", "550 no such mailbox", "Refused 550"),
        ("RCPT", "450 greylisted", "NotNow 450"),
        ("DATA", "554 looks like spam", "Refused 554"),
        ("DATA", "452 disk full", "NotNow 452"),
        ("DATA", "299 what", "NotNow 299"),
    ],
)
async def test_one_that_is_not_taken_does_not_disturb_the_next(
    open_server: OpenServer, mail_settings: MakeSettings, command: str, answer: str, fate: str
) -> None:
    server = await open_server(Mood(answers={command: [answer]}))
    assert await deliver(mail_settings(server), PARCEL, PARCEL) == [fate, "delivered"]
    assert (server.connections, len(server.mood.received)) == (1, 1)


async def test_a_server_that_hangs_up_politely(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server(Mood(answers={"MAIL": ["250 OK", "421 enough for one connection"]}))
    assert await deliver(mail_settings(server), PARCEL, PARCEL) == ["delivered", "delivered"]
    assert server.connections == 2


async def test_a_server_that_restarts_between_two_messages(
    open_server: OpenServer, mail_settings: MakeSettings
) -> None:
    server = await open_server()
    messenger = courier(mail_settings(server))
    await messenger.deliver(PARCEL)
    server.hang_up()
    await messenger.deliver(PARCEL)
    await messenger.rest()
    assert (server.connections, len(server.mood.received)) == (2, 2)


async def test_a_server_that_is_not_there(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server()
    settings = mail_settings(server)
    await server.stop()
    with pytest.raises(NotNow, match=r"^connect$"):
        await courier(settings).get_ready()


async def test_a_server_that_does_not_want_us(mail_settings: MakeSettings) -> None:
    async def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 go away\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    listener = await asyncio.start_server(turn_away, "127.0.0.1", 0)
    settings = mail_settings(None, smtp_host="127.0.0.1", smtp_port=listener.sockets[0].getsockname()[1])
    with pytest.raises(NotNow, match=r"^connect_554$"):
        await courier(settings).get_ready()
    listener.close()


async def test_a_server_that_never_greets(mail_settings: MakeSettings) -> None:
    listener = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    writers: list[asyncio.StreamWriter] = []
    port = listener.sockets[0].getsockname()[1]
    settings = mail_settings(None, smtp_host="127.0.0.1", smtp_port=port, smtp_timeout_seconds=0.1)
    with pytest.raises(NotNow, match=r"^connect_timeout$"):
        await courier(settings).get_ready()
    for writer in writers:
        writer.close()
    listener.close()


async def test_a_server_that_hangs_before_the_content(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server(protocol=DeafSMTP)
    assert await deliver(mail_settings(server, smtp_timeout_seconds=0.1), PARCEL) == ["NotNow timeout"]


async def test_a_server_that_hangs_after_the_content(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server(Silent())
    assert await deliver(mail_settings(server, smtp_timeout_seconds=0.2), PARCEL) == ["InDoubt timeout"]


async def test_a_server_that_dies_before_the_content(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server(protocol=FaintingSMTP)
    assert await deliver(mail_settings(server), PARCEL) == ["NotNow lost"]


async def test_a_server_that_dies_halfway_through_the_content(
    open_server: OpenServer, mail_settings: MakeSettings
) -> None:
    server = await open_server(protocol=DyingSMTP)
    assert await deliver(mail_settings(server), PARCEL) == ["InDoubt lost"]


async def test_a_server_that_answers_in_another_language(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server(Mood(answers={"DATA": ["gracias"]}))
    assert await deliver(mail_settings(server), PARCEL) == ["InDoubt garbled"]


async def test_whoever_is_cut_off_leaves_no_connection_behind(
    open_server: OpenServer, mail_settings: MakeSettings
) -> None:
    mood = Silent()
    server = await open_server(mood)
    messenger = courier(mail_settings(server))
    sending = asyncio.create_task(messenger.deliver(PARCEL))
    await mood.reached.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await messenger.rest()
    server.mood = Mood()
    await messenger.deliver(PARCEL)
    await messenger.rest()
    assert len(server.mood.received) == 1


# Encryption


async def test_starttls_with_a_certificate_that_we_trust(
    open_server: OpenServer, mail_settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    server = await open_server(tls_context=context, require_starttls=True)
    assert await deliver(mail_settings(server, smtp_security="starttls"), PARCEL) == ["delivered"]
    assert server.mood.received[0].over_tls


async def test_starttls_with_a_certificate_of_nobody_we_know(
    open_server: OpenServer, mail_settings: MakeSettings, tmp_path: Path
) -> None:
    _, context = make_authority(tmp_path)
    server = await open_server(tls_context=context)
    assert await deliver(mail_settings(server, smtp_security="starttls"), PARCEL) == ["NotNow certificate"]
    assert server.mood.received == []


async def test_starttls_with_a_certificate_of_another_server(
    open_server: OpenServer, mail_settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = make_authority(tmp_path, address="127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    server = await open_server(tls_context=context)
    assert await deliver(mail_settings(server, smtp_security="starttls"), PARCEL) == ["NotNow certificate"]


async def test_nothing_goes_in_the_clear_where_encryption_was_asked_for(
    open_server: OpenServer, mail_settings: MakeSettings
) -> None:
    server = await open_server()
    assert await deliver(mail_settings(server, smtp_security="starttls"), PARCEL) == ["NotNow connect"]
    assert server.mood.received == []


async def test_tls_from_the_first_byte(
    open_server: OpenServer, mail_settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    server = await open_server(tls=context)
    assert await deliver(mail_settings(server, smtp_security="tls"), PARCEL) == ["delivered"]


# Signing in


def only_citas(_: SMTP, __: Session, ___: Envelope, ____: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"citas", b"abre"), handled=False)


@pytest.mark.parametrize(("password", "fate"), [("abre", "delivered"), ("otra", "NotNow sign_in")])
async def test_signing_in(
    open_server: OpenServer,
    mail_settings: MakeSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    password: str,
    fate: str,
) -> None:
    authority, context = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    server = await open_server(tls_context=context, auth_required=True, authenticator=only_citas)
    settings = mail_settings(server, smtp_security="starttls", smtp_user="citas", smtp_password=password)
    assert await deliver(settings, PARCEL) == [fate]


async def test_a_server_that_wants_a_password_we_have_not(
    open_server: OpenServer, mail_settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, context = make_authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    server = await open_server(tls_context=context, auth_required=True, authenticator=only_citas)
    assert await deliver(mail_settings(server, smtp_security="starttls"), PARCEL) == ["NotNow sender_530"]


# Addresses beyond ASCII

JOSE = Parcel("1", "citas@example.org", "josé@xn--and-6ma2c.pe", CONTENT, international=True)


async def test_an_international_address(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server(enable_SMTPUTF8=True)
    assert await deliver(mail_settings(server), JOSE) == ["delivered"]
    assert server.mood.received[0].recipients == ("josé@xn--and-6ma2c.pe",)


async def test_a_server_that_knows_only_ascii(open_server: OpenServer, mail_settings: MakeSettings) -> None:
    server = await open_server()
    assert await deliver(mail_settings(server), JOSE, PARCEL) == ["Refused smtputf8", "delivered"]
