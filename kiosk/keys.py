"""What only this machine knows: the key of its file, and for each kiosk that it is or was a token and a signing key.

Files under the kiosk's folder, readable by the service's user alone. The key of the file may come from systemd instead
(``LoadCredentialEncrypted=``, e.g. sealed by the machine's TPM), so that the disk alone does not open it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.cipher import KEY_BYTES
from kiosk.settings import KioskSettings, KioskSettingsError
from portal.domain.keys import name_key
from portal.secret_files import SecretFileError, keep_secret, read_or_make_secret, read_secret

CREDENTIAL: Final = "kiosk-database-key"
"""What systemd is to call the key of the file, in hexadecimal digits."""

_TOKEN_BYTES: Final = 32
_SIGNING_KEY_BYTES: Final = 32
_NEXT: Final = "next"


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """How a kiosk shows the portal who it is, and signs its slips. Made by this machine, kept by it alone."""

    token: str
    private: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        """What slips call the key."""
        return name_key(self.private.public_key().public_bytes_raw())

    @property
    def public_key(self) -> str:
        """The public half, in hexadecimal digits, as the portal is told it."""
        return self.private.public_key().public_bytes_raw().hex()

    @property
    def token_hash(self) -> str:
        """All that the portal is told of the token before it is used."""
        return sha256(self.token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """Where the keys are."""

    path: Path
    credentials: Path | None = None

    def read_database_key(self) -> bytes:
        """The key of the kiosk's file, made at the first start. Raises KioskSettingsError."""
        given = self.credentials and self.credentials / CREDENTIAL
        path = given if given and given.exists() else self.path / "database-key"
        try:
            key = bytes.fromhex(read_or_make_secret(path, lambda: secrets.token_hex(KEY_BYTES)))
        except SecretFileError as error:
            raise KioskSettingsError(str(error)) from None
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KioskSettingsError(f"{path}: must hold {2 * KEY_BYTES} hexadecimal digits.")
        return key

    def read_identity(self, kiosk: UUID) -> Identity:
        """The identity of a kiosk that this machine is or was. Raises KioskSettingsError."""
        identity = self._read(str(kiosk))
        if identity is None:
            raise KioskSettingsError(f"{self._file(str(kiosk))}: is missing; put it back, or pair this machine anew.")
        return identity

    def next_identity(self) -> Identity:
        """The identity to be paired: the same again until it is. Raises KioskSettingsError."""
        text = f"{secrets.token_urlsafe(_TOKEN_BYTES)} {secrets.token_hex(_SIGNING_KEY_BYTES)}"
        try:
            return _parse(read_or_make_secret(self._file(_NEXT), lambda: text), self._file(_NEXT))
        except SecretFileError as error:
            raise KioskSettingsError(str(error)) from None

    def keep_identity(self, kiosk: UUID) -> None:
        """The portal has taken the next identity for this kiosk's: keep it under that name. Again does nothing.

        Called before the kiosk's file says so, so that no paired kiosk is without its token.
        """
        try:
            if (text := read_secret(self._file(_NEXT))) is not None:
                keep_secret(self._file(str(kiosk)), text)
        except SecretFileError as error:
            raise KioskSettingsError(str(error)) from None

    def has_next(self) -> bool:
        """Whether a pairing has begun, and not ended."""
        return self._read(_NEXT) is not None

    def is_next(self, kiosk: UUID) -> bool:
        """Whether the next identity is this kiosk's already."""
        following, kept = self._read(_NEXT), self._read(str(kiosk))
        return following is not None and kept is not None and following.token == kept.token

    def forget_next(self) -> None:
        """The next identity is in use: another pairing begins with one of its own."""
        self._file(_NEXT).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self.path / f"identity-{name}"

    def _read(self, name: str) -> Identity | None:
        try:
            text = read_secret(self._file(name))
        except SecretFileError as error:
            raise KioskSettingsError(str(error)) from None
        return None if text is None else _parse(text, self._file(name))


def open_key_folder(settings: KioskSettings) -> KeyFolder:
    """The folder of this kiosk, and what systemd has put at hand."""
    given = os.environ.get("CREDENTIALS_DIRECTORY", "")
    return KeyFolder(settings.folder / "secrets", Path(given) if given else None)


def _parse(text: str, path: Path) -> Identity:
    token, _, key = text.partition(" ")
    try:
        return Identity(token, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))
    except ValueError:
        raise KioskSettingsError(f"{path}: is damaged; put it back, or pair this machine anew.") from None
