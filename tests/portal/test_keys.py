"""What only an installation knows: made once, read by its user alone, the same for every process."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from portal.keys import Keys, open_keys
from portal.settings import SettingsError
from tests.portal.conftest import NewSettings

GOOD_SECRET = "a secret that nobody is ever going to guess"
SIGNING_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"


def plain(keys: Keys) -> tuple[bytes, bytes, bytes, bytes]:
    return keys.csrf, keys.attempts, keys.access, keys.signing.private.private_bytes_raw()


def test_the_first_start_makes_them_and_the_next_reads_them(new_settings: NewSettings) -> None:
    assert plain(open_keys(new_settings())) == plain(open_keys(new_settings()))


def test_the_files_are_readable_by_their_user_alone(new_settings: NewSettings) -> None:
    settings = new_settings()
    open_keys(settings)
    folder = settings.data / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "secret": 0o600,
        "signing-key": 0o600,
    }


def test_each_purpose_has_a_key_of_its_own(new_settings: NewSettings) -> None:
    assert len(set(plain(open_keys(new_settings())))) == 4


def test_the_environment_wins_and_leaves_no_files(new_settings: NewSettings) -> None:
    settings = new_settings(secret=GOOD_SECRET, signing_key=SIGNING_KEY)
    keys = open_keys(settings)
    assert keys.signing.private.private_bytes_raw().hex() == SIGNING_KEY
    assert not (settings.data / "secrets").exists()
    assert plain(keys) != plain(open_keys(new_settings(secret=GOOD_SECRET + "!", signing_key=SIGNING_KEY)))


def test_the_name_of_the_signing_key_is_that_of_its_public_half(new_settings: NewSettings) -> None:
    keys = open_keys(new_settings(secret=GOOD_SECRET, signing_key=SIGNING_KEY))
    assert keys.signing.key_id == open_keys(new_settings(secret="x" * 32, signing_key=SIGNING_KEY)).signing.key_id


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"secret": "short"}, "CITAS_SECRET"),
        ({"signing_key": "zz"}, "CITAS_SIGNING_KEY"),
        ({"signing_key": SIGNING_KEY[:-2]}, "CITAS_SIGNING_KEY"),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_a_sentence(
    new_settings: NewSettings, given: dict[str, str], name: str
) -> None:
    with pytest.raises(SettingsError) as mistake:
        open_keys(new_settings(**given))
    assert str(mistake.value).startswith(f"{name}: ")
    assert next(iter(given.values())) not in str(mistake.value)


@pytest.mark.parametrize("name", ["secret", "signing-key"])
def test_a_damaged_file_stops_the_start_with_its_name(new_settings: NewSettings, name: str) -> None:
    settings = new_settings()
    open_keys(settings)
    (settings.data / "secrets" / name).write_text("\n")
    with pytest.raises(SettingsError, match=name):
        open_keys(settings)


def test_a_folder_that_cannot_be_written_stops_the_start(new_settings: NewSettings) -> None:
    settings = new_settings()
    settings.data.write_text("a file where the folder should be")
    with pytest.raises(SettingsError):
        open_keys(settings)


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from portal.keys import open_keys; from portal.settings import read_settings; "
        "sys.stdin.readline(); keys = open_keys(read_settings(data=pathlib.Path(sys.argv[1]))); "
        "print(keys.csrf.hex(), keys.signing.key_id)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = {process.communicate(timeout=30)[0] for process in processes}
    assert len(said) == 1
    assert len(list((tmp_path / "secrets").iterdir())) == 2
