"""The ``citas`` command: each order does what it says, and every mistake is one sentence."""

from __future__ import annotations

import re
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

from portal.cli import COMMANDS, main
from portal.domain.kiosk_import import Imported


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "PORTAL_PORT", "KIOSK_PORT", "CITAS_PUBLIC_URL", "CITAS_WORKERS", "CITAS_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CITAS_DATA", str(tmp_path / "var"))


def said(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    assert printed.err.startswith("citas: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_migrate_makes_the_tables_and_says_when_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"]) == 0
    assert "cambios aplicados" in said(capsys)
    assert main(["migrate"]) == 0
    assert said(capsys) == "Base de datos: al día\n"


def test_setup_loads_the_start_once(capsys: pytest.CaptureFixture[str]) -> None:
    main(["migrate"])
    assert main(["setup"]) == 0
    first = said(capsys)
    assert "5 consultores" in first
    assert "1891 distritos" in first
    made = dict(re.findall(r"^  (\S+) +([a-z2-9]{4}(?:-[a-z2-9]{4}){3})$", first, re.MULTILINE))
    assert set(made) == {*(f"consultor{number}" for number in range(1, 6)), "responsable", "administrador"}
    assert len(set(made.values())) == 7
    assert main(["setup"]) == 0
    assert said(capsys) == "Agenda: 0 consultores, 0 cupos, 0 feriados y 0 distritos nuevos\n"


def test_an_administrador_is_made_and_let_in_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    main(["migrate"])
    main(["setup"])
    said(capsys)
    assert main(["admin", "Ana.Flores"]) == 0
    first = said(capsys)
    assert main(["admin", "ana.flores"]) == 0
    second = said(capsys)
    pattern = r"  ana\.flores +[a-z2-9]{4}(-[a-z2-9]{4}){3}\n"
    assert re.search(pattern, first)
    assert re.search(pattern, second)
    assert first != second


@pytest.mark.parametrize(("user", "told"), [("consultor1", "no es administrador"), ("ñ", "letras")])
def test_a_user_who_cannot_be_administrador_is_a_sentence(
    capsys: pytest.CaptureFixture[str], user: str, told: str
) -> None:
    main(["migrate"])
    main(["setup"])
    said(capsys)
    assert main(["admin", user]) == 2
    assert told in refused(capsys)


@pytest.mark.parametrize("order", ["setup", "portal"])
def test_what_needs_tables_says_how_to_make_them(capsys: pytest.CaptureFixture[str], order: str) -> None:
    assert main([order]) == 1
    assert "citas migrate" in refused(capsys)


def test_a_backup_is_private_and_comes_back(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = tmp_path / "copia.db"
    main(["migrate"])
    main(["setup"])
    assert main(["backup", str(copy)]) == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    monkeypatch.setenv("CITAS_DATA", str(tmp_path / "elsewhere"))
    assert main(["restore", str(copy)]) == 0
    assert str(copy) in said(capsys)
    restored = sqlite3.connect(tmp_path / "elsewhere" / "portal.db")
    assert restored.execute("SELECT count(*) FROM district").fetchone() == (1891,)
    restored.close()


def test_a_copy_says_what_kiosks_may_forget_and_a_restored_portal_waits_for_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    main(["migrate"])
    main(["setup"])
    file = sqlite3.connect(tmp_path / "var" / "portal.db")
    file.execute(
        "INSERT INTO kiosk (id, name, center, standing, epoch, applied, kept, exchange, offset_seconds, protocol, "
        "on_hand, waiting) SELECT '1b4e28ba-2fa1-11d2-883f-0016d3cca427', 'Uno', id, 'good', 1, 7, 0, 3, 0, 1, 0, 0 "
        "FROM center"
    )
    file.commit()
    assert main(["backup", str(tmp_path / "copia.db")]) == 0
    assert file.execute("SELECT applied, kept FROM kiosk").fetchone() == (7, 7)
    file.close()
    said(capsys)
    monkeypatch.setenv("CITAS_DATA", str(tmp_path / "elsewhere"))
    assert main(["restore", str(tmp_path / "copia.db")]) == 0
    told = said(capsys)
    assert "/gestion/modulos" in told
    assert "da de baja otra vez" in told
    restored = sqlite3.connect(tmp_path / "elsewhere" / "portal.db")
    assert restored.execute("SELECT epoch > 1 FROM portal_state").fetchone() == (1,)
    on_offer = "SELECT count(*) FROM seat WHERE held_until IS NULL AND starts_at > datetime('now', '+1 day')"
    assert restored.execute(on_offer).fetchone() == (0,)
    restored.close()


def test_a_database_that_is_not_there_is_not_made_by_copying_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["backup", str(tmp_path / "copia.db")]) == 1
    refused(capsys)
    assert not (tmp_path / "var" / "portal.db").exists()


