"""What only this installation knows: its secret and the key it signs slips with.

Both come from the environment, or from files under ``CITAS_DATA/secrets`` that are made at the first start and
readable by the user alone. Several processes that start at once agree on what the first one wrote.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.domain.keys import name_key
from portal.secret_files import SecretFileError, read_or_make_secret
from portal.settings import Settings, SettingsError

_SHORTEST_SECRET = 32
_SIGNING_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """The Ed25519 key that this node signs slips with, and the name that slips call it by."""

    key_id: str
    private: Ed25519PrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """One key per purpose, all derived from the installation's secret, so that none is good for another's work."""

    csrf: bytes
    attempts: bytes
    access: bytes
    second_factor: bytes
    surveys: bytes
    signing: SigningKey


def open_keys(settings: Settings) -> Keys:
    """Read the keys, making the files at the first start. Raises SettingsError when a given one cannot be used."""
    secret = _read_secret(settings)
    return Keys(
        csrf=_derive(secret, "csrf"),
        attempts=_derive(secret, "attempts"),
        access=_derive(secret, "access"),
        second_factor=_derive(secret, "second-factor"),
        surveys=_derive(secret, "surveys"),
        signing=_read_signing_key(settings),
    )


def _derive(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, f"citas/{purpose}".encode(), "sha256")


def _read_secret(settings: Settings) -> bytes:
    given = settings.secret.get_secret_value()
    if given:
        if len(given) < _SHORTEST_SECRET:
            raise SettingsError(f"CITAS_SECRET: must have at least {_SHORTEST_SECRET} characters.")
        return given.encode()
    kept = _read_or_make(settings.data / "secrets" / "secret", lambda: secrets.token_urlsafe(48))
    if len(kept) < _SHORTEST_SECRET:
        raise SettingsError(f"{settings.data / 'secrets' / 'secret'}: is damaged; put it back from a copy.")
    return kept.encode()


def _read_signing_key(settings: Settings) -> SigningKey:
    path = settings.data / "secrets" / "signing-key"
    given = settings.signing_key.get_secret_value()
    text = given or _read_or_make(path, lambda: secrets.token_hex(_SIGNING_KEY_BYTES))
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError:
        name = "CITAS_SIGNING_KEY" if given else path
        raise SettingsError(f"{name}: must be {2 * _SIGNING_KEY_BYTES} hexadecimal digits.") from None
    return SigningKey(name_key(private.public_key().public_bytes_raw()), private)


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    try:
        return read_or_make_secret(path, make)
    except SecretFileError as error:
        raise SettingsError(str(error)) from None
