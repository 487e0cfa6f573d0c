"""Passwords: argon2id as OWASP asks, the same time for nobody, and which ones may not be used."""

from __future__ import annotations

import re
from unicodedata import normalize

import pytest

from portal.domain import passwords
from portal.domain.common_passwords import is_common
from portal.domain.passwords import PasswordFault, _hasher, fits, hash_password, judge_password, make_password

REAL = _hasher


async def test_a_password_fits_its_own_hash_alone() -> None:
    kept = await hash_password("caballo batería grapa")
    assert await fits("caballo batería grapa", kept)
    assert not await fits("caballo bateria grapa", kept)
    assert not await fits("", kept)
    assert not await fits("caballo batería grapa", "")
    assert not await fits("\ud800", kept)


async def test_what_looks_alike_is_alike() -> None:
    kept = await hash_password(normalize("NFC", "niño y ñandú contentos"))
    assert await fits(normalize("NFD", "niño y ñandú contentos"), kept)


async def test_nobody_takes_as_long_as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Counting:
        def verify(self, _: bytes, kept: str) -> bool:
            verified.append(kept)
            return True

    monkeypatch.setattr(passwords, "_hasher", Counting)
    assert not await fits("x", "")
    assert await fits("x", "kept")
    assert verified == [passwords._nobodys(), "kept"]


def test_hashes_are_argon2id_with_the_memory_that_owasp_asks_for() -> None:
    assert REAL().hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_made_passwords_are_read_off_a_paper() -> None:
    made = {make_password() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){3}", password) for password in made)
    assert all(judge_password(password, "consultor1") is None for password in made)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("", PasswordFault.MISSING),
        ("once letras", PasswordFault.SHORT),
        ("doce letras!", None),
        ("x" * 129, PasswordFault.LONG),
        ("mi-ANA.flores-2027", PasswordFault.USERNAME),
        ("serolf.ana-a-12345", PasswordFault.USERNAME),
        ("con\x07campana larga", PasswordFault.CONTROL),
        ("aaaaaaaaaaaa", PasswordFault.COMMON),
        ("abababababab", PasswordFault.COMMON),
        ("123456789012", PasswordFault.COMMON),
        ("987654321098", PasswordFault.COMMON),
        ("contraseña12", PasswordFault.COMMON),
        ("C0ntr4s3ñ4!!2027", PasswordFault.COMMON),
        ("ministerio2027!", PasswordFault.COMMON),
        ("passwordpassword", PasswordFault.COMMON),
        ("Bolsa de Trabajo 2027", PasswordFault.COMMON),
        ("qwertyuiop123", PasswordFault.COMMON),
        ("caballo batería grapa", None),
        ("83920174655182", None),
        ("el ministerio tiene 3 gatos", None),
    ],
)
def test_which_passwords_may_be_used(password: str, fault: PasswordFault | None) -> None:
    assert judge_password(password, "ana.flores") is fault


def test_a_common_word_in_the_middle_of_a_sentence_is_no_fault() -> None:
    assert not is_common("mi clave es un barco de papel")
