"""The desk where messages are written: which words, which links, what goes with them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from uuid import UUID

from portal.documents.calendar_file import CalendarMail, write_calendar_file
from portal.documents.entry_of import entry_of
from portal.domain.appointments import find_appointment_by_id
from portal.domain.outbox import Claimed
from portal.domain.staff import find_staff
from portal.mail.contents import CitaErrand, Contents, NothingToSay, Tools, WorkErrand
from portal.mail.courier import Parcel
from portal.mail.kinds import ABOUT_CITAS, ABOUT_WORK
from portal.mail.letters import Occasion, WorkOccasion, make_links, write_letter
from portal.mail.message import Sender, pack, read_recipient


@dataclass(frozen=True, repr=False)
class Desk:
    """Writes messages, in the name of ``sender``."""

    sender: Sender
    tools: Tools

    async def write(self, message: Claimed, now: datetime) -> Parcel:
        """The message as it is true now. Raises NothingToSay, Refused (no such address), RendererBusy."""
        recipient = read_recipient(message.recipient)
        if message.appointment is not None:
            return await self._write_about_cita(message, message.appointment, recipient, now)
        if message.staff is not None:
            return await self._write_about_work(message, message.staff, recipient, now)
        raise NothingToSay

    async def _write_about_cita(self, message: Claimed, appointment: UUID, recipient: Address, now: datetime) -> Parcel:
        cita = await find_appointment_by_id(appointment)
        if cita is None:
            raise NothingToSay
        gather = ABOUT_CITAS.get(message.kind)
        contents = await gather(CitaErrand(message, cita, self.tools, now)) if gather is not None else Contents()
        occasion = Occasion(cita, make_links(cita, self.tools.origin, self.tools.keys.access), contents.details)
        # In a thread: encoding a message takes tens of milliseconds, in which the process goes on serving.
        return await asyncio.to_thread(self._put_together, message, occasion, contents, recipient, now)

    async def _write_about_work(self, message: Claimed, staff: UUID, recipient: Address, now: datetime) -> Parcel:
        person = await find_staff(staff)
        if person is None:
            raise NothingToSay
        contents = await ABOUT_WORK[message.kind](WorkErrand(message, person, self.tools, now))
        occasion = WorkOccasion(person, self.tools.origin, contents.details)
        return await asyncio.to_thread(self._put_together, message, occasion, contents, recipient, now)

    def _put_together(
        self,
        message: Claimed,
        occasion: Occasion | WorkOccasion,
        contents: Contents,
        recipient: Address,
        now: datetime,
    ) -> Parcel:
        calendar = None
        if contents.with_calendar and isinstance(occasion, Occasion):
            mail = CalendarMail(organizer=self.sender.address.addr_spec, attendee=recipient.addr_spec)
            calendar = write_calendar_file(entry_of(occasion.cita, self.tools.origin, now), mail)
        return pack(
            write_letter(message.kind, occasion),
            sender=self.sender,
            recipient=recipient,
            message_id=message.message_id,
            now=now,
            calendar=calendar,
            attachments=contents.attachments,
            reply_to=read_recipient(contents.reply_to) if contents.reply_to else None,
        )
