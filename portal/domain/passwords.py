"""Passwords of the staff: argon2id, and answers that take as long for a wrong name as for a wrong password."""

from __future__ import annotations

import asyncio
import secrets
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

SHORTEST = 12
LONGEST = 128
# Letters and digits that nobody takes for one another, for passwords that are read off a paper once.
_CLEAR = "abcdefghijkmnpqrstuvwxyz23456789"


async def hash_password(password: str) -> str:
    """The hash to keep. In a thread: it takes tens of milliseconds on purpose."""
    return await asyncio.to_thread(_hasher().hash, password)


async def fits(password: str, kept: str) -> bool:
    """Whether a password is the one that ``kept`` was made of.

    Without a kept hash it takes as long and is never so, so that the time taken does not tell which names exist.
    """
    right = await asyncio.to_thread(_hasher().verify, password[:LONGEST], kept or _nobodys())
    return right and bool(kept)


def make_password() -> str:
    """A random password that can be read off a paper: 16 characters in groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(_CLEAR) for _ in range(4)) for _ in range(4))


@cache
def _hasher() -> PasswordHash:
    # OWASP's parameters: 19 MiB, two passes. Many sign-ins at once must not take the memory of the machine.
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_hex(16))
