"""From the outbox to the courier: claim what is due, write it, hand it over, settle what became of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import structlog

from portal.clock import Clock
from portal.database.errors import DatabaseError
from portal.documents.renderer import RendererBusy
from portal.documents.slip_of import Signer
from portal.domain.outbox import (
    CLAIM,
    Claimed,
    begin_sending,
    claim_messages,
    let_go_of_claims,
    settle_failed,
    settle_in_doubt,
    settle_retry,
    settle_sent,
    settle_superseded,
)
from portal.keys import Keys
from portal.mail.contents import NothingToSay, Printer, Tools
from portal.mail.courier import Courier, InDoubt, NotNow, Parcel, Refused
from portal.mail.desk import Desk
from portal.mail.eml_folder import FolderCourier
from portal.mail.message import read_sender
from portal.mail.smtp import COMMANDS_PER_MESSAGE, SmtpCourier
from portal.settings import Settings, SettingsError

BATCH: Final = 20

log = structlog.get_logger("citas.mail")


class PostOffice:
    """Delivers what is due, one message after the other; ``worker`` is the name that its claims bear.

    ``patience`` is the longest that handing over one message may take.
    """

    def __init__(self, worker: UUID, desk: Desk, courier: Courier, clock: Clock, patience: timedelta) -> None:
        self._worker = worker
        self._desk = desk
        self._courier = courier
        self._clock = clock
        self._patience = patience
        # Who still waits for an answer must not lose the claim to another worker.
        self._claim = max(CLAIM, patience + timedelta(seconds=30))

    async def deliver_due(self, stop: asyncio.Event) -> int:
        """Deliver until nothing is due or ``stop`` is set; returns how many messages were handed over.

        Raises NotNow when the courier cannot take anything: then all messages stay as they were, for it is not their
        fault. What was claimed and not begun is free for others afterwards, in any case.
        """
        delivered = 0
        try:
            while not stop.is_set():
                claimed = await claim_messages(self._worker, BATCH, self._clock(), self._claim)
                if not claimed:
                    break
                for message in claimed:
                    if stop.is_set():
                        break
                    delivered += await self._deliver(message)
        finally:
            await self._courier.rest()
            await let_go_of_claims(self._worker)
        return delivered

    async def _deliver(self, message: Claimed) -> bool:
        parcel = await self._write(message)
        if parcel is None:
            return False
        await self._courier.get_ready()
        if not await begin_sending(message, self._clock(), self._claim):
            log.info("mail withheld", kind=message.kind, message=message.message_id)
            return False
        return await self._hand_over(message, parcel)

    async def _write(self, message: Claimed) -> Parcel | None:
        """The message in the form it travels in, or None when it is settled without being sent."""
        try:
            return await self._desk.write(message, self._clock())
        except NothingToSay:
            await settle_superseded(message)
        except Refused as refusal:
            await self._give_up(message, refusal.code)
        except RendererBusy:
            await settle_retry(message, "renderer_busy", self._clock())
        except DatabaseError:
            raise
        except Exception:  # one message that cannot be written must not hold up the others
            log.exception("mail not written", kind=message.kind, message=message.message_id)
            await settle_retry(message, "not_written", self._clock())
        return None

    async def _hand_over(self, message: Claimed, parcel: Parcel) -> bool:
        told = log.bind(kind=message.kind, message=message.message_id)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._courier.deliver(parcel)
        except NotNow as delay:
            told.warning("mail delayed", code=delay.code)
            await settle_retry(message, delay.code, self._clock())
        except Refused as refusal:
            await self._give_up(message, refusal.code)
        except InDoubt as doubt:
            told.warning("mail in doubt", code=doubt.code)
            await settle_in_doubt(message, doubt.code, self._clock())
        except TimeoutError:
            told.warning("mail in doubt", code="patience")
            await settle_in_doubt(message, "patience", self._clock())
        else:
            told.info("mail sent", again=bool(message.attempts or message.doubts))
            return await settle_sent(message, self._clock())
        return False

    async def _give_up(self, message: Claimed, code: str) -> None:
        log.warning("mail refused", kind=message.kind, message=message.message_id, code=code)
        await settle_failed(message, code)


def open_post_office(settings: Settings, keys: Keys, printer: Printer, clock: Clock) -> PostOffice:
    """The post office of the settings: by mail server, or into the folder ``mail`` under the data folder.

    Raises SettingsError when ``CITAS_MAIL_FROM`` is not an address.
    """
    try:
        sender = read_sender(settings.mail_from, settings.origin)
    except ValueError as error:
        raise SettingsError(f"CITAS_MAIL_FROM: {error}.") from None
    tools = Tools(settings.origin, keys, Signer(settings.node_name, keys.signing.private), printer)
    by_mail = bool(settings.smtp_host)
    courier = SmtpCourier(settings, sender.host) if by_mail else FolderCourier(settings.data / "mail")
    patience = timedelta(seconds=COMMANDS_PER_MESSAGE * settings.smtp_timeout_seconds)
    return PostOffice(uuid4(), Desk(sender, tools), courier, clock, patience)
