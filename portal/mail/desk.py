"""The desk where messages are written: which words, which links, what goes with them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from typing import Final
from uuid import UUID

from portal.documents.calendar_file import CalendarMail, write_calendar_file
from portal.documents.entry_of import entry_of
from portal.documents.slip import Paper, Slip
from portal.documents.slip_of import Signer, slip_of
from portal.domain.appointments import AppointmentView, find_appointment_by_id, find_former
from portal.domain.files import MediaType
from portal.domain.outbox import Claimed
from portal.domain.questions import QuestionView, find_question
from portal.domain.vocabulary import MessageKind
from portal.mail.courier import Parcel
from portal.mail.letters import Occasion, make_links, write_letter
from portal.mail.message import Attachment, Sender, pack, read_recipient

WITH_SLIP: Final = frozenset({MessageKind.CONFIRMATION, MessageKind.MOVE})
WITH_CALENDAR: Final = WITH_SLIP | {MessageKind.CANCELLATION}
SLIP_NAME: Final = "constancia.pdf"
COPY_NAMES: Final = {
    MediaType.PDF: "documento.pdf",
    MediaType.JPEG: "documento.jpg",
    MediaType.PNG: "documento.png",
}

PrintSlip = Callable[[Slip, Paper], Awaitable[bytes]]


class NothingToSay(Exception):
    """What the message was to tell of is gone."""


@dataclass(frozen=True, repr=False)
class Desk:
    """Writes messages: in whose name, with links to which origin, signed with which keys, slips from which press."""

    sender: Sender
    origin: str
    access_key: bytes
    signer: Signer
    print_slip: PrintSlip

    async def write(self, message: Claimed, now: datetime) -> Parcel:
        """The message as it is true now. Raises NothingToSay, Refused (no such address), and as ``print_slip`` does."""
        cita = await find_appointment_by_id(message.appointment) if message.appointment else None
        if cita is None:
            raise NothingToSay
        recipient = read_recipient(message.recipient)
        occasion = Occasion(
            cita,
            make_links(cita, self.origin, self.access_key),
            former=await find_former(cita.id) if message.kind is MessageKind.MOVE else None,
            question=await self._find_question(message),
        )
        attachments = await self._attachments(message, cita, occasion.question, now)
        # In a thread: encoding a message takes tens of milliseconds, in which the process goes on serving.
        return await asyncio.to_thread(self._put_together, message, occasion, recipient, attachments, now)

    def _put_together(
        self,
        message: Claimed,
        occasion: Occasion,
        recipient: Address,
        attachments: tuple[Attachment, ...],
        now: datetime,
    ) -> Parcel:
        cita, calendar = occasion.cita, None
        if message.kind in WITH_CALENDAR:
            mail = CalendarMail(organizer=self.sender.address.addr_spec, attendee=recipient.addr_spec)
            calendar = write_calendar_file(entry_of(cita, self.origin, now), mail)
        return pack(
            write_letter(message.kind, occasion),
            sender=self.sender,
            recipient=recipient,
            message_id=message.message_id,
            now=now,
            calendar=calendar,
            attachments=attachments,
            reply_to=read_recipient(cita.email) if cita.email and occasion.question is not None else None,
        )

    async def _find_question(self, message: Claimed) -> QuestionView | None:
        if message.kind is not MessageKind.QUESTION_FOR_STAFF:
            return None
        question = await find_question(UUID(message.reference))
        if question is None:
            raise NothingToSay
        return question

    async def _attachments(
        self, message: Claimed, cita: AppointmentView, question: QuestionView | None, now: datetime
    ) -> tuple[Attachment, ...]:
        if message.kind in WITH_SLIP:
            pdf = await self.print_slip(slip_of(cita, self.origin, self.signer, now), Paper.A5)
            return (Attachment(SLIP_NAME, "application/pdf", pdf),)
        if question is not None and question.copy is not None:
            copy = question.copy
            return (Attachment(COPY_NAMES[copy.media_type], copy.media_type.value, copy.content),)
        return ()
