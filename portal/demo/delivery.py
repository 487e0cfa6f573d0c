"""A post office without a courier: what is due counts as sent at once, and nothing leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import uuid4

from portal.database.node import transactional
from portal.demo.cast import FULL_MAILBOX
from portal.domain.notices import listening
from portal.domain.outbox import begin_sending, claim_messages, settle_failed, settle_sent

_AT_ONCE: Final = 100
_MAILBOX_FULL: Final = "552"


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
        while await self._settle(now):
            pass

    @transactional
    async def _settle(self, now: datetime) -> bool:
        """Settle up to ``_AT_ONCE`` messages together, since nothing can go wrong in between; False: none was left."""
        claimed = await claim_messages(self._worker, _AT_ONCE, now)
        for message in claimed:
            if not await begin_sending(message, now):
                continue
            if message.recipient.endswith(FULL_MAILBOX):
                await settle_failed(message, _MAILBOX_FULL)
            else:
                await settle_sent(message, now)
        return bool(claimed)

    def _notice(self) -> None:
        self._anything = True
