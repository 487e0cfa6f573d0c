"""What a printed slip says of itself, signed: written into the QR's address and read back (ARCHITECTURE, "Paper").

The text ``s`` of ``/v/{code}?s=…`` is the upper-case base32, without padding, of

    version  1 byte    = 1
    key id   5 bytes
    start    4 bytes   minutes since 1970, UTC, big-endian
    modality 1 byte
    node, service, center, initials, last characters of the document: each one byte of length and UTF-8
    signature 64 bytes Ed25519 over a fixed prefix, the code, and all of the above

The code stands in the address and not in the text, so that the QR stays small; the signature covers it all the same.
It is a *código de verificación*, not a digital signature in the legal sense.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.domain.keys import KEY_ID_BYTES, KEY_ID_LENGTH, PublicKey, name_key
from portal.domain.modality import Modality

VERSION = 1
SIGNATURE_BYTES = 64
LONGEST_TEXT = 400
LONGEST_CODE = 32

_PREFIX = b"citas slip\x00"
_HEAD_BYTES = 1 + KEY_ID_BYTES
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Four bytes can count further than the calendar of datetime goes, which ends with the year 9999.
_LAST_MINUTE = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(minutes=1)
_MODALITY_NUMBERS = {Modality.VIRTUAL: 1, Modality.IN_PERSON: 2, Modality.PHONE: 3}
_MODALITIES = {number: modality for modality, number in _MODALITY_NUMBERS.items()}
# Field by field, the most bytes it may take; the sum keeps the text below LONGEST_TEXT.
_FIELDS = {"node": 16, "service": 40, "center": 40, "initials": 16, "document_last3": 12}
# A key cannot have signed citas that start long before it was opened, or after it was closed by more than the longest
# horizon that the settings allow.
_BEFORE_OPENING = timedelta(days=1)
_AFTER_CLOSING = timedelta(days=366)


class Verdict(StrEnum):
    AUTHENTIC = "authentic"
    ALTERED = "altered"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class SlipClaim:
    """What a slip says: service and center by their short names, the start as an aware moment on a whole minute."""

    code: str
    node: str
    key_id: str
    service: str
    center: str
    starts_at: datetime
    modality: Modality
    initials: str
    document_last3: str


@dataclass(frozen=True)
class SlipReading:
    """The verdict on a slip's text, with what it says as far as it could be read; only AUTHENTIC vouches for that.

    ``closed``: the key has been closed since. Whoever has the machine can sign with it still, and date it as they like,
    so that AUTHENTIC stands only beside the cita itself.
    """

    verdict: Verdict
    claim: SlipClaim | None = None
    closed: bool = False


def sign_slip(claim: SlipClaim, private_key: Ed25519PrivateKey) -> str:
    """The text that the QR carries as ``s``.

    Raises ValueError when a value is too long, the start is not an aware moment on a whole minute, or ``claim.key_id``
    is not the name of ``private_key``.
    """
    if claim.key_id != name_key(private_key.public_key().public_bytes_raw()):
        raise ValueError("the claim names another key than the one that signs it")
    body = _write_body(claim)
    return b32encode(body + private_key.sign(_signed_bytes(claim.code, body))).decode().rstrip("=")


def slip_address(origin: str, code: str, signed: str) -> str:
    """The address that the QR opens.

    Scheme and host are in capitals, which mean the same and let the QR use its compact alphabet.
    """
    parts = urlsplit(origin)
    return f"{parts.scheme.upper()}://{parts.netloc.upper()}{parts.path.rstrip('/')}/v/{code}?s={signed}"


def read_slip(code: str, text: str, public_keys: Mapping[str, PublicKey]) -> SlipReading:
    """Judge the text ``s`` that came with a code; ``public_keys`` by their ids, the closed ones too.

    CANNOT_TELL: not in this format, or signed by a key that is unknown or was not in service. ALTERED: says that it
    comes from a known key and cannot, for this code. Never raises, whatever it is given.
    """
    if len(code) > LONGEST_CODE or not (code.isascii() and code.isalnum()):
        return SlipReading(Verdict.CANNOT_TELL)
    raw = _decode(text)
    if raw is None or len(raw) < _HEAD_BYTES or raw[0] != VERSION:
        return SlipReading(Verdict.CANNOT_TELL)
    body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    key = public_keys.get(b32encode(raw[1:_HEAD_BYTES]).decode())
    claim = _read_body(code, body)
    if key is None:
        return SlipReading(Verdict.CANNOT_TELL, claim)
    if claim is None or claim.node != key.node or not _is_signed_by(key, signature, _signed_bytes(code, body)):
        return SlipReading(Verdict.ALTERED, claim)
    verdict = Verdict.AUTHENTIC if _was_in_service(key, claim.starts_at) else Verdict.CANNOT_TELL
    return SlipReading(verdict, claim, closed=key.closed is not None)


def _signed_bytes(code: str, body: bytes) -> bytes:
    return _PREFIX + code.encode() + b"\x00" + body


def _is_signed_by(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _was_in_service(key: PublicKey, starts_at: datetime) -> bool:
    too_late = key.closed is not None and starts_at > key.closed + _AFTER_CLOSING
    return starts_at >= key.opened - _BEFORE_OPENING and not too_late


def _decode(text: str) -> bytes | None:
    """Bytes of unpadded upper-case base32, or None; one text only stands for given bytes, so stray bits are refused."""
    if len(text) > LONGEST_TEXT or not text.isascii():
        return None
    try:
        raw = b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        return None
    return raw if b32encode(raw).decode().rstrip("=") == text else None


def _write_body(claim: SlipClaim) -> bytes:
    if not (claim.code.isascii() and claim.code.isalnum() and len(claim.code) <= LONGEST_CODE):
        raise ValueError("the code is not made of up to 32 letters and digits")
    minutes, rest = divmod(claim.starts_at - _EPOCH, timedelta(minutes=1))
    if rest or not 0 <= minutes <= _LAST_MINUTE:
        raise ValueError("the start is not on a whole minute from 1970 to 9998")
    body = bytearray([VERSION])
    body += _key_id_bytes(claim.key_id)
    body += minutes.to_bytes(4, "big")
    body.append(_MODALITY_NUMBERS[claim.modality])
    for name, longest in _FIELDS.items():
        value = getattr(claim, name).encode()
        if len(value) > longest:
            raise ValueError(f"{name} takes more than {longest} bytes")
        body.append(len(value))
        body += value
    return bytes(body)


def _key_id_bytes(key_id: str) -> bytes:
    if len(key_id) != KEY_ID_LENGTH:
        raise ValueError("a key id has eight characters")
    return b32decode(key_id)


def _read_body(code: str, body: bytes) -> SlipClaim | None:
    """The claim in a body of version 1, or None when the bytes do not add up to one."""
    head = _HEAD_BYTES + 4 + 1
    if len(body) < head or body[head - 1] not in _MODALITIES:
        return None
    values: list[str] = []
    position = head
    for longest in _FIELDS.values():
        length = body[position] if position < len(body) else longest + 1
        value = body[position + 1 : position + 1 + length]
        if length > longest or len(value) < length:
            return None
        try:
            values.append(value.decode())
        except UnicodeDecodeError:
            return None
        position += 1 + length
    if position != len(body):
        return None
    node, service, center, initials, document_last3 = values
    minutes = int.from_bytes(body[_HEAD_BYTES : head - 1], "big")
    if minutes > _LAST_MINUTE:
        return None
    return SlipClaim(
        code=code,
        node=node,
        key_id=b32encode(body[1:_HEAD_BYTES]).decode(),
        service=service,
        center=center,
        starts_at=_EPOCH + timedelta(minutes=minutes),
        modality=_MODALITIES[body[head - 1]],
        initials=initials,
        document_last3=document_last3,
    )
