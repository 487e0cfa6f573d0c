"""What each kind of mail gathers before it is written: one function a kind, in the file of its subject.

A kind is three templates (``templates/emails/{kind}.subject.txt``, ``.txt``, ``.html``) and, if it tells more than the
cita itself says, a line here. The kinds without a cita are about work of the staff, and always have a line.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from portal.domain.vocabulary import MessageKind
from portal.mail.contents import CitaErrand, Contents, WorkErrand
from portal.mail.kinds.access import gather_password_link
from portal.mail.kinds.attention import gather_links, gather_not_held, gather_transfer
from portal.mail.kinds.booking import gather_cancellation, gather_confirmation, gather_move
from portal.mail.kinds.day_sheet import gather_day_sheet
from portal.mail.kinds.questions import (
    gather_question_answered,
    gather_question_for_staff,
    gather_question_forwarded,
)
from portal.mail.kinds.reminder import gather_reminder
from portal.mail.kinds.survey import gather_survey_reminder

GatherAboutCita: TypeAlias = Callable[[CitaErrand], Awaitable[Contents]]
GatherAboutWork: TypeAlias = Callable[[WorkErrand], Awaitable[Contents]]
"""Both raise NothingToSay when what the message was to tell of is gone."""

ABOUT_CITAS: Final[Mapping[MessageKind, GatherAboutCita]] = {
    MessageKind.CONFIRMATION: gather_confirmation,
    MessageKind.MOVE: gather_move,
    MessageKind.CANCELLATION: gather_cancellation,
    MessageKind.QUESTION_FOR_STAFF: gather_question_for_staff,
    MessageKind.QUESTION_ANSWERED: gather_question_answered,
    MessageKind.REMINDER: gather_reminder,
    MessageKind.SURVEY_REMINDER: gather_survey_reminder,
    MessageKind.TRANSFER: gather_transfer,
    MessageKind.NOT_HELD: gather_not_held,
    MessageKind.LINKS: gather_links,
}

ABOUT_WORK: Final[Mapping[MessageKind, GatherAboutWork]] = {
    MessageKind.PASSWORD_LINK: gather_password_link,
    MessageKind.DAY_SHEET: gather_day_sheet,
    MessageKind.QUESTION_FORWARDED: gather_question_forwarded,
}