def test_a_copy_is_not_poured_into_a_database_that_is_in_use(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["migrate"])
    main(["backup", str(tmp_path / "copia.db")])
    said(capsys)
    assert main(["restore", str(tmp_path / "copia.db")]) == 1
    assert "ya tiene datos: restaura en una nueva" in refused(capsys)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (["backup", "/no/such/folder/copia.db"], "no existe la carpeta /no/such/folder"),
        (["restore", "/no/such/copia.db"], "no existe el archivo /no/such/copia.db"),
        (["kiosk", "import", "/no/such/modulo.json"], "no existe /no/such/modulo.json"),
    ],
)
def test_a_file_that_cannot_be_had_is_a_sentence(
    capsys: pytest.CaptureFixture[str], order: list[str], words: str
) -> None:
    main(["migrate"])
    said(capsys)
    assert main(order) == 1
    assert words in refused(capsys)


def test_what_a_kiosk_hands_in_is_told_and_what_is_none_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["migrate"])
    said(capsys)
    file = tmp_path / "modulo.json"
    file.write_text("[]")
    assert main(["kiosk", "import", str(file)]) == 0
    assert "/gestion/por-reubicar" not in said(capsys)
    file.write_text('[{"kiosk": "nobody"}]')
    assert main(["kiosk", "import", str(file)]) == 1
    assert "citas kiosk export" in refused(capsys)
    unknown = '[{"kiosk": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "key_id": "A", "entries": [], "signature": "00"}]'
    file.write_text(unknown)
    assert main(["kiosk", "import", str(file)]) == 1
    told = capsys.readouterr()
    assert "no existe en este portal" in told.err
    assert told.out == ""


@pytest.mark.parametrize(("flagged", "quarantined"), [(0, 0), (1, 0), (0, 1)])
def test_an_import_sends_to_what_is_to_be_decided_if_there_is_any(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flagged: int, quarantined: int
) -> None:
    async def done(*_: object) -> Imported:
        return Imported("Módulo 1", applied=3, flagged=flagged, quarantined=quarantined, known=0)

    main(["migrate"])
    said(capsys)
    monkeypatch.setattr("portal.domain.kiosk_import.import_export", done)
    file = tmp_path / "modulo.json"
    file.write_text(
        '[{"kiosk": "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "key_id": "A", "entries": [], "signature": "00"}]'
    )
    assert main(["kiosk", "import", str(file)]) == 0
    assert ("/gestion/por-reubicar" in said(capsys)) is (flagged + quarantined > 0)


def test_routes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routes"]) == 0
    assert "GET          /salud\n" in said(capsys)


@pytest.mark.parametrize("order", sorted(COMMANDS.keys() - {"kiosk"}))
def test_wrong_settings_are_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    monkeypatch.setenv("CITAS_WORKERS", "muchos")
    assert main([order, "file"][: 2 if COMMANDS[order].file or COMMANDS[order].user else 1]) == 2
    assert "CITAS_WORKERS" in refused(capsys)


def test_a_secret_that_is_too_short_stops_the_portal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["migrate"])
    monkeypatch.setenv("CITAS_SECRET", "corto")
    assert main(["portal"]) == 2
    assert "CITAS_SECRET" in capsys.readouterr().err


def test_a_port_that_is_taken_stops_the_portal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["migrate"])
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PORTAL_PORT", str(other.getsockname()[1]))
        assert main(["portal"]) == 2
    assert "PORTAL_PORT" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    monkeypatch.setenv("DATABASE_URL", f"postgresql://citas:clave-secreta@127.0.0.1:{port}/citas")
    assert main(["migrate"]) == 1
    told = refused(capsys)
    assert "la base de datos no responde" in told
    assert "clave-secreta" not in told


@pytest.mark.parametrize("order", [[], ["nada"], ["backup"], ["migrate", "x"]])
def test_an_order_that_does_not_exist_shows_those_that_do(capsys: pytest.CaptureFixture[str], order: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(order)
    assert end.value.code == 2
    assert "usage: citas" in capsys.readouterr().err


def test_help_tells_every_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert all(f"    {order} " in told for order in COMMANDS)
