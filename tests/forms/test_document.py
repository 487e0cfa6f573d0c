"""Numbers of identity documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from portal.domain.vocabulary import DocumentType
from portal.forms.document import LONGEST, check_characters, read_document_number


def code_of(kind: DocumentType, typed: str) -> str:
    """Why a number is refused."""
    with pytest.raises(PydanticCustomError) as refusal:
        read_document_number(kind, typed)
    return str((refusal.value.context or {})["code"])


@pytest.mark.parametrize(
    ("typed", "value", "doubted"),
    [
        ("10117410", "10117410", False),
        (" 10 117 410 ", "10117410", False),
        ("10.117.410", "10117410", False),
        ("10117410-2", "10117410", False),
        ("10117410 - 2", "10117410", False),
        ("101174102", "10117410", False),
        ("42388604-3", "42388604", False),
        ("42388604-H", "42388604", False),
        ("42388604h", "42388604", False),
        ("42388604-1", "42388604", True),
        ("42388604-A", "42388604", True),
        ("１０１１７４１０", "10117410", False),  # full-width digits, as some keyboards write them
    ],
)
def test_a_dni_is_read_with_or_without_its_check_character(typed: str, value: str, doubted: bool) -> None:
    number = read_document_number(DocumentType.DNI, typed)
    assert (number.value, number.looks_mistyped) == (value, doubted)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        (" - ", "missing"),
        ("1234567", "dni_length"),
        ("101174101", "dni_length"),
        ("1011741022", "dni_length"),
        ("1011741X", "dni_length"),
        ("10117410-Z", "dni_length"),
        ("00000000", "dni_repeated"),
        ("11111111-1", "dni_repeated"),
        ("1011\x007410", "symbols"),
        ("١٠١١٧٤١٠", "dni_length"),  # digits of another script are no digits of a DNI
    ],
)
def test_what_is_no_dni_is_refused(typed: str, code: str) -> None:
    assert code_of(DocumentType.DNI, typed) == code


@given(st.integers(0, 99_999_999))
def test_its_own_check_characters_are_never_doubted(number: int) -> None:
    dni = f"{number:08}"
    if len(set(dni)) > 1:
        digit, letter = check_characters(dni)
        assert not read_document_number(DocumentType.DNI, f"{dni}-{digit}").looks_mistyped
        assert not read_document_number(DocumentType.DNI, f"{dni}{letter.lower()}").looks_mistyped


@pytest.mark.parametrize("kind", [kind for kind in DocumentType if kind is not DocumentType.DNI])
def test_other_documents_are_letters_and_digits_up_to_a_length(kind: DocumentType) -> None:
    assert read_document_number(kind, "g-123 abc").value == "G123ABC"
    assert read_document_number(kind, "7" * LONGEST[kind]).value == "7" * LONGEST[kind]
    assert code_of(kind, "7" * (LONGEST[kind] + 1)) == "too_long"
    for typed in ("G/123", "Ñ123", "G_123", "😀", "'; DROP TABLE"):
        assert code_of(kind, typed) == "symbols"


@given(st.sampled_from(DocumentType), st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused(kind: DocumentType, typed: str) -> None:
    try:
        number = read_document_number(kind, typed)
    except PydanticCustomError:
        return
    assert number.value.isascii()
    assert number.value.isalnum()
    assert 0 < len(number.value) <= LONGEST[kind]
