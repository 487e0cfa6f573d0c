"""A post office without a courier: what is due counts as sent at once, and nothing leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from portal.demo.cast import FULL_MAILBOX
from portal.domain.notices import listening
from portal.domain.outbox import begin_sending, claim_messages, settle_failed, settle_sent

_AT_ONCE = 100


class PretendedPost:
    """Settles messages as a mail server's answers would; those to full mailboxes come back."""

    def __init__(self) -> None:
        self._worker = uuid4()
        self._anything = True

    @contextmanager
    def open(self) -> Iterator[None]:
        """Notice what is queued from here on."""
        with listening(self._notice):
            yield

    async def deliver(self, now: datetime) -> None:
        """Settle what was queued since the last time."""
        if not self._anything:
            return
        self._anything = False
        while claimed := await claim_messages(self._worker, _AT_ONCE, now):
            for message in claimed:
                if not await begin_sending(message, now):
                    continue
                if message.recipient.endswith(FULL_MAILBOX):
                    await settle_failed(message, "552")
                else:
                    await settle_sent(message, now)

    def _notice(self) -> None:
        self._anything = True
