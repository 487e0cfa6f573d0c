"""Secrets that have to be read again are kept encrypted: AES-256-GCM with a key of the installation.

A sealed secret is bound to what it was sealed for, so that one moved to another row does not open.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Unsealable(Exception):
    """Sealed with another key or for another purpose, or damaged."""


def seal(secret: bytes, purpose: bytes, key: bytes) -> str:
    """The secret as text that only ``key`` (32 bytes) opens, and only for that purpose."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, secret, purpose)).decode()


def unseal(text: str, purpose: bytes, key: bytes) -> bytes:
    """Back to the secret. Raises Unsealable."""
    try:
        raw = urlsafe_b64decode(text)
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose)
    except (ValueError, InvalidTag):
        raise Unsealable from None
