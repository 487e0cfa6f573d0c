"""Mails about a doubt that a citizen sent (PE-BT-01, activity 05)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from portal.domain.files import MediaType
from portal.domain.questions import find_question
from portal.mail.contents import CitaErrand, Contents, NothingToSay
from portal.mail.message import Attachment

COPY_NAMES: Final = {
    MediaType.PDF: "documento.pdf",
    MediaType.JPEG: "documento.jpg",
    MediaType.PNG: "documento.png",
}


async def gather_question_for_staff(errand: CitaErrand) -> Contents:
    """The question with the copy of the document; an answer to the mail goes to who asked."""
    question = await find_question(UUID(errand.message.reference))
    if question is None:
        raise NothingToSay
    attachments: tuple[Attachment, ...] = ()
    if question.copy is not None:
        copy = question.copy
        attachments = (Attachment(COPY_NAMES[copy.media_type], copy.media_type.value, copy.content),)
    return Contents(question, attachments, reply_to=errand.cita.email)
