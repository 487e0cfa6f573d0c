"""What a locked kiosk hands in by file: complete, signed, private; and what ``citas kiosk`` says of itself."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.command import bring_up_to_date
from kiosk.exporting import export_unsent
from kiosk.keys import KeyFolder
from kiosk.pairing import pair_with
from kiosk.selling import sell
from portal.cli import main
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import PairAnswer, PairRequest
from portal.domain.kiosk_export import Export, signed_part
from tests.kiosk.desk import Desk
from tests.people import JULIO, NOW, ROSA


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KIOSK_PORT", "PORTAL_PORT", "CITAS_KIOSK_PORTAL", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CITAS_DATA", str(tmp_path / "var"))


def holds(export: Export, public_key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(export.signature), signed_part(export))
    except InvalidSignature:
        return False
    return True


async def pair_as(desk: Desk, keys: KeyFolder, kiosk: UUID) -> str:
    """Make the machine that kiosk; returns its public key."""
    requests = []

    async def office(request: PairRequest) -> PairAnswer:
        requests.append(request)
        return PairAnswer(kiosk=kiosk, name="Mesa", center=desk.center, center_name="", portal_time=NOW)

    await fetch('UPDATE "kiosk_state" SET "standing" = \'revoked\' WHERE "id" = 1')
    await pair_with("ABCDEFGH", keys, office)
    desk.applied = 0
    return requests[0].public_key


async def test_what_was_not_sent_is_signed_by_the_kiosk_that_did_it(desk: Desk, tmp_path: Path) -> None:
    keys, first, second = KeyFolder(tmp_path / "secrets"), uuid4(), uuid4()
    public = {first: await pair_as(desk, keys, first)}
    await desk.hear(reference=desk.reference(), leases=(desk.lease(15),))
    await sell(desk.order(JULIO, 15), desk.now, Paper.TICKET)
    public[second] = await pair_as(desk, keys, second)
    await desk.hear(reference=desk.reference(), leases=(desk.lease(16),))
    await sell(desk.order(ROSA, 16), desk.now, Paper.TICKET)

    exports = await export_unsent(keys)
    assert {export.kiosk for export in exports} == {first, second}
    for export in exports:
        assert [entry.number for entry in export.entries] == [1]
        assert holds(export, bytes.fromhex(public[export.kiosk]))
        read = msgspec.json.decode(msgspec.json.encode(export), type=Export)
        assert holds(read, bytes.fromhex(public[export.kiosk]))
        forged = msgspec.structs.replace(export, entries=())
        assert not holds(forged, bytes.fromhex(public[export.kiosk]))
    assert await export_unsent(keys) == exports  # nothing is changed by it


def said(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def test_a_kiosk_with_nothing_to_hand_in_says_so_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["kiosk", "export", str(tmp_path / "registros.json")]) == 0
    assert "Nada por entregar" in said(capsys)
    assert not (tmp_path / "registros.json").exists()
    folder = tmp_path / "var" / "kiosk"
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in ("kiosk.db", "secrets/database-key")} == {0o600}


@pytest.mark.parametrize(
    ("name", "value"),
    [("KIOSK_PORT", "ocho mil"), ("CITAS_KIOSK_PORTAL", "http://citas.example.org"), ("KIOSK_PRINTER", "a b")],
)
@pytest.mark.parametrize("words", [["kiosk"], ["kiosk", "export", "file"]])
def test_wrong_settings_are_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"citas: {name}")
    assert told.count("\n") == 1


def test_the_portals_database_is_none_of_its_business(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://nobody")
    assert main(["kiosk", "export", str(tmp_path / "registros.json")]) == 0
    said(capsys)


@pytest.mark.parametrize("words", [["kiosk"], ["kiosk", "export", "file"]])
def test_the_key_of_another_file_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str]
) -> None:
    assert main(["kiosk", "export", str(tmp_path / "registros.json")]) == 0
    (tmp_path / "var" / "kiosk" / "secrets" / "database-key").write_text("cd" * 32)
    said(capsys)
    assert main(words) == 1
    told = capsys.readouterr().err
    assert "its key is not the one that it was encrypted with" in told
    assert told.count("\n") == 1


async def test_a_file_that_is_up_to_date_stays_as_it_is(desk: Desk) -> None:
    before = await fetch('SELECT "name" FROM "migration" ORDER BY "id"')
    await bring_up_to_date(desk.node)
    assert await fetch('SELECT "name" FROM "migration" ORDER BY "id"') == before
