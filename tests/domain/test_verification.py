"""The signed text of a slip: true ones are told from altered ones, and nothing that comes in does harm."""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.keys import PublicKey, name_key
from portal.domain.modality import Modality
from portal.domain.verification import LONGEST_TEXT, SlipClaim, Verdict, read_slip, sign_slip, slip_address

KEY = Ed25519PrivateKey.generate()
KEY_ID = name_key(KEY.public_key().public_bytes_raw())
OPENED = datetime(2026, 11, 1, tzinfo=UTC)
PUBLIC = PublicKey(KEY_ID, "portal", KEY.public_key().public_bytes_raw(), OPENED)
KEYS = {KEY_ID: PUBLIC}
CLAIM = SlipClaim(
    code="K7WM3R9H",
    node="portal",
    key_id=KEY_ID,
    service="bolsa-de-trabajo",
    center="sede-central",
    starts_at=datetime(2027, 1, 4, 14, 30, tzinfo=UTC),
    modality=Modality.VIRTUAL,
    initials="ÑQP",
    document_last3="678",
)
SIGNED = sign_slip(CLAIM, KEY)


def short_text(longest: int) -> st.SearchStrategy[str]:
    return st.text(max_size=longest).filter(lambda text: _fits(text, longest))


def _fits(text: str, longest: int) -> bool:
    try:
        return len(text.encode()) <= longest
    except UnicodeEncodeError:
        return False


claims = st.builds(
    SlipClaim,
    code=st.text("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", min_size=8, max_size=8),
    node=st.just("portal"),
    key_id=st.just(KEY_ID),
    service=short_text(40),
    center=short_text(40),
    starts_at=st.integers(0, 5_000_000).map(lambda minutes: OPENED + timedelta(minutes=minutes)),
    modality=st.sampled_from(Modality),
    initials=short_text(16),
    document_last3=short_text(12),
)


@given(claims)
def test_what_was_signed_is_read_back_as_authentic(claim: SlipClaim) -> None:
    text = sign_slip(claim, KEY)
    assert len(text) <= LONGEST_TEXT
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    reading = read_slip(claim.code, text, KEYS)
    assert (reading.verdict, reading.claim) == (Verdict.AUTHENTIC, claim)


