"""Numbers of identity documents (DOMAIN, identity documents)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.domain.people import normalise_document
from portal.domain.vocabulary import DocumentType
from portal.forms.text import has_control, refuse

_DNI = re.compile(r"(\d{8})(?:([\s-]*)([0-9A-K]))?", re.ASCII)
_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_DIGITS = "65432110987"
_LETTERS = "KJIHGFEDCBA"

LONGEST = {
    DocumentType.DNI: 8,
    DocumentType.FOREIGNER_CARD: 12,
    DocumentType.PASSPORT: 12,
    DocumentType.REFUGEE: 15,
    DocumentType.DIPLOMATIC: 15,
    DocumentType.TEMPORARY_PERMIT: 15,
    DocumentType.FOREIGN_IDENTITY: 15,
    DocumentType.CPP_CARD: 15,
}


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number as it is stored. ``looks_mistyped`` is a doubt, not an error: the check character does not fit."""

    value: str
    looks_mistyped: bool = False


def read_document_number(kind: DocumentType, typed: str) -> DocumentNumber:
    """Read a number of a kind of document; spaces, dots and hyphens do not matter. Refuses what cannot be one."""
    if has_control(typed):
        raise refuse("symbols")
    number = normalise_document(typed)
    if not number:
        raise refuse("missing")
    if kind is DocumentType.DNI:
        return _read_dni(typed.strip().upper(), number)
    if not (number.isascii() and number.isalnum()):
        raise refuse("symbols")
    if len(number) > LONGEST[kind]:
        raise refuse("too_long", LONGEST[kind])
    return DocumentNumber(number)


def _read_dni(typed: str, number: str) -> DocumentNumber:
    """Eight digits, or eight and a check character that is set apart, is a letter, or fits."""
    found = _DNI.fullmatch(typed) or _DNI.fullmatch(number)
    if found is None:
        raise refuse("dni_length")
    digits, gap, check = found.groups()
    if len(set(digits)) == 1:
        raise refuse("dni_repeated")
    if check is None:
        return DocumentNumber(digits)
    fits = check in check_characters(digits)
    if not fits and not gap and check.isdigit():
        raise refuse("dni_length")  # nine digits in a row: one too many rather than a check digit
    return DocumentNumber(digits, looks_mistyped=not fits)


def check_characters(dni: str) -> tuple[str, str]:
    """The digit and the letter that may follow a DNI's eight digits. Real DNIs have been reported to carry others."""
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, dni, strict=True)) % len(_DIGITS)
    return _DIGITS[rest], _LETTERS[rest]
