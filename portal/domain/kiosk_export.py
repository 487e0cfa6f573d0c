"""What a locked kiosk hands in by file, as both sides read and write it (ARCHITECTURE, rule 10)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from portal.domain.exchange import SignedEntry


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What a locked kiosk hands in by file: its unsent entries, signed with its key (hex of the signature).

    The file holds a list of them, one for each kiosk that the machine is or was.
    """

    kiosk: UUID
    key_id: str
    entries: tuple[SignedEntry, ...]
    signature: str


def signed_part(export: Export) -> bytes:
    """What the signature of an export is over: everything else in it."""
    return msgspec.json.encode(msgspec.structs.replace(export, signature=""))
