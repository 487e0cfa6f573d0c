"""What carries messages away, whichever way: a mail server or a folder. And the three ways in which it can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message ready to go: plain addresses for the envelope, and its bytes with CRLF line ends.

    ``name`` tells parcels apart without saying anything about anybody. ``international`` means that an address needs
    SMTPUTF8 (RFC 6531).
    """

    name: str
    sender: str
    recipient: str
    content: bytes
    international: bool = False


class Undelivered(Exception):
    """The message did not get through; ``code`` says why, shortly, with nothing personal in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotNow(Undelivered):
    """It certainly was not taken, and may be later."""


class Refused(Undelivered):
    """It will never be taken."""


class InDoubt(Undelivered):
    """It was on its way when the connection ended: it may have been taken or not."""


class Courier(Protocol):
    """Carries parcels, one at a time; used by one task."""

    async def get_ready(self) -> None:
        """Make sure that a parcel can be handed over now. Raises NotNow."""

    async def deliver(self, parcel: Parcel) -> None:
        """Hand a parcel over; returns when it is safe. Raises NotNow, Refused, InDoubt."""

    async def rest(self) -> None:
        """There is nothing more to carry for now. Never raises."""
