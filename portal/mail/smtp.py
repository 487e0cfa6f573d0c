"""Delivery to a mail server by SMTP, over one connection for a batch of messages.

What counts is who is responsible for a message afterwards. Until the server has said 354 to DATA it has nothing. When
the connection ends between that and its answer, nobody can know (RFC 5321, 4.5.3.2). A refusal is for good only where
the server speaks of this recipient or this content; what it thinks of us (greeting, certificate, password, sender) is
ours to mend, and the message waits.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import Final, NoReturn

import aiosmtplib
from aiosmtplib import SMTP, SMTPResponseException

from portal.mail.courier import InDoubt, NotNow, Parcel, Refused
from portal.settings import Settings, SmtpSecurity

COMMANDS_PER_MESSAGE: Final = 5
"""MAIL, RCPT, DATA, the content, and a MAIL more when a connection turns out to be dead."""

_GO_AHEAD: Final = 354
_TAKEN: Final = 250
_CLOSING: Final = 421
_FOR_GOOD: Final = range(500, 600)
_FOR_NOW: Final = range(400, 500)
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")
_GOODBYE_SECONDS: Final = 0.5
_LOST: Final = (ConnectionError, TimeoutError)


class SmtpCourier:
    """Speaks with the mail server of the settings; ``host`` is how this machine introduces itself."""

    def __init__(self, settings: Settings, host: str) -> None:
        self._settings = settings
        self._host = host
        self._client: SMTP | None = None
        self._used = False

    async def get_ready(self) -> None:
        """Connect, encrypt and sign in, unless that is done. Raises NotNow."""
        await self._connected()

    async def _connected(self) -> SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        settings = self._settings
        client = SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() if settings.smtp_user else None,
            local_hostname=self._host,
            timeout=settings.smtp_timeout_seconds,
            use_tls=settings.smtp_security is SmtpSecurity.TLS,
            start_tls=settings.smtp_security is SmtpSecurity.STARTTLS,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        except ssl.SSLError:
            raise NotNow("certificate") from None
        except aiosmtplib.SMTPAuthenticationError:
            raise NotNow("sign_in") from None
        except SMTPResponseException as answer:
            raise NotNow(f"connect_{answer.code}") from None
        except TimeoutError:
            raise NotNow("connect_timeout") from None
        except (OSError, aiosmtplib.SMTPException):
            raise NotNow("connect") from None
        self._client, self._used = client, False
        return client

    async def deliver(self, parcel: Parcel) -> None:
        """Hand a message over. Raises NotNow, Refused, InDoubt."""
        try:
            await self._deliver(parcel)
        except asyncio.CancelledError:
            # An answer is still to come, which nobody waits for any more.
            if self._client is not None:
                self._client.close()
            raise

    async def _deliver(self, parcel: Parcel) -> None:
        client = await self._begin(parcel)
        try:
            await client.rcpt(parcel.recipient, encoding="utf-8")
            answer = await client.execute_command(b"DATA")
        except SMTPResponseException as refusal:
            await self._stay_usable()
            _judge(refusal.code)
        except _LOST as loss:
            raise NotNow(_how_lost(loss)) from None
        if answer.code != _GO_AHEAD:
            await self._stay_usable()
            _judge(answer.code)
        await self._send_content(client, parcel.content)
        self._used = True

    async def rest(self) -> None:
        """Say good-bye, if the server still listens."""
        client, self._client = self._client, None
        if client is None or not client.is_connected:
            return
        try:
            await client.quit(timeout=_GOODBYE_SECONDS)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            client.close()

    async def _begin(self, parcel: Parcel) -> SMTP:
        """MAIL; a connection that has carried messages may have been closed meanwhile, then on a new one."""
        for _ in range(2):
            client = await self._connected()
            options = []
            if parcel.international:
                if not client.supports_extension("smtputf8"):
                    raise Refused("smtputf8")
                options = ["SMTPUTF8", "BODY=8BITMIME"]
            try:
                await client.mail(parcel.sender, options=options, encoding="utf-8")
            except SMTPResponseException as refusal:
                if refusal.code == _CLOSING and self._used:
                    continue
                await self._stay_usable()
                raise NotNow(f"sender_{refusal.code}") from None
            except _LOST as loss:
                if self._used and not isinstance(loss, TimeoutError):
                    continue
                raise NotNow(_how_lost(loss)) from None
            return client
        raise NotNow("lost")

    async def _send_content(self, client: SMTP, content: bytes) -> None:
        # Not SMTP.data(): it does not tell a connection lost before 354 from one lost after it.
        if client.protocol is None:
            raise NotNow("lost")
        try:
            client.protocol.write(_LEADING_DOT.sub(b"..", content) + b".\r\n")
            answer = await client.protocol.read_response(timeout=self._settings.smtp_timeout_seconds)
        except _LOST as loss:
            client.close()
            raise InDoubt(_how_lost(loss)) from None
        except SMTPResponseException:  # what came is not an answer in SMTP
            client.close()
            raise InDoubt("garbled") from None
        if answer.code != _TAKEN:
            _judge(answer.code)

    async def _stay_usable(self) -> None:
        """Forget the message that was begun, so that the connection can carry the next one."""
        client = self._client
        try:
            if client is not None and client.is_connected:
                await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            if client is not None:
                client.close()


def _judge(code: int) -> NoReturn:
    """What an answer that is not success means for the message it was given to."""
    if code in _FOR_GOOD:
        raise Refused(str(code))
    raise NotNow(str(code))


def _how_lost(loss: BaseException) -> str:
    return "timeout" if isinstance(loss, TimeoutError) else "lost"
