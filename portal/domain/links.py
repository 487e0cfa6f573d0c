"""Signed links of the mails: ``k`` in ``/citas/{codigo}?k=…`` opens that cita without its document number.

The text is the minute until which it opens the cita, in hexadecimal, and a keyed signature over that and the code. It
names nobody, is good for one cita alone, and needs no row in the database.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from itsdangerous import Signer

# After its cita a link still shows how it went and takes a doubt; later an old mail opens nothing any more.
LASTS_AFTER_THE_END: Final = timedelta(days=30)
LONGEST_LINK: Final = 80

_SALT: Final = b"citas/appointment link"
_MINUTE: Final = timedelta(minutes=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def sign_link(code: str, ends_at: datetime, key: bytes) -> str:
    """The ``k`` that opens a cita until some weeks after ``ends_at`` (UTC); ``key`` is our own for access."""
    until = f"{(ends_at + LASTS_AFTER_THE_END - _EPOCH) // _MINUTE:x}"
    return f"{until}.{_signature(code, until, key)}"


def read_link(code: str, text: str, key: bytes, now: datetime) -> bool:
    """Whether ``k`` opens the cita of that code, now. Never raises, whatever it is given."""
    until, _, signature = text.partition(".")
    if len(text) > LONGEST_LINK or not text.isascii() or not code.isascii():
        return False
    if not hmac.compare_digest(signature, _signature(code, until, key)):
        return False
    return now < _EPOCH + int(until, 16) * _MINUTE


def _signature(code: str, until: str, key: bytes) -> str:
    signer = Signer(key, salt=_SALT, key_derivation="hmac", digest_method=sha256)
    return signer.get_signature(f"{code}/{until}").decode()
