"""What people may run into. Handlers translate each into a page; the words are in the templates."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from portal.domain.vocabulary import State

if TYPE_CHECKING:
    from portal.domain.slots import Slot


class DomainError(Exception):
    """An ordinary outcome that is not success."""


class SeatTaken(DomainError):
    """Somebody was faster: the time has no free seat any more. Carries the nearest times that have one."""

    def __init__(self, nearest: tuple[Slot, ...] = ()) -> None:
        super().__init__("the seat was taken")
        self.nearest = nearest


class NotOffered(DomainError):
    """The time asked for is not on offer at all: malformed, past, too soon, beyond the horizon, or never opened."""


class HoldUnknown(DomainError):
    """The browser has no hold of that token: it chose another time meanwhile, or never chose one."""


class HoldNotExtendable(DomainError):
    """The hold was extended as often as the rules allow, or its seat is gone."""


class AlreadyReserved(DomainError):
    """The person has an active cita for the service; the one message that admits that a document is known."""


class AppointmentUnknown(DomainError):
    """No cita answers to that code and document; always told with the same words."""


class TooLate(DomainError):
    """The cita has begun or is past: it can no longer be cancelled or moved."""


class NotReserved(DomainError):
    """The cita is no longer in the state that the step needs (cancelled, moved …); it is in ``state``, if known."""

    def __init__(self, state: State | None = None) -> None:
        super().__init__("the cita is no longer reserved")
        self.state = state


class TooManyAttempts(DomainError):
    """A limit was reached; try again at ``retry_at`` (aware UTC)."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__("too many attempts")
        self.retry_at = retry_at


class FileRefused(DomainError):
    """An uploaded file is not what it may be; ``reason`` is a code that the templates have words for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooSoon(DomainError):
    """The step may be taken from ``opens_at`` (aware UTC) on."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__("too soon")
        self.opens_at = opens_at


class NotInvited(DomainError):
    """Nobody was invited to the cita, so nobody can have abandoned it."""


class NoVideoLink(DomainError):
    """A video call without a link: neither the cita nor its consultor has one."""


class NewerText(DomainError):
    """The text was changed in another window since this one read it; what stands is what that one wrote."""


class ConsultantUnfit(DomainError):
    """The cita cannot go to that person: not an active consultor of the sede, or its consultor already."""


class ConsultantBusy(DomainError):
    """The consultor has another active cita at that time."""
