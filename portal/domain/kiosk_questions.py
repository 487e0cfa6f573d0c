"""What a kiosk asks beside its exchanges, without changing anything: what the portal offers, tomorrow's day sheets; and
the codes of every refusal. The same rules as in exchange.py: small JSON, fields are only ever added.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec


class OfferQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What does the portal offer, beside what the kiosk holds? From a local day on (the next with a free time, when
    none is given), for so many days, of one consultor when that is given.
    """

    service: str
    modality: str
    first: date | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=31)] = 1
    consultant: UUID | None = None


class OfferedDay(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A local day, its free seats, and why there are none: the codes of slots.DayStatus, a holiday's name."""

    date: date
    status: str
    free: int
    reason: str


class OfferedTime(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A time that may be claimed, and how many of its seats are free."""

    starts_at: datetime
    free: int


class OfferAnswer(msgspec.Struct, frozen=True, kw_only=True):
    portal_time: datetime
    days: tuple[OfferedDay, ...]
    times: tuple[OfferedTime, ...]


class DaySheetsQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """The day sheets of a local day; of the next one after today on which the sede has citas, when none is given."""

    day: date | None = None


class PrintedSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The citas of a consultor's day as PDF (base64 in JSON)."""

    consultant: UUID
    consultant_name: str
    content: bytes


class DaySheetsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``day`` is None when there are no citas ahead."""

    portal_time: datetime
    day: date | None
    sheets: tuple[PrintedSheet, ...] = ()


class RefusalCode(StrEnum):
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    NO_CLAIM = "no_claim"  # sent to be claimed, but it claims nothing
    NOT_PAIRED = "not_paired"  # the pairing code is wrong, used, or too old
    UNKNOWN_TOKEN = "unknown_token"  # noqa: S105  # a code, no password
    NOT_TRUSTED = "not_trusted"  # revoked or forked; an exchange says which
    STALE = "stale"  # a later request was answered already
    TOO_MANY = "too_many"
    BUSY = "busy"
    FAILED = "failed"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why the portal does not answer: a code for programs, never a word about people."""

    code: RefusalCode
