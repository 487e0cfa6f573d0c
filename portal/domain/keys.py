"""The keys that sign printed slips (ARCHITECTURE, "Paper"): made, named, written down and read back.

A node signs with one Ed25519 key. Its public half is kept for good: a key is closed, never deleted, so that what it
signed while it was in service stays verifiable.
"""

from __future__ import annotations

from base64 import b32encode, b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RAW_KEY_BYTES = 32
KEY_ID_BYTES = 5
KEY_ID_LENGTH = 8


class UnreadableKeyError(ValueError):
    """The text is not the base64 of a raw Ed25519 key of 32 bytes."""


@dataclass(frozen=True)
class SigningKey:
    """A node's private key and the name that slips call it by."""

    key_id: str
    private: Ed25519PrivateKey

    @property
    def public_bytes(self) -> bytes:
        return self.private.public_key().public_bytes_raw()


@dataclass(frozen=True)
class PublicKey:
    """The public half of a node's key (32 raw bytes) and the time it was in service; moments are aware UTC."""

    key_id: str
    node: str
    raw: bytes
    opened: datetime
    closed: datetime | None = None


def name_key(public_bytes: bytes) -> str:
    """The id of a public key: eight base32 characters of its SHA-256, the same wherever they are worked out."""
    return b32encode(sha256(public_bytes).digest()[:KEY_ID_BYTES]).decode()


def generate_signing_key() -> SigningKey:
    """A new key from the system's random source."""
    return _named(Ed25519PrivateKey.generate())


def write_signing_key(key: SigningKey) -> str:
    """The private key as base64 of its 32 raw bytes, as the setting or the key file holds it. Secret."""
    return b64encode(key.private.private_bytes_raw()).decode()


def read_signing_key(text: str) -> SigningKey:
    """The key that ``write_signing_key`` wrote. Raises UnreadableKeyError; the error never repeats the text."""
    return _named(Ed25519PrivateKey.from_private_bytes(_raw(text)))


def write_public_key(public_bytes: bytes) -> str:
    """A public key as base64 of its 32 raw bytes."""
    return b64encode(public_bytes).decode()


def read_public_key(text: str) -> bytes:
    """The 32 raw bytes that ``write_public_key`` wrote. Raises UnreadableKeyError."""
    return _raw(text)


def _named(private: Ed25519PrivateKey) -> SigningKey:
    return SigningKey(key_id=name_key(private.public_key().public_bytes_raw()), private=private)


def _raw(text: str) -> bytes:
    try:
        raw = b64decode(text.strip().encode("ascii"), validate=True)
    except ValueError:
        raise UnreadableKeyError("the key is not base64") from None
    if len(raw) != RAW_KEY_BYTES:
        raise UnreadableKeyError(f"the key has {len(raw)} bytes instead of {RAW_KEY_BYTES}")
    return raw
