"""The keys that sign printed slips (ARCHITECTURE, "Paper"): their names, and how long each was in service.

A node signs with one Ed25519 key. Its public half is kept for good: a key is closed, never deleted, so that what it
signed while it was in service stays verifiable.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

KEY_ID_BYTES = 5
KEY_ID_LENGTH = 8


@dataclass(frozen=True)
class PublicKey:
    """The public half of a node's key (32 raw bytes) and the time it was in service; moments are aware UTC."""

    key_id: str
    node: str
    raw: bytes
    opened: datetime
    closed: datetime | None = None


def name_key(public_bytes: bytes) -> str:
    """The id of a public key (32 raw bytes): eight base32 characters of its SHA-256, the same wherever worked out."""
    return b32encode(sha256(public_bytes).digest()[:KEY_ID_BYTES]).decode()
