"""The forms of an attention: what a consultor chooses and writes at each step (PE-BT-01, activities 03 to 06)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from pydantic_core import PydanticCustomError

from portal.domain.attention_invitation import LONGEST_CONTACT_NOTE
from portal.domain.attention_record import LONGEST_NOTES, LONGEST_OBSERVATIONS, Written
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.video import read_video_link
from portal.domain.vocabulary import AbandonMotive, ContactChannel, ContactOutcome, NotHeldReason, Topic
from portal.forms.question import read_identity
from portal.forms.state import Mistake
from portal.forms.text import tidy_line, tidy_text

Chosen = TypeVar("Chosen", bound=StrEnum)

_REVISION: Final = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ContactForm:
    """An attempt to reach somebody. ``identity`` is the form's own number: sent twice it is noted once."""

    channel: ContactChannel
    outcome: ContactOutcome
    note: str
    identity: UUID


@dataclass(frozen=True, slots=True)
class AbandonForm:
    motive: AbandonMotive
    observations: str


@dataclass(frozen=True, slots=True)
class NotHeldForm:
    reason: NotHeldReason
    observations: str


@dataclass(frozen=True, slots=True)
class TransferForm:
    """``former`` is the consultor that the page showed."""

    former: UUID
    to: UUID
    although_busy: bool


class Mistakes(Exception):
    """What is wrong with a form, in the order of its fields."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(", ".join(mistake.code for mistake in mistakes))
        self.mistakes = mistakes


def read_contact(fields: Mapping[str, str]) -> ContactForm:
    """Fields ``canal``, ``resultado``, ``nota``, ``envio``. Raises Mistakes."""
    reading = _Reading(fields)
    channel = reading.choice("canal", ContactChannel)
    outcome = reading.choice("resultado", ContactOutcome)
    note = reading.line("nota", LONGEST_CONTACT_NOTE)
    reading.end()
    return ContactForm(channel, outcome, note, read_identity(fields))


def read_abandonment(fields: Mapping[str, str]) -> AbandonForm:
    """Fields ``motivo`` and ``observaciones_abandono``. Raises Mistakes."""
    reading = _Reading(fields)
    motive = reading.choice("motivo", AbandonMotive)
    observations = reading.text("observaciones_abandono", LONGEST_OBSERVATIONS)
    reading.end()
    return AbandonForm(motive, observations)


def read_not_held(fields: Mapping[str, str]) -> NotHeldForm:
    """Fields ``causa`` and ``observaciones_no_realizada``. Raises Mistakes."""
    reading = _Reading(fields)
    reason = reading.choice("causa", NotHeldReason)
    observations = reading.text("observaciones_no_realizada", LONGEST_OBSERVATIONS)
    reading.end()
    return NotHeldForm(reason, observations)


def read_transfer(fields: Mapping[str, str]) -> TransferForm:
    """Fields ``consultor``, ``de`` and ``aunque_ocupado``. Raises Mistakes."""
    try:
        return TransferForm(UUID(fields.get("de", "")), UUID(fields.get("consultor", "")), "aunque_ocupado" in fields)
    except ValueError:
        raise Mistakes(Mistake("consultor", "missing")) from None


def read_channel(fields: Mapping[str, str]) -> Modality:
    """Field ``modalidad``. Raises Mistakes."""
    reading = _Reading(fields)
    channel = reading.choice("modalidad", Modality)
    reading.end()
    return channel


def read_link(fields: Mapping[str, str], rules: BookingRules) -> str:
    """Field ``enlace``: a link of the provider, or empty for the consultor's own. Raises Mistakes."""
    typed = fields.get("enlace", "").strip()
    link = read_video_link(typed, rules) if typed else ""
    if link is None:
        raise Mistakes(Mistake("enlace", "not_a_room" if rules.jitsi_url else "not_meet"))
    return link


def read_written(fields: Mapping[str, str], topics: Iterable[str]) -> Written:
    """Fields ``temas`` (several), ``notas``, ``observaciones`` and the ``revision`` that they were read at.

    Raises Mistakes.
    """
    reading = _Reading(fields)
    notes = reading.text("notas", LONGEST_NOTES)
    observations = reading.text("observaciones", LONGEST_OBSERVATIONS)
    reading.end()
    ticked = set(topics)
    revision = fields.get("revision", "")
    number = int(revision) if _REVISION.fullmatch(revision) else -1
    return Written(tuple(topic for topic in Topic if topic in ticked), notes, observations, number)


class _Reading:
    """Reads field after field and keeps what was wrong."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields
        self._mistakes: list[Mistake] = []

    def choice(self, name: str, kind: type[Chosen]) -> Chosen:
        """The member that was chosen; when there is none any of them, since ``end`` will not let it out."""
        typed = self._fields.get(name, "")
        try:
            return kind(typed)
        except ValueError:
            self._mistakes.append(Mistake(name, "unknown" if typed else "missing"))
            return next(iter(kind))

    def line(self, name: str, most: int) -> str:
        try:
            return tidy_line(self._fields.get(name, ""), most)
        except PydanticCustomError as error:
            return self._refused(name, error)

    def text(self, name: str, most: int) -> str:
        try:
            return tidy_text(self._fields.get(name, ""), most)
        except PydanticCustomError as error:
            return self._refused(name, error)

    def end(self) -> None:
        """Raises Mistakes when there were some."""
        if self._mistakes:
            raise Mistakes(*self._mistakes)

    def _refused(self, name: str, error: PydanticCustomError) -> str:
        context = error.context or {}
        self._mistakes.append(Mistake(name, str(context["code"]), int(context["limit"])))
        return ""
