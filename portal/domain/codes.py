"""Codes of citas: eight characters that people read out, with a check character.

Seven random characters (35 bits, unguessable within the limits on attempts) of an alphabet without 0, 1, I and O, and a
check character by the Luhn scheme for base 32, which catches every single typo and most swaps of neighbours.
"""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 8
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_BASE = len(ALPHABET)


def make_code() -> str:
    """A new random code."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The character that makes ``body`` a valid code (Luhn modulo 32)."""
    total = 0
    for position, character in enumerate(reversed(body)):
        value = _VALUE[character] * (2 if position % 2 == 0 else 1)
        total += value // _BASE + value % _BASE
    return ALPHABET[-total % _BASE]


def normalise_code(typed: str) -> str:
    """A code as it is stored: upper case, without the spaces, dots and hyphens that people put in."""
    return "".join(character for character in typed.upper() if character not in " .-\u00a0\t")[: LENGTH + 1]


def is_code(code: str) -> bool:
    """Whether a normalised code has the right length, alphabet and check character."""
    return (
        len(code) == LENGTH
        and all(character in _VALUE for character in code)
        and check_character(code[:-1]) == code[-1]
    )
