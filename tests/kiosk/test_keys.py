"""What only the machine knows: made once, private, and lost by no pairing that is stopped."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk.joining import PairedAlready
from kiosk.keys import CREDENTIAL, KeyFolder, open_key_folder
from kiosk.pairing import pair_with
from kiosk.settings import KioskSettings, KioskSettingsError
from portal.database.node import fetch
from portal.domain.exchange import PairAnswer, PairRequest
from tests.kiosk.desk import Desk
from tests.people import NOW


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "secrets")


class Office:
    """The portal's side of a pairing, as the machine sees it."""

    def __init__(self) -> None:
        self.requests: list[PairRequest] = []
        self.breaks = False
        self.kiosk = uuid4()

    async def __call__(self, request: PairRequest) -> PairAnswer:
        self.requests.append(request)
        if self.breaks:
            raise ConnectionError
        return PairAnswer(kiosk=self.kiosk, name="Mesa 2", center=uuid4(), center_name="", portal_time=NOW)


async def unpair() -> None:
    await fetch('UPDATE "kiosk_state" SET "kiosk" = NULL, "standing" = \'unpaired\' WHERE "id" = 1')


def test_the_files_are_made_once_and_readable_by_the_user_alone(keys: KeyFolder) -> None:
    key = keys.read_database_key()
    assert keys.read_database_key() == key
    keys.next_identity()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys.path.iterdir()} == {0o600}


def test_two_machines_have_nothing_in_common(tmp_path: Path) -> None:
    one, other = KeyFolder(tmp_path / "1"), KeyFolder(tmp_path / "2")
    assert one.read_database_key() != other.read_database_key()
    assert one.next_identity().token != other.next_identity().token
    assert one.next_identity().key_id != other.next_identity().key_id


def test_the_key_may_come_from_systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / CREDENTIAL).write_text("ab" * 32 + "\n")
    keys = open_key_folder(KioskSettings(data=tmp_path / "var"))
    assert keys.read_database_key() == bytes([0xAB]) * 32
    assert not (keys.path / "database-key").exists()


def test_credentials_for_something_else_leave_the_file_in_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    keys = open_key_folder(KioskSettings(data=tmp_path / "var"))
    assert (keys.read_database_key(), (keys.path / "database-key").exists()) == (keys.read_database_key(), True)


@pytest.mark.parametrize("text", ["", "9f", "z" * 64, "ñ"])
def test_a_damaged_key_is_a_sentence_that_names_the_file_and_does_not_repeat_it(keys: KeyFolder, text: str) -> None:
    keys.read_database_key()
    (keys.path / "database-key").write_text(text)
    with pytest.raises(KioskSettingsError, match="database-key") as mistake:
        keys.read_database_key()
    assert not text or text not in str(mistake.value).removeprefix(str(keys.path))


def test_without_its_identity_a_kiosk_says_which_file_is_missing(keys: KeyFolder) -> None:
    kiosk = uuid4()
    with pytest.raises(KioskSettingsError, match=str(kiosk)):
        keys.read_identity(kiosk)


async def test_a_pairing_that_got_no_answer_is_repeated_with_the_same_token_and_key(
    desk: Desk, keys: KeyFolder
) -> None:
    await unpair()
    office = Office()
    office.breaks = True
    with pytest.raises(ConnectionError):
        await pair_with("ABCDEFGH", keys, office)
    office.breaks = False
    await pair_with("ABCDEFGH", keys, office)
    assert office.requests[0] == office.requests[1]
    identity = keys.read_identity(office.kiosk)
    assert (identity.token_hash, identity.public_key) == (
        office.requests[0].token_hash,
        office.requests[0].public_key,
    )
    assert identity.token not in str(office.requests)


async def test_a_machine_that_is_a_kiosk_is_not_paired_again(desk: Desk, keys: KeyFolder) -> None:
    office = Office()
    with pytest.raises(PairedAlready):
        await pair_with("ABCDEFGH", keys, office)
    assert office.requests == []


async def test_a_kiosk_that_a_restored_portal_does_not_know_stays_what_it_is(desk: Desk, keys: KeyFolder) -> None:
    await unpair()
    office = Office()
    await pair_with("ABCDEFGH", keys, office)
    [before] = await fetch('SELECT * FROM "kiosk_state"')
    await fetch('UPDATE "kiosk_state" SET "message" = \'unknown_token\'')
    assert (await pair_with("HGFEDCBA", keys, office)).kiosk == office.kiosk
    first, second = office.requests
    assert (first.kiosk, second.kiosk, second.center) == (None, office.kiosk, before["center"])
    assert (first.token_hash, first.public_key) == (second.token_hash, second.public_key)
    assert await fetch('SELECT * FROM "kiosk_state"') == [before]


async def test_another_kiosk_has_another_identity_and_the_former_one_is_kept(desk: Desk, keys: KeyFolder) -> None:
    await unpair()
    first, second = Office(), Office()
    await pair_with("ABCDEFGH", keys, first)
    await fetch('UPDATE "kiosk_state" SET "standing" = \'revoked\' WHERE "id" = 1')
    await pair_with("HGFEDCBA", keys, second)
    assert first.requests[0].token_hash != second.requests[0].token_hash
    assert keys.read_identity(first.kiosk).key_id != keys.read_identity(second.kiosk).key_id


async def test_stopped_after_the_file_knew_and_revoked_later_it_does_not_use_the_old_identity(
    desk: Desk, keys: KeyFolder
) -> None:
    await unpair()
    first, second = Office(), Office()
    keys.next_identity()
    former = (keys.path / "identity-next").read_text()
    await pair_with("ABCDEFGH", keys, first)
    (keys.path / "identity-next").write_text(former)  # as if killed before its last step
    await fetch('UPDATE "kiosk_state" SET "standing" = \'revoked\' WHERE "id" = 1')
    await pair_with("HGFEDCBA", keys, second)
    assert second.requests[0].token_hash != first.requests[0].token_hash
