"""A link of a mail opens one cita, for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.links import LASTS_AFTER_THE_END, LONGEST_LINK, read_link, sign_link

KEY = bytes(range(32))
END = datetime(2027, 1, 7, 15, 0, tzinfo=UTC)
K = sign_link("K7WM3R9H", END, KEY)


def test_it_opens_its_cita_until_some_weeks_after_the_end() -> None:
    assert read_link("K7WM3R9H", K, KEY, END - timedelta(days=60))
    assert read_link("K7WM3R9H", K, KEY, END + LASTS_AFTER_THE_END - timedelta(minutes=1))
    assert not read_link("K7WM3R9H", K, KEY, END + LASTS_AFTER_THE_END)


def test_it_opens_no_other_cita_and_only_here() -> None:
    assert not read_link("K7WM3R9J", K, KEY, END)
    assert not read_link("K7WM3R9H", K, bytes(32), END)


def test_its_time_cannot_be_made_longer() -> None:
    until, _, signature = K.partition(".")
    longer = f"{int(until, 16) + 1:x}.{signature}"
    assert not read_link("K7WM3R9H", longer, KEY, END)


def test_it_fits_into_an_address_as_it_is() -> None:
    assert len(K) <= LONGEST_LINK
    assert all(character.isalnum() or character in ".-_" for character in K)


@pytest.mark.parametrize("text", ["", ".", "zz.zz", "-1." + K.partition(".")[2], K + "=", K * 9, "ñ." + K, "\x00.\x00"])
def test_nonsense_opens_nothing(text: str) -> None:
    assert not read_link("K7WM3R9H", text, KEY, END)


@given(st.text(max_size=90), st.text(max_size=10))
def test_whatever_is_typed_opens_nothing_and_breaks_nothing(text: str, code: str) -> None:
    assert not read_link(code, text, KEY, END)
