"""Rule: codes of citas are readable, checked and random."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.codes import ALPHABET, LENGTH, check_character, is_code, make_code, normalise_code

codes = st.text(alphabet=ALPHABET, min_size=LENGTH - 1, max_size=LENGTH - 1).map(
    lambda body: body + check_character(body)
)


def test_a_new_code_is_valid_and_new() -> None:
    made = {make_code() for _ in range(2_000)}
    assert len(made) == 2_000
    assert all(is_code(code) for code in made)


@given(codes, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(code: str, position: int, other: str) -> None:
    typo = code[:position] + other + code[position + 1 :]
    assert is_code(typo) == (typo == code)


@given(codes)
def test_people_may_write_a_code_in_groups_and_lower_case(code: str) -> None:
    assert normalise_code(f" {code[:4].lower()}-{code[4:6]} {code[6:]}.") == code


@pytest.mark.parametrize("typed", ["", "ABC", "O0I1O0I1", "ÑÑÑÑÑÑÑÑ", "A" * 500, "\x00" * 8])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert not is_code(normalise_code(typed))
