"""From a cita to its slip and its calendar entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.documents.entry_of import entry_of
from portal.documents.slip_of import Signer, initials_of, slip_of
from portal.domain.keys import PublicKey, name_key
from portal.domain.modality import Modality
from portal.domain.verification import Verdict, read_slip
from portal.domain.vocabulary import State
from tests.citas import CITA

ORIGIN = "https://citas.trabajo.gob.pe"
NOW = datetime(2027, 1, 7, 14, 0, tzinfo=UTC)
SIGNER = Signer("portal", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def test_the_slip_says_what_the_cita_is() -> None:
    slip = slip_of(CITA, ORIGIN, SIGNER, NOW)
    assert (slip.code, slip.holder_name, slip.document_hint) == ("K7WM3R9H", "Rosa María Ñahui Quispe", "DNI •••••410")
    assert (slip.manage_url, slip.issued_at) == ("https://citas.trabajo.gob.pe/citas", NOW)
    assert slip.how_to_enter == "A la hora de tu cita, entra en https://meet.google.com/abc-defg-hij"


def test_its_signature_is_told_from_an_altered_one() -> None:
    address = urlsplit(slip_of(CITA, ORIGIN, SIGNER, NOW).verify_url)
    signed = parse_qs(address.query)["s"][0]
    raw = SIGNER.key.public_key().public_bytes_raw()
    keys = {name_key(raw): PublicKey(name_key(raw), "portal", raw, opened=NOW)}
    reading = read_slip("K7WM3R9H", signed, keys)
    assert reading.verdict is Verdict.AUTHENTIC
    assert reading.claim is not None
    assert (reading.claim.initials, reading.claim.document_last3) == ("RMÑQ", "410")
    assert read_slip("K7WM3R9J", signed, keys).verdict is Verdict.ALTERED


def test_without_a_link_the_consultor_invites() -> None:
    slip = slip_of(replace(CITA, meet_link=""), ORIGIN, SIGNER, NOW)
    assert "te invita por correo a la videollamada" in slip.how_to_enter


def test_a_call_goes_to_a_number_that_only_its_owner_recognises() -> None:
    slip = slip_of(replace(CITA, modality=Modality.PHONE), ORIGIN, SIGNER, NOW)
    assert "termina en 321" in slip.phone
    assert "987" not in slip.phone


def test_the_sede_is_found_by_its_reference() -> None:
    slip = slip_of(replace(CITA, center_reference="Frente al hospital"), ORIGIN, SIGNER, NOW)
    assert slip.center_address == "Av. Salaverry 655, Jesús María (Frente al hospital)"


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Mei Li", "ML"), ("rosa ñahui", "RÑ"), ("Á" * 3, "Á"), (" ".join("ñandú" for _ in range(20)), "Ñ" * 8), ("", "")],
)
def test_initials_fit_into_the_signature(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_a_moved_cita_keeps_its_entry() -> None:
    former = entry_of(CITA, ORIGIN, NOW)
    moved = replace(CITA, code="MMMMMMMM", calendar_sequence=1, starts_at=CITA.starts_at + timedelta(days=1))
    entry = entry_of(moved, ORIGIN, NOW)
    assert entry.uid == former.uid == f"{UUID(int=7)}@citas"
    assert entry.sequence > former.sequence
    assert not entry.cancelled


def test_a_cancelled_cita_is_taken_back_and_leads_to_a_new_one() -> None:
    entry = entry_of(replace(CITA, state=State.CANCELLED), ORIGIN, NOW)
    assert (entry.cancelled, entry.manage_url) == (True, "https://citas.trabajo.gob.pe/reservar")


@pytest.mark.parametrize("modality", Modality)
def test_an_entry_says_how_to_get_there(modality: Modality) -> None:
    entry = entry_of(replace(CITA, modality=modality, center_reference="Frente al hospital"), ORIGIN, NOW)
    expected = {
        Modality.VIRTUAL: ("", "https://meet.google.com/abc-defg-hij"),
        Modality.PHONE: ("Te llamamos al número que termina en 321. Tenlo a la mano y con batería.", ""),
        Modality.IN_PERSON: ("Frente al hospital", ""),
    }
    assert (entry.guidance, entry.video_link) == expected[modality]
