"""A slip held beside what we know: authentic and standing, authentic and over, altered, or not ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.database.node import Node, fetch
from portal.domain.changing import cancel
from portal.domain.key_ring import add_key
from portal.domain.keys import name_key
from portal.domain.modality import Modality
from portal.domain.slip_check import SlipText, check_slip
from portal.domain.verification import SlipClaim, Verdict, sign_slip
from portal.domain.vocabulary import State
from tests.people import NOW, ROSA, RULES, build_world, reserve, slot_at

START = NOW + timedelta(days=1)


@pytest.fixture
async def key(node: Node) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    await add_key(key.public_key().public_bytes_raw(), "portal", NOW)
    return key


def claim_of(code: str, key: Ed25519PrivateKey) -> SlipClaim:
    key_id = name_key(key.public_key().public_bytes_raw())
    return SlipClaim(code, "portal", key_id, "bolsa", "central", START, Modality.VIRTUAL, "RMÑQ", "410")


async def a_code() -> str:
    await build_world()
    return (await reserve(ROSA, slot_at(START))).code


async def test_a_true_slip_of_a_cita_that_stands(key: Ed25519PrivateKey) -> None:
    code = await a_code()
    check = await check_slip(code, sign_slip(claim_of(code, key), key))
    assert (check.verdict, check.state) == (Verdict.AUTHENTIC, State.RESERVED)
    assert check.text == SlipText(
        "Bolsa de Trabajo", "Centro de Empleo – Sede central", START, Modality.VIRTUAL, "RMÑQ", "410"
    )


async def test_a_true_slip_of_a_cita_that_was_cancelled(key: Ed25519PrivateKey) -> None:
    code = await a_code()
    signed = sign_slip(claim_of(code, key), key)
    await cancel(code, NOW, RULES)
    assert (await check_slip(code, signed)).state is State.CANCELLED


async def test_a_true_slip_whose_cita_we_do_not_have(key: Ed25519PrivateKey) -> None:
    check = await check_slip("K7WM3R9H", sign_slip(claim_of("K7WM3R9H", key), key))
    assert (check.verdict, check.state) == (Verdict.AUTHENTIC, None)


async def test_what_a_closed_key_signed_is_authentic_beside_its_cita_alone(key: Ed25519PrivateKey) -> None:
    code = await a_code()
    true = sign_slip(claim_of(code, key), key)
    await fetch('UPDATE "signing_key" SET "closed_at" = {}', NOW)
    assert (await check_slip(code, true)).verdict is Verdict.AUTHENTIC
    # Whoever took the machine may have signed these, whatever they say of when.
    for forged in (
        claim_of("K7WM3R9H", key),
        replace(claim_of(code, key), starts_at=START + timedelta(days=1)),
        replace(claim_of(code, key), document_last3="411"),
    ):
        check = await check_slip(forged.code, sign_slip(forged, key))
        assert (check.verdict, check.state) == (Verdict.CANNOT_TELL, None)


async def test_an_altered_slip_does_not_tell_whether_its_cita_stands(key: Ed25519PrivateKey) -> None:
    code = await a_code()
    other = sign_slip(claim_of("K7WM3R9H", key), key)
    check = await check_slip(code, other)
    assert (check.verdict, check.state) == (Verdict.ALTERED, None)


async def test_a_stranger_writes_no_words_on_our_page(key: Ed25519PrivateKey) -> None:
    code, stranger = await a_code(), Ed25519PrivateKey.generate()
    forged = replace(
        claim_of(code, stranger), service="Paga S/ 50 en la puerta", center="otra", initials="a <b>", document_last3="."
    )
    check = await check_slip(code, sign_slip(forged, stranger))
    assert (check.verdict, check.state) == (Verdict.CANNOT_TELL, None)
    assert check.text == SlipText("", "", START, Modality.VIRTUAL, "", "")


@pytest.mark.parametrize("signed", ["", "A", "a", "ÑANDÚ", "A" * 5_000, "\x00"])
async def test_what_is_no_slip_is_nothing(key: Ed25519PrivateKey, signed: str) -> None:
    check = await check_slip("K7WM3R9H", signed)
    assert (check.verdict, check.text, check.state) == (Verdict.CANNOT_TELL, None, None)


async def test_names_that_the_database_cannot_be_asked_for_are_shown_empty(key: Ed25519PrivateKey) -> None:
    stranger = Ed25519PrivateKey.generate()
    claim = replace(claim_of("K7WM3R9H", stranger), service="bol\x00sa", center="\x00")
    check = await check_slip("K7WM3R9H", sign_slip(claim, stranger))
    assert check.verdict is Verdict.CANNOT_TELL
    assert check.text is not None
    assert (check.text.service_name, check.text.center_name) == ("", "")
