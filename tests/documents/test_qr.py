"""The QR itself: small, whole, and with words for those who do not see it."""

from __future__ import annotations

import re

import pytest
import segno

from portal.documents.qr import ERROR_CORRECTION, draw_qr, split_address
from tests.documents.samples import ALL, LIMIT, VIRTUAL


@pytest.mark.parametrize("address", [VIRTUAL.verify_url, "https://citas.example/v/K7WM3R9H?s=ABC", "", "x"])
def test_the_pieces_are_the_address(address: str) -> None:
    assert "".join(split_address(address)) == address


def test_the_signed_part_is_in_the_compact_alphabet() -> None:
    assert [
        set(piece) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
        for piece in split_address(VIRTUAL.verify_url)
    ] == [
        True,
        False,
        True,
    ]


def test_splitting_makes_the_qr_smaller() -> None:
    whole = segno.make(VIRTUAL.verify_url, error=ERROR_CORRECTION, boost_error=False)
    assert _modules(VIRTUAL.verify_url) < len(whole.matrix)


@pytest.mark.parametrize("slip", [*ALL.values(), LIMIT])
def test_the_largest_qr_fits_on_the_roll_with_modules_of_six_dots(slip: object) -> None:
    address = getattr(slip, "verify_url")  # noqa: B009
    assert (_modules(address) + 8) * 0.75 <= 72


def test_alternative_text_is_text() -> None:
    assert "<title>Cita &lt;1&gt;</title>" in draw_qr("HTTPS://X/v/A?s=B", 0.5, "Cita <1>")


def test_width_is_modules_times_millimetres() -> None:
    svg = draw_qr(VIRTUAL.verify_url, 0.5, "x")
    modules = _modules(VIRTUAL.verify_url) + 8
    assert f'viewBox="0 0 {modules} {modules}"' in svg
    assert f'width="{modules * 0.5:.3f}mm"' in svg


def _modules(address: str) -> int:
    found = re.search(r'viewBox="0 0 (\d+)', draw_qr(address, 1, "x"))
    assert found
    return int(found[1]) - 8
