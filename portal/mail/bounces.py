"""Mail that came back: delivery status notifications (RFC 3464) in the sender's mailbox, a Maildir.

A notification is believed as far as it names one of our messages by its Message-ID, which is a random number that only
the recipient and the mail servers on the way have seen; the worst that a forged one does is to mark that one message.
Nothing else of it is kept.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from pathlib import Path
from typing import Final
from uuid import UUID

from portal.domain.outbox import settle_bounced

LARGEST_BYTES: Final = 1024 * 1024
FILES_AT_ONCE: Final = 200

_STATUS: Final = re.compile(r"5\.\d{1,3}\.\d{1,3}")
_MESSAGE_ID: Final = re.compile(r"<([0-9a-fA-F-]{36})@([^<>\s]{1,255})>")
_UNKNOWN_STATUS: Final = "5.0.0"
_READ: Final = ":2,S"
_UNREAD: Final = ":2,"


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message of ours that will not arrive, and the status code of why (RFC 3463)."""

    message: UUID
    code: str


def read_bounce(content: bytes, host: str) -> Bounce | None:
    """What a mail says, if it is a notification that a message from ``host`` failed for good; None for any other mail.

    A delay is no failure, and neither is an automatic answer.
    """
    message = message_from_bytes(content[:LARGEST_BYTES], policy=policy.compat32)
    if message.get_content_type() != "multipart/report":
        return None
    code: str | None = None
    identity: UUID | None = None
    for part in message.walk():
        match part.get_content_type():
            case "message/delivery-status":
                code = code or _failure_in(part)
            case "message/rfc822" | "text/rfc822-headers":
                identity = identity or _own_id(_headers_in(part), host)
    return Bounce(identity, code) if code and identity else None


async def take_bounces(folder: Path, host: str) -> int:
    """Read the new mails of a Maildir and mark the messages that came back; how many it were.

    Each file is put among those that were seen when what it says is written down; other mails stay unread there. What
    cannot be read stays where it is. A folder that is not there has no mail.
    """
    marked = 0
    for path in await asyncio.to_thread(_new_files, folder):
        content = await asyncio.to_thread(_content_of, path)
        if content is None:
            continue
        bounce = read_bounce(content, host)
        if bounce is not None:
            marked += await settle_bounced(bounce.message, bounce.code)
        await asyncio.to_thread(_put_away, path, folder / "cur", _UNREAD if bounce is None else _READ)
    return marked


def _new_files(folder: Path) -> list[Path]:
    try:
        names = sorted(path for path in (folder / "new").iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []
    return names[:FILES_AT_ONCE]


def _content_of(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES)
    except OSError:
        return None


def _put_away(path: Path, seen: Path, flags: str) -> None:
    seen.mkdir(exist_ok=True)
    # Another worker may have been faster; then the file is where it belongs.
    with suppress(FileNotFoundError):
        path.rename(seen / f"{path.name.partition(':')[0]}{flags}")


def _failure_in(part: Message) -> str | None:
    """The code of the first recipient's failure; the parser makes a message of each block of fields."""
    for block in part.get_payload() if part.is_multipart() else ():
        if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
            found = _STATUS.search(str(block.get("Status", "")))
            return found[0] if found else _UNKNOWN_STATUS
    return None


def _headers_in(part: Message) -> Message:
    """The headers of the message that came back, whole or in part."""
    if part.is_multipart():
        inside = part.get_payload(0)
        return inside if isinstance(inside, Message) else part
    content = part.get_payload(decode=True)
    return message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.compat32)


def _own_id(headers: Message, host: str) -> UUID | None:
    found = _MESSAGE_ID.fullmatch(" ".join(str(headers.get("Message-ID", "")).split()))
    if found is None or found[2].lower() != host.lower():
        return None
    with suppress(ValueError):
        return UUID(found[1])
    return None
