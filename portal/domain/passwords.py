"""Passwords of the staff: argon2id, and answers that take as long for a wrong name as for a wrong password."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from enum import StrEnum
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from portal.domain.common_passwords import is_common

SHORTEST = 12
LONGEST = 128
# Letters and digits that nobody takes for one another, for what is read off a paper once.
CLEAR = "abcdefghijkmnpqrstuvwxyz23456789"


class PasswordFault(StrEnum):
    """Why a password may not be used."""

    MISSING = "missing"
    SHORT = "too_short"
    LONG = "too_long"
    CONTROL = "control"
    USERNAME = "holds_username"
    COMMON = "common"


def judge_password(password: str, username: str, shortest: int = SHORTEST) -> PasswordFault | None:
    """Why a new password may not be used by the person of that name, or None. No rule about kinds of characters."""
    folded = password.casefold()
    faults = (
        (not password, PasswordFault.MISSING),
        (any(unicodedata.category(letter) in ("Cc", "Cs") for letter in password), PasswordFault.CONTROL),
        (len(password) < shortest, PasswordFault.SHORT),
        (len(password) > LONGEST, PasswordFault.LONG),
        (username.casefold() in folded or username.casefold()[::-1] in folded, PasswordFault.USERNAME),
        (is_common(password), PasswordFault.COMMON),
    )
    return next((fault for is_so, fault in faults if is_so), None)


async def hash_password(password: str) -> str:
    """The hash to keep. In a thread: it takes tens of milliseconds on purpose."""
    return await asyncio.to_thread(_hasher().hash, _as_bytes(password))


async def fits(password: str, kept: str) -> bool:
    """Whether a password is the one that ``kept`` was made of.

    Without a kept hash it takes as long and is never so, so that the time taken does not tell which names exist.
    """
    right = await asyncio.to_thread(_hasher().verify, _as_bytes(password[:LONGEST]), kept or _nobodys())
    return right and bool(kept)


def make_password() -> str:
    """A random password that can be read off a paper: 16 characters in groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(CLEAR) for _ in range(4)) for _ in range(4))


def _as_bytes(password: str) -> bytes:
    """One spelling for what looks alike: an ñ may be typed as one character or as two."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@cache
def _hasher() -> PasswordHash:
    # OWASP's parameters: 19 MiB, two passes. Many sign-ins at once must not take the memory of the machine.
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_hex(16))