@given(st.integers(min_value=0))
def test_no_flipped_bit_passes_as_authentic(position: int) -> None:
    raw = bytearray(b32decode(SIGNED + "=" * (-len(SIGNED) % 8)))
    position %= len(raw) * 8
    raw[position // 8] ^= 1 << position % 8
    text = b32encode(bytes(raw)).decode().rstrip("=")
    assert read_slip(CLAIM.code, text, KEYS).verdict is not Verdict.AUTHENTIC


@given(st.integers(0, len(SIGNED) - 1), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abc=% \x00ñ"))
def test_no_changed_character_passes_as_authentic(position: int, character: str) -> None:
    text = SIGNED[:position] + character + SIGNED[position + 1 :]
    expected = text == SIGNED
    assert (read_slip(CLAIM.code, text, KEYS).verdict is Verdict.AUTHENTIC) is expected


@given(st.text(max_size=LONGEST_TEXT + 50), st.text(max_size=40))
def test_hostile_text_is_never_authentic_and_never_raises(text: str, code: str) -> None:
    assert read_slip(code, text, KEYS).verdict is not Verdict.AUTHENTIC


@given(st.binary(max_size=240))
def test_hostile_bytes_under_a_known_key_are_altered(tail: bytes) -> None:
    raw = b32decode(SIGNED[:16])[:6] + tail
    text = b32encode(raw).decode().rstrip("=")
    verdict = read_slip(CLAIM.code, text, KEYS).verdict
    assert verdict is (Verdict.ALTERED if len(text) <= LONGEST_TEXT else Verdict.CANNOT_TELL)


@pytest.mark.parametrize("start", [b"\xff\xff\xff\xff", b"\xfb\xb6\x00\x00"])
def test_a_start_beyond_the_calendar_is_altered(start: bytes) -> None:
    raw = bytearray(b32decode(SIGNED + "=" * (-len(SIGNED) % 8)))
    raw[6:10] = start
    reading = read_slip(CLAIM.code, b32encode(bytes(raw)).decode().rstrip("="), KEYS)
    assert (reading.verdict, reading.claim) == (Verdict.ALTERED, None)


def test_each_printed_value_is_covered_by_the_signature() -> None:
    other = Ed25519PrivateKey.generate()
    other_id = name_key(other.public_key().public_bytes_raw())
    forged = [
        replace(CLAIM, service="abe"),
        replace(CLAIM, center="sede-norte"),
        replace(CLAIM, starts_at=CLAIM.starts_at + timedelta(minutes=30)),
        replace(CLAIM, modality=Modality.IN_PERSON),
        replace(CLAIM, initials="XYZ"),
        replace(CLAIM, document_last3="999"),
    ]
    for claim in forged:
        # The forger writes the body well, under the true key's name, but can only sign with a key of their own.
        body = sign_slip(replace(claim, key_id=other_id), other)
        raw = bytearray(b32decode(body + "=" * (-len(body) % 8)))
        raw[1:6] = b32decode(KEY_ID)
        text = b32encode(bytes(raw)).decode().rstrip("=")
        assert read_slip(CLAIM.code, text, KEYS).verdict is Verdict.ALTERED


def test_a_text_taken_to_another_code_is_altered() -> None:
    assert read_slip("K7WM3R9J", SIGNED, KEYS).verdict is Verdict.ALTERED


def test_an_unknown_key_leaves_the_question_open_and_shows_what_the_slip_says() -> None:
    reading = read_slip(CLAIM.code, SIGNED, {})
    assert (reading.verdict, reading.claim) == (Verdict.CANNOT_TELL, CLAIM)


def test_a_later_version_of_the_format_cannot_be_judged() -> None:
    raw = bytearray(b32decode(SIGNED + "=" * (-len(SIGNED) % 8)))
    raw[0] = 2
    text = b32encode(bytes(raw)).decode().rstrip("=")
    assert read_slip(CLAIM.code, text, KEYS).verdict is Verdict.CANNOT_TELL


def test_a_node_cannot_sign_in_the_name_of_another() -> None:
    kiosk_key = {KEY_ID: replace(PUBLIC, node="kiosk-1")}
    assert read_slip(CLAIM.code, SIGNED, kiosk_key).verdict is Verdict.ALTERED


def test_a_closed_key_still_vouches_for_what_it_signed_in_service() -> None:
    closed = {KEY_ID: replace(PUBLIC, closed=CLAIM.starts_at - timedelta(days=30))}
    reading = read_slip(CLAIM.code, SIGNED, closed)
    assert (reading.verdict, reading.closed) == (Verdict.AUTHENTIC, True)


def test_a_key_does_not_vouch_for_citas_far_outside_its_time() -> None:
    before = {KEY_ID: replace(PUBLIC, opened=CLAIM.starts_at + timedelta(days=2))}
    after = {KEY_ID: replace(PUBLIC, closed=CLAIM.starts_at - timedelta(days=367))}
    assert read_slip(CLAIM.code, SIGNED, before).verdict is Verdict.CANNOT_TELL
    assert read_slip(CLAIM.code, SIGNED, after).verdict is Verdict.CANNOT_TELL


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"service": "s" * 41}, "service"),
        ({"initials": "ñ" * 9}, "initials"),
        ({"starts_at": CLAIM.starts_at + timedelta(seconds=1)}, "whole minute"),
        ({"starts_at": datetime(9999, 6, 1, tzinfo=UTC)}, "whole minute"),
        ({"code": "K7WM/3R9"}, "code"),
        ({"key_id": "AAAAAAAA"}, "another key"),
    ],
)
def test_a_claim_that_does_not_fit_is_not_signed(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        sign_slip(replace(CLAIM, **change), KEY)  # type: ignore[arg-type]  # one field at a time


def test_the_address_keeps_the_path_and_writes_scheme_and_host_in_capitals() -> None:
    assert slip_address("https://citas.trabajo.gob.pe", "K7WM3R9H", "ABC") == (
        "HTTPS://CITAS.TRABAJO.GOB.PE/v/K7WM3R9H?s=ABC"
    )
    assert slip_address("http://127.0.0.1:8000/", "K7WM3R9H", "ABC") == "HTTP://127.0.0.1:8000/v/K7WM3R9H?s=ABC"
